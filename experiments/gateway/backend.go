package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/assaylab/assay/loadgen/dialect"
)

// Backend is a server that requests are passed to.
type Backend struct {
	Name  string // in metrics and logs
	Rung  int    // whose server it is; others may be like it
	Model string // as the server calls it
	Key   string // for its Authorization header, "" for none

	base atomic.Pointer[string] // URL without a final slash; nil while it is not there
}

// Moved says where the server is, "" for nowhere.
func (b *Backend) Moved(base string) {
	if base == "" {
		b.base.Store(nil)
		return
	}
	b.base.Store(&base)
}

// URL is where it is, "" for nowhere.
func (b *Backend) URL() string {
	if p := b.base.Load(); p != nil {
		return *p
	}
	return ""
}

// Bounds of what is held of an answer before any of it is passed on.
const (
	largestAnswer = 64 << 20
	largestBegin  = 1 << 20
)

// answer is that of a server, as far as it was read when it began: the header, and messages up to the first token, or all of it.
type answer struct {
	status  int
	header  http.Header
	begun   []byte  // not passed on yet
	events  *events // what follows; nil where begun is all
	body    io.Closer
	counts  counts
	over    error // why events ended with begun, nil where they go on
	decoder dialect.Decoder
}

// counts are what a server says of an answer, or what messages there were.
type counts struct {
	prompt, cached, output int
	known                  bool // by the server
	messages               int
	finished               bool
	broken                 bool // the server says in the stream that it failed
}

// attemptError is why a server has not answered.
type attemptError struct {
	how   outcome
	asked bool // it may have begun to work, and to charge
	err   error
}

func (e *attemptError) Error() string { return e.err.Error() }

// ask sends a request, and returns when its answer has begun: an error means that the client has had nothing of it.
func (b *Backend) ask(ctx context.Context, client *http.Client, path string, header http.Header, body []byte) (*answer, *attemptError) {
	base := b.URL()
	if base == "" {
		return nil, &attemptError{failed, false, errors.New("it is not there")}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+path, bytes.NewReader(body))
	if err != nil {
		return nil, &attemptError{failed, false, err}
	}
	r.GetBody = nil // net/http is not to send it again: which server is next is decided here
	r.Header = header.Clone()
	if b.Key != "" {
		r.Header.Set("Authorization", "Bearer "+b.Key)
	}
	res, err := client.Do(r)
	if err != nil {
		return nil, b.broke(ctx, err)
	}
	a, failure := begin(res)
	if failure != nil {
		res.Body.Close()
		if ctx.Err() != nil {
			failure.how = cancelled
		}
		return nil, failure
	}
	return a, nil
}

func (b *Backend) broke(ctx context.Context, err error) *attemptError {
	if ctx.Err() != nil {
		return &attemptError{cancelled, true, context.Cause(ctx)}
	}
	return &attemptError{failed, true, err}
}

// begin reads an answer to where it can be passed on.
func begin(res *http.Response) (*answer, *attemptError) {
	a := &answer{status: res.StatusCode, header: res.Header, body: res.Body, decoder: dialect.Chat{}.NewDecoder()}
	if how := judged(res.StatusCode); how != answered {
		return nil, &attemptError{how, false, refused(res)}
	}
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if res.StatusCode == http.StatusOK && kind == "text/event-stream" {
		return a, a.toFirst(res.Body)
	}
	whole, err := io.ReadAll(io.LimitReader(res.Body, largestAnswer+1))
	switch {
	case err != nil:
		return nil, &attemptError{failed, true, err}
	case len(whole) > largestAnswer:
		return nil, &attemptError{failed, true, fmt.Errorf("an answer of more than %d bytes", largestAnswer)}
	}
	a.begun = whole
	a.counts.of(whole, a.decoder)
	return a, nil
}

// judged says what a status means for whoever asks on.
func judged(status int) outcome {
	switch {
	case status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests || status == dialect.StatusOverloaded:
		return overload
	case status >= 500 || status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusNotFound || status >= 300 && status < 400:
		return failed // of the gateway's own key, name or URL the client can know nothing
	}
	return answered
}

func refused(res *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(res.Body, 2048))
	return fmt.Errorf("%s: %.200s", res.Status, strings.TrimSpace(dialect.ErrorText(text)))
}

// toFirst reads messages up to one with a token.
func (a *answer) toFirst(r io.Reader) *attemptError {
	a.events = newEvents(r)
	for len(a.begun) < largestBegin {
		raw, token, err := a.message()
		a.begun = append(a.begun, raw...)
		switch {
		case a.counts.broken:
			return &attemptError{failed, true, errors.New("the server failed before the first token")}
		case token || err == nil && a.decoder.Done():
			a.over = err
			return nil
		case errors.Is(err, io.EOF) && a.counts.finished: // an answer without a token is one
			a.over = err
			return nil
		case err != nil:
			return &attemptError{failed, true, fmt.Errorf("the answer ended before its first token: %w", err)}
		}
	}
	return nil
}

// message is the next one as it was sent, and whether it has a token.
func (a *answer) message() (raw []byte, token bool, err error) {
	raw, data, err := a.events.next()
	if data == nil {
		return raw, false, err
	}
	d, bad := a.decoder.Decode(data)
	var reported *dialect.ServerError
	switch {
	case errors.As(bad, &reported):
		a.counts.broken = true
	case bad != nil:
		token = true // of another dialect: it is not for us to hold back
		a.counts.messages++
	default:
		token = a.counts.add(d)
	}
	return raw, token, err
}

// add counts a message, and says whether there is a token in it.
func (c *counts) add(d dialect.Delta) bool {
	token := d.Text != "" || d.Usage != nil && d.Usage.Output > c.output
	if d.Text != "" {
		c.messages++
	}
	if u := d.Usage; u != nil {
		c.prompt, c.cached, c.output, c.known = u.Prompt, u.Cached, u.Output, true
	}
	c.finished = c.finished || d.Finish != ""
	return token || d.Finish != ""
}

// tokens are those of the answer: by the server's count, or else by the messages, of which ours have one for each step.
func (c *counts) tokens() int {
	if c.known {
		return c.output
	}
	return c.messages
}

// of counts a whole answer.
func (c *counts) of(body []byte, d dialect.Decoder) {
	if delta, err := d.Decode(body); err == nil {
		c.add(delta)
		c.messages = 0 // one for all of it tells nothing
	}
	c.finished = true
}
