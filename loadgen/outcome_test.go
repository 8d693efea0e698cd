package loadgen

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/scripted"
	"github.com/assaylab/assay/loadgen/stream"
)

// wordCounter counts words where the server counts nothing.
type wordCounter struct{}

func (wordCounter) Count(text string) int { return len(strings.Fields(text)) }

var (
	partA = scripted.Message(0, 1, "a")
	partB = scripted.Message(0, 2, " b c")
)

// Every outcome class, over our own connections and over net/http's.
func TestOutcomes(t *testing.T) {
	t.Run("wire", func(t *testing.T) { testOutcomes(t, nil) })
	base := stream.NewBase(time.Second)
	defer base.CloseIdleConnections()
	t.Run("net-http", func(t *testing.T) { testOutcomes(t, base) })
}

// testOutcomes tests every outcome class, and what is kept of the answer in each.
func testOutcomes(t *testing.T, base http.RoundTripper) {
	refused, release, err := scripted.RefusedURL()
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	parts := func(ps ...scripted.Part) scripted.Answer { return scripted.Answer{Parts: ps} }
	with := func(a scripted.Answer, change func(*scripted.Answer)) scripted.Script {
		change(&a)
		return a.Script()
	}
	for _, tc := range []struct {
		name     string
		script   scripted.Script
		url      string        // in place of the server's
		deadline time.Duration // 0 for a minute
		chat     bool
		outcome  string
		status   int
		errors   string // part of the message
		tokens   []int  // per event
		atMost   bool   // tokens may be cut short: a reset can overtake data
	}{
		{name: "ok", script: parts(partA, partB).Script(), outcome: result.OK, status: 200, tokens: []int{1, 2}},
		{name: "no tokens", script: with(parts(), func(a *scripted.Answer) { a.Finish = "stop" }), outcome: result.OK, status: 200},
		{name: "reset after the end mark", script: with(parts(partA), func(a *scripted.Answer) { a.End = scripted.Cut }), outcome: result.OK, status: 200, tokens: []int{1}},
		{name: "http error", script: scripted.Refuse(400, 0, "no such model"), outcome: result.HTTPError, status: 400, errors: "400 Bad Request: no such model"},
		{name: "server error", script: scripted.Refuse(500, 0, "oops"), outcome: result.HTTPError, status: 500, errors: "500 Internal Server Error: oops"},
		{name: "no content", script: scripted.Script{Status: 204}, outcome: result.HTTPError, status: 204, errors: "204 No Content"},
		{name: "redirect", script: scripted.Script{Status: 307, Header: map[string]string{"Location": "/elsewhere"}}, outcome: result.HTTPError, status: 307, errors: "307 Temporary Redirect, redirects to /elsewhere"},
		{name: "see other", script: scripted.Script{Status: 303, Header: map[string]string{"Location": "/elsewhere"}}, outcome: result.HTTPError, status: 303, errors: "redirects to /elsewhere"},
		{name: "redirect to nonsense", script: scripted.Script{Status: 302, Header: map[string]string{"Location": "http://[::1"}}, outcome: result.HTTPError, status: 302, errors: "redirects to http://[::1"},
		{name: "overloaded 503", script: scripted.Refuse(503, 7, "queue is full"), outcome: result.Overloaded, status: 503, errors: "503 Service Unavailable, retry after 7: queue is full"},
		{name: "overloaded 429", script: scripted.Refuse(429, 0, "slow down"), outcome: result.Overloaded, status: 429, errors: "429 Too Many Requests: slow down"},
		{name: "overloaded 529", script: scripted.Refuse(529, 0, "Overloaded"), outcome: result.Overloaded, status: 529, errors: "529: Overloaded"},
		{name: "refused", url: refused, outcome: result.Refused, errors: "refused"},
		{name: "no such host", url: "http://host.invalid", outcome: result.Refused, errors: "host.invalid"},
		{name: "timeout before the header", script: scripted.Script{Delay: time.Hour}, deadline: 30 * time.Millisecond, outcome: result.Timeout, errors: "deadline exceeded"},
		{name: "timeout in the stream", script: with(parts(partA, partB), func(a *scripted.Answer) { a.NoDone, a.End = true, scripted.Stall }), deadline: time.Second, outcome: result.Timeout, status: 200, errors: "deadline exceeded", tokens: []int{1, 2}},
		{name: "reset before the header", script: scripted.Script{End: scripted.ResetEarly}, outcome: result.Reset},
		{name: "reset in the stream", script: with(parts(partA, partB), func(a *scripted.Answer) { a.NoDone, a.End = true, scripted.Reset }), outcome: result.Reset, status: 200, errors: "reset", tokens: []int{1, 2}, atMost: true},
		{name: "connection cut in the stream", script: with(parts(partA, partB), func(a *scripted.Answer) { a.NoDone, a.End = true, scripted.Cut }), outcome: result.Reset, status: 200, errors: "unexpected EOF", tokens: []int{1, 2}},
		{name: "truncated", script: with(parts(partA, partB), func(a *scripted.Answer) { a.NoDone = true }), outcome: result.Truncated, status: 200, errors: "after 3 events without its end mark", tokens: []int{1, 2}},
		{name: "truncated inside a frame", script: with(parts(partA, scripted.Verbatim(0, "data: {\"cho")), func(a *scripted.Answer) { a.NoDone, a.Usage = true, scripted.Absent }), outcome: result.Truncated, status: 200, errors: "after 1 events", tokens: []int{1}},
		{name: "empty stream", script: scripted.Script{}, outcome: result.Truncated, status: 200, errors: "after 0 events"},
		{name: "malformed event", script: parts(partA, scripted.Verbatim(0, "data: {broken\n\n"), partB).Script(), outcome: result.Malformed, status: 200, errors: "event 2: not a completion chunk", tokens: []int{1}},
		{name: "oversized event", script: parts(partA, scripted.Verbatim(0, "data: "+strings.Repeat("x", 2<<20)+"\n\n")).Script(), outcome: result.Malformed, status: 200, errors: "larger than", tokens: []int{1}},
		{name: "malformed chunk", script: scripted.Script{Raw: "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"}, outcome: result.Malformed, status: 200, errors: "chunk"},
		{name: "not a stream", script: scripted.Script{Header: map[string]string{"Content-Type": "application/json"}, Steps: []scripted.Step{{Bytes: `{"choices":[]}`}}}, outcome: result.Malformed, status: 200, errors: `content type is "application/json", expected text/event-stream`},
		{name: "not http", script: scripted.Script{Raw: "SSH-2.0-x\r\n"}, outcome: result.Malformed, errors: "malformed HTTP"},
		{name: "error in the stream", script: with(parts(partA, scripted.Failure(0, "out of blocks")), func(a *scripted.Answer) { a.Usage = scripted.Absent }), outcome: result.StreamErr, status: 200, errors: "out of blocks", tokens: []int{1}},
		{name: "error in the stream, then cut", script: with(parts(partA, scripted.Failure(0, "out of blocks")), func(a *scripted.Answer) { a.NoDone, a.End = true, scripted.Cut }), outcome: result.StreamErr, status: 200, errors: "out of blocks", tokens: []int{1}},
		{name: "error in the stream, then nonsense", script: parts(scripted.Failure(0, "out of blocks"), scripted.Verbatim(0, "data: x\n\n")).Script(), outcome: result.StreamErr, status: 200, errors: "out of blocks"},
		{name: "role first", chat: true, script: with(parts(scripted.Role(0), partA, partB), func(a *scripted.Answer) { a.Chat = true }), outcome: result.OK, status: 200, tokens: []int{1, 2}},
		{name: "reasoning first", chat: true, script: with(parts(scripted.Role(0), scripted.Reasoning(0, 3, "h m m"), partA), func(a *scripted.Answer) { a.Chat = true }), outcome: result.OK, status: 200, tokens: []int{3, 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := serve(t, scripted.Always(tc.script))
			p := plan(t, server.URL(), 1000, 1)
			p.Base = base
			if tc.url != "" {
				p.URL = tc.url
			}
			if tc.deadline > 0 {
				p.Deadline = tc.deadline
			}
			if tc.chat {
				p.Dialect = dialect.Chat{}
			}
			rs, report := runAttack(t, p)
			r := rs[0]
			if r.Outcome != tc.outcome || r.Status != tc.status || !strings.Contains(r.Error, tc.errors) || (r.Outcome == result.OK) != (r.Error == "") {
				t.Errorf("outcome %s, status %d, error %q; want %s, %d, %q", r.Outcome, r.Status, r.Error, tc.outcome, tc.status, tc.errors)
			}
			if report.Outcomes[tc.outcome] != 1 {
				t.Errorf("report %v", report.Outcomes)
			}
			got := tokensOf(r)
			if tc.atMost {
				tc.tokens = tc.tokens[:min(len(got), len(tc.tokens))]
			}
			if !slices.Equal(got, tc.tokens) {
				t.Errorf("tokens %v, want %v", got, tc.tokens)
			}
			checkPresence(t, r)
			if n := len(server.Served()); tc.url == "" && n != 1 || n > 1 {
				t.Errorf("server got %d requests", n)
			}
		})
	}
}

