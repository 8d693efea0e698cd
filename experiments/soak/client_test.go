package soak

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// How a request ended, as its client saw it.
const (
	refused  = "refused"  // 503, with Retry-After
	rejected = "rejected" // 400
	finished = "finished"
	gone     = "gone"   // the client left
	failed   = "failed" // none of these, which is a fault
)

var endings = []string{refused, rejected, finished, gone, failed}

// outcome is what one client saw.
type outcome struct {
	id         string
	kind       kind
	choices    int
	attack     bool // sent under overload, and not to measure what the server can do
	ended      string
	reasons    []string // of the finished choices, sorted
	fault      string
	sent, over time.Time
	ttft       time.Duration // 0 where no token was seen, or not by itself
}

func (o *outcome) fail(format string, args ...any) {
	o.ended, o.fault = failed, fmt.Sprintf(format, args...)
}

// clients send requests.
type clients struct {
	url   string
	http  *http.Client
	slow  *http.Client // with little room for what is not read
	stall time.Duration
}

func newClients(url string, stall time.Duration) *clients {
	small := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) {
			_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096) // then there is more room
		})
	}}
	return &clients{url: url, stall: stall,
		http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true}},
		slow: &http.Client{Transport: &http.Transport{DialContext: small.DialContext, DisableKeepAlives: true, DisableCompression: true}}}
}

func (c *clients) close() {
	c.http.CloseIdleConnections()
	c.slow.CloseIdleConnections()
}

// do sends a request and behaves like its kind.
func (c *clients) do(r request) (o outcome) {
	o = outcome{id: r.id, kind: r.kind, choices: r.choices, sent: time.Now()}
	defer func() { o.over = time.Now() }()
	ctx, leave := context.WithCancel(context.Background())
	defer leave()
	if r.leave > 0 {
		defer time.AfterFunc(r.leave, leave).Stop()
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+r.path, bytes.NewReader(r.body))
	if err != nil {
		o.fail("%v", err)
		return o
	}
	q.Header.Set("Authorization", "Bearer "+r.key.key)
	q.Header.Set("X-Request-Id", r.id)
	via := c.http
	if r.kind == stalls {
		via = c.slow
	}
	res, err := via.Do(q)
	if err == nil {
		defer res.Body.Close()
		err = c.answered(&o, r, res)
	}
	switch {
	case err == nil:
	case ctx.Err() != nil:
		o.ended = gone
	default:
		o.fail("%v", err)
	}
	return o
}

// answered reads an answer by its status.
func (c *clients) answered(o *outcome, r request, res *http.Response) error {
	after, retries := res.Header["Retry-After"]
	if retries != (res.StatusCode == http.StatusServiceUnavailable) {
		o.fail("%s with Retry-After %q", res.Status, after)
		return nil
	}
	switch res.StatusCode {
	case http.StatusOK:
		if r.stream {
			return c.follow(o, r, res.Body)
		}
		return o.take(res.Body)
	case http.StatusServiceUnavailable:
		if o.ended = refused; !positive(after[0]) {
			o.fail("503 with Retry-After %q", after)
		}
	case http.StatusBadRequest:
		o.ended = rejected
	}
	text, err := io.ReadAll(res.Body)
	if err == nil && (o.ended == "" || (o.ended == rejected) != (r.kind == tooLong) && o.ended != refused) {
		o.fail("%s: %s", res.Status, text)
	}
	return err
}

func positive(s string) bool { n, err := strconv.Atoi(s); return err == nil && n > 0 }

type answer struct {
	Choices []struct {
		FinishReason *string `json:"finish_reason"`
	}
}

// add notes why choices ended.
func (o *outcome) add(data []byte) error {
	var a answer
	if err := json.Unmarshal(data, &a); err != nil {
		return fmt.Errorf("%w in %.200s", err, data)
	}
	for _, choice := range a.Choices {
		if choice.FinishReason != nil {
			o.reasons = append(o.reasons, *choice.FinishReason)
		}
	}
	return nil
}

// take reads an answer in one piece.
func (o *outcome) take(body io.Reader) error {
	data, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	if err := o.add(data); err != nil {
		return err
	}
	o.finish()
	return nil
}

func (o *outcome) finish() {
	slices.Sort(o.reasons)
	if o.ended = finished; len(o.reasons) != o.choices {
		o.fail("%d choices, and reasons %v", o.choices, o.reasons)
	}
}

// follow reads a stream as far as the kind does.
func (c *clients) follow(o *outcome, r request, body io.Reader) error {
	lines := bufio.NewScanner(body)
	for n := 0; lines.Scan(); {
		data, found := strings.CutPrefix(lines.Text(), "data: ")
		if !found {
			continue
		}
		if data == "[DONE]" {
			o.finish()
			return nil
		}
		if strings.HasPrefix(data, `{"error"`) {
			o.fail("%s", data)
			return nil
		}
		if n == 0 {
			o.ttft = time.Since(o.sent)
		}
		if n++; r.read == n {
			return c.turnAway(o, r)
		}
		if strings.Contains(data, `"finish_reason":"`) {
			if err := o.add([]byte(data)); err != nil {
				return err
			}
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return io.ErrUnexpectedEOF
}

// turnAway stops reading; the connection is closed by the caller.
func (c *clients) turnAway(o *outcome, r request) error {
	if o.ended = gone; r.kind == stalls {
		time.Sleep(c.stall)
	}
	return nil
}
