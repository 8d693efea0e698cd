package loadgen

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/scripted"
	"github.com/assaylab/assay/loadgen/stream"
)

// fate is what a provider does with a request, and what has to come of it.
type fate struct {
	name    string
	script  func(scripted.Provider) scripted.Script
	outcome string
	check   func(r result.Request) string // what is wrong, "" where nothing is
}

var fates = []fate{
	{"answered", scripted.Provider.Script, result.OK, func(r result.Request) string {
		if r.PromptTokens != 20 || r.CachedTokens != 8 || r.OutputTokens != 3 || r.Finish != dialect.FinishLength || r.Model != "m-20260101" {
			return fmt.Sprintf("%+v", r)
		}
		return ""
	}},
	{"no counts", func(p scripted.Provider) scripted.Script { p.Prompt = 0; return p.Script() }, result.OK, func(r result.Request) string {
		if r.PromptTokens != 0 || r.OutputTokens == 0 || !r.Estimated {
			return fmt.Sprintf("%+v", r)
		}
		return ""
	}},
	{"an expired key", refusedWith(401, 0, "the key has expired"), result.HTTPError, says(401, "401 Unauthorized: the key has expired")},
	{"no such model", refusedWith(404, 0, "no model m"), result.HTTPError, says(404, "404 Not Found: no model m")},
	{"a limit", refusedWith(429, 7, "slow down"), result.Overloaded, func(r result.Request) string {
		if r.RetryAfter != int64(7*time.Second) {
			return fmt.Sprintf("retry after %v", time.Duration(r.RetryAfter))
		}
		return says(429, "429 Too Many Requests, retry after 7: slow down")(r)
	}},
	{"overloaded", refusedWith(529, 0, "Overloaded"), result.Overloaded, says(529, "529: Overloaded")},
	{"unavailable", refusedWith(503, 0, "try again"), result.Overloaded, says(503, "503 Service Unavailable: try again")},
	{"closed in the middle", func(p scripted.Provider) scripted.Script { p.End = scripted.Cut; return p.Script() }, result.Reset, nil},
	{"reset in the middle", func(p scripted.Provider) scripted.Script { p.End = scripted.Reset; return p.Script() }, result.Reset, nil},
	{"broken in the stream", func(p scripted.Provider) scripted.Script { p.Broken = "out of room"; return p.Script() }, result.StreamErr, func(r result.Request) string {
		if !strings.Contains(r.Error, "out of room") {
			return r.Error
		}
		return ""
	}},
	{"a slow drip", func(p scripted.Provider) scripted.Script {
		p.Words, p.Gap = strings.Fields(strings.Repeat("w ", 100)), 100*time.Millisecond
		if strings.HasSuffix(p.Dialect, "-whole") {
			p.End = scripted.Stall
		}
		return p.Script()
	}, result.Timeout, nil},
	{"sent elsewhere", func(p scripted.Provider) scripted.Script {
		return scripted.Script{Status: 307, Header: map[string]string{"Location": "http://127.0.0.1:1/v1"}}
	}, result.HTTPError, says(307, "307 Temporary Redirect, redirects to http://127.0.0.1:1/v1")},
}

func refusedWith(status, retry int, message string) func(scripted.Provider) scripted.Script {
	return func(p scripted.Provider) scripted.Script { return p.Refuse(status, retry, message) }
}

func says(status int, message string) func(result.Request) string {
	return func(r result.Request) string {
		if r.Status != status || r.Error != message {
			return fmt.Sprintf("%d, %q", r.Status, r.Error)
		}
		return ""
	}
}

// Each thing that a provider may do to a request is an outcome of that request alone, in every dialect that is paid for: what is
// sent after it is answered. All are loaded at once, for each waits for its drip; once over connections of our own and once over
// net/http's, which tell the same of each.
func TestProviders(t *testing.T) {
	kinds := slices.DeleteFunc(dialect.Kinds(), func(k dialect.Kind) bool { return !k.Managed })
	plain := stream.NewBase(time.Second)
	defer plain.CloseIdleConnections()
	ours, theirs := make([][]result.Request, len(kinds)), make([][]result.Request, len(kinds))
	var wait sync.WaitGroup
	load := func(a Plan, base http.RoundTripper, into *[]result.Request) {
		a.Base = base
		wait.Go(func() {
			if _, err := Attack(t.Context(), a, func(r result.Request) { *into = append(*into, r) }); err != nil {
				t.Error(err)
			}
		})
	}
	for i, k := range kinds {
		load(fated(t, k), nil, &ours[i])
		load(fated(t, k), plain, &theirs[i])
	}
	wait.Wait()
	for i, k := range kinds {
		t.Run(k.Name, func(t *testing.T) {
			expectFates(t, k, ours[i])
			expectFates(t, k, theirs[i])
			for j, r := range ours[i] {
				if a, b := told(r), told(theirs[i][j]); a != b {
					t.Errorf("%s, request %d: over our connections\n%s\nover net/http's\n%s", fates[j/2].name, j, a, b)
				}
			}
		})
	}
}

// told is what a request tells, but for when things came and with which read, and how far one came that was cut off.
func told(r result.Request) string {
	if slices.Contains([]string{result.Reset, result.Truncated, result.Timeout}, r.Outcome) {
		return "cut off"
	}
	tokens := tokensOf(r)
	r.Dequeued, r.Conn, r.Sent, r.Headers, r.First, r.Last, r.End, r.Events = 0, 0, 0, 0, 0, 0, 0, nil
	return fmt.Sprintf("%+v %v", r, tokens)
}

// fated is a load of a server of the dialect that does each thing in turn, and answers in between.
func fated(t *testing.T, k dialect.Kind) Plan {
	t.Helper()
	p := scripted.Provider{Dialect: k.Name, Model: "m-20260101", ID: "req_1", Words: []string{"One", " two", " three"}, Prompt: 20, Cached: 8, Output: 3}
	server := serve(t, func(r scripted.Received) scripted.Script {
		if r.Seq%2 == 1 {
			return p.Script()
		}
		return fates[r.Seq/2].script(p)
	})
	a := plan(t, server.URL(), 100, 2*len(fates))
	a.Dialect, a.Deadline = k.Dialect, 1500*time.Millisecond
	return a
}

func expectFates(t *testing.T, k dialect.Kind, rs []result.Request) {
	t.Helper()
	if len(rs) != 2*len(fates) {
		t.Fatalf("%d requests", len(rs))
	}
	bySeq(t, rs)
	for i, r := range rs {
		f := fates[i/2]
		if i%2 == 1 {
			f.outcome, f.check = result.OK, fates[0].check
		}
		switch {
		case r.Outcome != f.outcome && !(f.outcome == result.Reset && r.Outcome == result.Truncated): // how a connection ends is the system's to say
			t.Errorf("%s, request %d: %s (%s), want %s", f.name, i, r.Outcome, r.Error, f.outcome)
		case f.check != nil && f.check(r) != "":
			t.Errorf("%s, request %d: %s", f.name, i, f.check(r))
		}
	}
	if id := rs[0].RequestID; id != "req_1" && !strings.HasPrefix(k.Name, "gemini") && !strings.HasPrefix(k.Name, "vertex") {
		t.Errorf("the request's id is %q", id)
	}
}