func tokensOf(r result.Request) (tokens []int) {
	for _, e := range r.Events {
		tokens = append(tokens, e.Tokens)
	}
	return tokens
}

// checkPresence holds a request of any outcome to which stamps it can have, and
// those it has to the order of things.
func checkPresence(t *testing.T, r result.Request) {
	t.Helper()
	has := func(stamp int64) bool { return stamp != result.Never }
	if !has(r.Intended) || !has(r.Dequeued) || !has(r.End) {
		t.Errorf("a stamp is missing: %+v", r)
	}
	if has(r.Headers) != (r.Status != 0) || has(r.First) != (len(r.Events) > 0) || has(r.First) != has(r.Last) {
		t.Errorf("stamps do not fit what happened: %+v", r)
	}
	if has(r.Headers) && !has(r.Sent) || has(r.Sent) && !has(r.Conn) || (r.Outcome == result.Refused) == has(r.Conn) {
		t.Errorf("stamps of sending do not fit: %+v", r)
	}
	last := int64(0)
	for _, stamp := range []int64{r.Intended, r.Dequeued, r.Conn, r.Sent, r.Headers, r.First, r.Last, r.End} {
		if has(stamp) {
			if stamp < last {
				t.Errorf("stamps out of order: %+v", r)
			}
			last = stamp
		}
	}
}

