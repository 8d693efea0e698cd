package stream

import (
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/result"
)

// ticks is a clock that goes on by one with every look at it: stamps are exact,
// and show the order in which they were taken.
type ticks struct{ now int64 }

func (c *ticks) Now() int64            { c.now++; return c.now }
func (c *ticks) Intended(uint64) int64 { return 0 }

// pieces is a body whose reads return one piece each, then err.
type pieces struct {
	left   []string
	err    error
	closed bool
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.left) == 0 {
		return 0, p.err
	}
	n := copy(b, p.left[0])
	p.left = p.left[1:]
	return n, nil
}

func (p *pieces) Close() error { p.closed = true; return nil }

// base answers every request with the same body.
type base struct {
	body *pieces
	got  *http.Request
}

func (b *base) RoundTrip(r *http.Request) (*http.Response, error) {
	b.got = r
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: b.body, Request: r}, nil
}

// setup is a transport with one prepared call, and where its request ends up.
func setup(t *testing.T, body *pieces) (*Transport, *base, *[]result.Request) {
	t.Helper()
	call, err := NewCall("http://server", 0, dialect.Call{Path: "/path", Header: http.Header{"A": {"b"}}, Body: []byte("body")})
	if err != nil {
		t.Fatal(err)
	}
	var ended []result.Request
	b := &base{body: body}
	return &Transport{
		Base: b, Clock: &ticks{}, Context: t.Context(), Calls: []Call{call}, Dialect: dialect.Completions{},
		Ended: func(r result.Request) { ended = append(ended, r) },
	}, b, &ended
}

func trip(t *testing.T, tr *Transport) *http.Response {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, "http://elsewhere", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set(SeqHeader, "0")
	resp, err := tr.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func frame(text string) string { return `data: {"choices":[{"text":"` + text + `"}]}` + "\n\n" }

// An event has the stamp and the ordinal of the read that completed its frame.
func TestEveryReadIsStamped(t *testing.T) {
	f := frame("b")
	tr, b, ended := setup(t, &pieces{err: io.EOF, left: []string{
		frame("a"),                       // read 0
		f[:10],                           // read 1
		f[10:20],                         // read 2
		f[20:] + ": ping",                // read 3 completes b
		"\n\n" + frame("c") + frame("d"), // read 4 has two
		"data: [DONE]\n\n",               // read 5
	}})
	resp := trip(t, tr)
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil || !b.body.closed {
		t.Errorf("close: %v", err)
	}
	want := result.New(0)
	// Tick 1 takes up, 2 is the header; read i is stamped at 3+i, and the end at 9.
	want.Intended, want.Dequeued, want.Sent, want.Headers, want.First, want.Last, want.End = 0, 1, 2, 2, 3, 7, 9
	want.Status, want.Outcome, want.OutputTokens, want.FirstTokens, want.Estimated = 200, result.OK, 4, 1, true
	want.Events = []result.Event{{At: 3, Tokens: 1, Read: 0}, {At: 6, Tokens: 1, Read: 3}, {At: 7, Tokens: 1, Read: 4}, {At: 7, Tokens: 1, Read: 4}}
	if len(*ended) != 1 || !reflect.DeepEqual((*ended)[0], want) {
		t.Errorf("\ngot  %+v\nwant %+v", *ended, want)
	}
}

// Who watches hears of every message with tokens as it comes: by running totals where the
// server has them, else as one token each.
func TestStreamed(t *testing.T) {
	count := func(text, total string) string {
		return `data: {"choices":[{"text":"` + text + `"}],"usage":{"completion_tokens":` + total + `}}` + "\n\n"
	}
	for _, tc := range []struct {
		name   string
		pieces []string
		want   []Streamed
	}{
		{"totals", []string{count("", "0"), count("a b", "2"), count("c", "3") + count("d e f", "6"), "data: [DONE]\n\n"},
			[]Streamed{{true, 4, 4, 2}, {false, 5, 1, 1}, {false, 5, 0, 3}}},
		{"none", []string{frame(""), frame("a b"), frame("c"), "data: [DONE]\n\n"}, []Streamed{{true, 4, 4, 1}, {false, 5, 1, 1}}},
	} {
		tr, _, _ := setup(t, &pieces{err: io.EOF, left: tc.pieces})
		var got []Streamed
		tr.Streamed = func(_ uint64, m Streamed) { got = append(got, m) }
		if _, err := io.Copy(io.Discard, trip(t, tr).Body); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s: got %v, want %v", tc.name, got, tc.want)
		}
	}
}