// Cancelled while waiting for the header, in the stream, and while connecting.
func TestCancelledOutcomes(t *testing.T) {
	stalled := scripted.Answer{Parts: []scripted.Part{partA, partB}, NoDone: true, Usage: scripted.Absent, End: scripted.Stall}
	for name, script := range map[string]scripted.Script{"before the header": {Delay: time.Hour}, "in the stream": stalled.Script()} {
		t.Run(name, func(t *testing.T) {
			server := serve(t, scripted.Always(script))
			p := plan(t, server.URL(), 1000, 1)
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				for len(server.Served()) == 0 || len(server.Served()[0].Steps) < len(script.Steps) {
					if t.Context().Err() != nil {
						return
					}
					time.Sleep(time.Millisecond)
				}
				cancel()
			}()
			rs, _, err := collect(ctx, p)
			if err == nil || len(rs) != 1 || rs[0].Outcome != result.Cancelled || !strings.Contains(rs[0].Error, "canceled") {
				t.Fatalf("error %v, %+v", err, rs)
			}
			checkPresence(t, rs[0])
		})
	}
}

// Token counts by the server's usage, or by ours where it gives none.
func TestTokenCounts(t *testing.T) {
	parts := []scripted.Part{partA, partB, scripted.Message(0, 1, " d")}
	for _, tc := range []struct {
		name      string
		answer    scripted.Answer
		counter   dialect.Counter
		tokens    []int
		total     int
		estimated bool
	}{
		{"continuous", scripted.Answer{Parts: parts}, nil, []int{1, 2, 1}, 4, false},
		{"final, counter agrees", scripted.Answer{Parts: parts, Usage: scripted.Final}, wordCounter{}, []int{1, 2, 1}, 4, true},
		{"final, no counter", scripted.Answer{Parts: parts, Usage: scripted.Final}, nil, []int{1, 2, 1}, 4, true},
		{"absent, counter", scripted.Answer{Parts: parts, Usage: scripted.Absent}, wordCounter{}, []int{1, 2, 1}, 4, true},
		{"absent, no counter", scripted.Answer{Parts: parts, Usage: scripted.Absent}, nil, []int{1, 1, 1}, 3, true},
		{"wrong by two", scripted.Answer{Parts: parts, Skew: 2}, wordCounter{}, []int{3, 2, 1}, 6, false},
		{"final wrong by two", scripted.Answer{Parts: parts, Usage: scripted.Final, Skew: 2}, wordCounter{}, []int{2, 2, 2}, 6, true},
		{"final far too low", scripted.Answer{Parts: parts, Usage: scripted.Final, Skew: -3}, wordCounter{}, []int{1, 2, 1}, 1, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := plan(t, always(t, tc.answer).URL(), 1000, 1)
			p.Counter = tc.counter
			rs, _ := runAttack(t, p)
			r := rs[0]
			if r.Outcome != result.OK || !slices.Equal(tokensOf(r), tc.tokens) || r.OutputTokens != tc.total || r.Estimated != tc.estimated || r.FirstTokens != tc.tokens[0] {
				t.Errorf("%+v, want tokens %v, %d in all, estimated %v", r, tc.tokens, tc.total, tc.estimated)
			}
		})
	}
}

// A transport that the caller brings is used, and not closed.
func TestSharedBase(t *testing.T) {
	server := always(t, scripted.Steady(0, 0, 1))
	base := &counting{inner: stream.NewBase(time.Second)}
	defer base.inner.CloseIdleConnections()
	p := plan(t, server.URL(), 1000, 3)
	p.Base = base
	runAttack(t, p)
	if base.n.Load() != 3 {
		t.Errorf("%d round trips", base.n.Load())
	}
}

type counting struct {
	inner *http.Transport
	n     atomic.Int64
}

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	c.n.Add(1)
	return c.inner.RoundTrip(r)
}