// The prepared request goes out, and cannot go out again.
func TestPreparedCall(t *testing.T) {
	tr, b, _ := setup(t, &pieces{err: io.EOF})
	trip(t, tr)
	raw, err := io.ReadAll(b.got.Body)
	if err != nil {
		t.Fatal(err)
	}
	if b.got.URL.String() != "http://server/path" || string(raw) != "body" || b.got.ContentLength != 4 || b.got.GetBody != nil {
		t.Errorf("sent %+v with %q", b.got, raw)
	}
	if b.got.Header.Get("A") != "b" || b.got.Header.Get(SeqHeader) != "0" {
		t.Errorf("header %v", b.got.Header)
	}
}

// However the reading stops, the request ends exactly once.
func TestBodyEndsOnce(t *testing.T) {
	for _, tc := range []struct {
		name    string
		body    *pieces
		read    int // reads before Close; -1 for all
		outcome string
	}{
		{"closed unread", &pieces{left: []string{frame("a")}, err: io.EOF}, 0, result.Reset},
		{"closed in between", &pieces{left: []string{frame("a"), frame("b")}, err: io.EOF}, 1, result.Reset},
		{"closed after the end mark", &pieces{left: []string{frame("a") + "data: [DONE]\n\n"}, err: io.EOF}, 1, result.OK},
		{"read to the end", &pieces{left: []string{"data: [DONE]\n\n"}, err: io.EOF}, -1, result.OK},
		{"broken", &pieces{left: []string{frame("a")}, err: iotest.ErrTimeout}, -1, result.Reset},
		{"malformed", &pieces{left: []string{"data: x\n\n", frame("a")}, err: io.EOF}, -1, result.Malformed},
		{"error in the stream stays first", &pieces{left: []string{"data: {\"error\":\"e\"}\n\n", "data: x\n\n"}, err: io.EOF}, -1, result.StreamErr},
		{"events after the end mark are not read", &pieces{left: []string{"data: [DONE]\n\n" + "data: x\n\n" + frame("late")}, err: io.EOF}, -1, result.OK},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tr, _, ended := setup(t, tc.body)
			resp := trip(t, tr)
			buf := make([]byte, 1<<10)
			for i := 0; i != tc.read; i++ {
				if _, err := resp.Body.Read(buf); err != nil {
					break
				}
			}
			for range 2 {
				if err := resp.Body.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := resp.Body.Read(buf); !errors.Is(err, errStop) {
				t.Errorf("read after the end: %v", err)
			}
			if len(*ended) != 1 || (*ended)[0].Outcome != tc.outcome {
				t.Errorf("got %+v, want one %s", *ended, tc.outcome)
			}
			if r := (*ended)[0]; tc.outcome == result.OK && r.OutputTokens > 1 {
				t.Errorf("counted what came after the end mark: %+v", r)
			}
		})
	}
}

func TestUnknownSequence(t *testing.T) {
	tr, _, ended := setup(t, &pieces{err: io.EOF})
	for _, seq := range []string{"", "x", "-1", "1"} {
		req, err := http.NewRequest(http.MethodPost, "http://server", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set(SeqHeader, seq)
		if _, err := tr.RoundTrip(req); err == nil || !strings.Contains(err.Error(), "expected a number below 1") {
			t.Errorf("%q: error %v", seq, err)
		}
	}
	if len(*ended) != 0 {
		t.Errorf("%+v", *ended)
	}
}

// The whole attack's context is told apart from the request's own deadline.
func TestStopped(t *testing.T) {
	attack, cancel := context.WithCancel(t.Context())
	request, expire := context.WithCancel(attack)
	if got := stopped(attack, request); got != "" {
		t.Errorf("neither: %q", got)
	}
	if expire(); stopped(attack, request) != result.Timeout {
		t.Error("deadline is not a timeout")
	}
	if cancel(); stopped(attack, request) != result.Cancelled {
		t.Error("a stopped attack is not a cancellation")
	}
	if stopped(context.Background(), due{context.Background()}) != result.Timeout {
		t.Error("a deadline that has passed is no timeout before its context says so")
	}
}

// due is a context whose deadline has passed and whose timer has not fired yet.
type due struct{ context.Context }

func (due) Deadline() (time.Time, bool) { return time.Now().Add(-time.Nanosecond), true }

func TestNewCallRefuses(t *testing.T) {
	if _, err := NewCall("http://bad host", 3, dialect.Call{Path: "/"}); err == nil || !strings.Contains(err.Error(), "request 3") {
		t.Errorf("error %v", err)
	}
}
