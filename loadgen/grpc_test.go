package loadgen

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/scripted"
	"github.com/assaylab/assay/loadgen/stream"
)

func serveHTTP2(t testing.TB, script func(scripted.Received) scripted.Script) *scripted.Server {
	t.Helper()
	s, err := scripted.StartHTTP2(script)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func planGRPC(t testing.TB, url string, rate float64, n int) Plan {
	t.Helper()
	p := plan(t, url, rate, n)
	p.Dialect, p.Counter = dialect.TritonGRPC{}, wordCounter{}
	return p
}

// Every way that a gRPC answer can end, over connections of HTTP/2.
func TestOutcomesGRPC(t *testing.T) {
	ms := time.Millisecond
	first, second, end := scripted.Inferred("a"), scripted.Inferred(" b c"), scripted.InferEnd()
	change := func(s scripted.Script, f func(*scripted.Script)) scripted.Script { f(&s); return s }
	untold := func(s *scripted.Script) { s.Trailer = nil }
	header := func(key, value string) func(*scripted.Script) {
		return func(s *scripted.Script) { s.Header[key], s.Trailer = value, nil }
	}
	for _, tc := range []struct {
		name     string
		script   scripted.Script
		deadline time.Duration // 0 for a minute
		outcome  string
		status   int
		errors   string
		tokens   []int
	}{
		{"ok", scripted.GRPC(ms, "0", "", first, second, end), 0, result.OK, 200, "", []int{1, 2}},
		{"several in one read", scripted.GRPC(ms, "0", "", first+second+end), 0, result.OK, 200, "", []int{1, 2}},
		{"cut between reads", scripted.GRPC(ms, "0", "", first[:3], first[3:]+second[:20], second[20:]+end[:7], end[7:]), 0, result.OK, 200, "", []int{1, 2}},
		{"the last one has a text", scripted.GRPC(ms, "0", "", scripted.InferredLast("a b c")), 0, result.OK, 200, "", []int{3}},
		{"no tokens", scripted.GRPC(ms, "0", "", end), 0, result.OK, 200, "", nil},
		{"an error in a response", scripted.GRPC(ms, "0", "", first, scripted.InferFailure("out of blocks")), 0, result.StreamErr, 200, "out of blocks", []int{1}},
		{"unavailable at once", change(scripted.GRPC(0, "", ""), header("Grpc-Status", "14")), 0, result.Overloaded, 200, "gRPC UNAVAILABLE", nil},
		{"unavailable", scripted.GRPC(ms, "14", "Exceeds maximum queue size"), 0, result.Overloaded, 200, "gRPC UNAVAILABLE: Exceeds maximum queue size", nil},
		{"exhausted later", scripted.GRPC(ms, "8", "no blocks", first), 0, result.Overloaded, 200, "gRPC RESOURCE_EXHAUSTED: no blocks", []int{1}},
		{"not found", scripted.GRPC(ms, "5", "unknown model: 'm'"), 0, result.HTTPError, 200, "gRPC NOT_FOUND: unknown model: 'm'", nil},
		{"failed later", scripted.GRPC(ms, "13", "oops", first), 0, result.StreamErr, 200, "gRPC INTERNAL: oops", []int{1}},
		{"no status", change(scripted.GRPC(ms, "", "", first, end), untold), 0, result.Truncated, 200, "after 2 messages without a gRPC status", []int{1}},
		{"no final response", scripted.GRPC(ms, "0", "", first), 0, result.Truncated, 200, "after 1 messages, without the final response", []int{1}},
		{"ends inside of a message", scripted.GRPC(ms, "0", "", first, end, second[:9]), 0, result.Truncated, 200, "after 2 messages", []int{1}},
		{"nothing", change(scripted.GRPC(0, "", ""), untold), 0, result.Truncated, 200, "after 0 messages", nil},
		{"aborted", change(scripted.GRPC(ms, "0", "", first), func(s *scripted.Script) { s.End = scripted.Cut }), 0, result.Reset, 200, "stream error", []int{1}},
		{"timeout", change(scripted.GRPC(ms, "0", "", first), func(s *scripted.Script) { s.End = scripted.Stall }), 400 * ms, result.Timeout, 200, "deadline exceeded", []int{1}},
		{"a gateway's refusal", scripted.Refuse(503, 0, "no upstream"), 0, result.Overloaded, 503, "no upstream", nil},
		{"another content", change(scripted.GRPC(0, "", ""), header("Content-Type", "text/html")), 0, result.Malformed, 200, `content type is "text/html", expected application/grpc`, nil},
		{"events in place of frames", scripted.GRPC(0, "0", "", "data: {}\n\n"), 0, result.Malformed, 200, "malformed gRPC frame: it begins with byte 100", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := serveHTTP2(t, scripted.Always(tc.script))
			p := planGRPC(t, server.URL(), 1000, 1)
			if tc.deadline > 0 {
				p.Deadline = tc.deadline
			}
			rs, report := runAttack(t, p)
			r := rs[0]
			if r.Outcome != tc.outcome || r.Status != tc.status || !strings.Contains(r.Error, tc.errors) || (r.Outcome == result.OK) != (r.Error == "") {
				t.Errorf("outcome %s, status %d, error %q; want %s, %d, %q", r.Outcome, r.Status, r.Error, tc.outcome, tc.status, tc.errors)
			}
			if got := tokensOf(r); !slices.Equal(got, tc.tokens) || report.Outcomes[tc.outcome] != 1 {
				t.Errorf("tokens %v, want %v; report %v", got, tc.tokens, report.Outcomes)
			}
			checkPresence(t, r)
			if n := len(server.Served()); n != 1 {
				t.Errorf("server got %d requests", n)
			}
		})
	}
}

// A server of HTTP/1.1 alone, a port that nobody listens on, and an attack that is stopped.
func TestOutcomesGRPCWithoutAnswer(t *testing.T) {
	refused, release, err := scripted.RefusedURL()
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	plain := serve(t, scripted.Always(scripted.Refuse(404, 0, "")))
	// Of a server that answers in HTTP/1.1 and closes, net/http says what it meets first: its answer, or that it is gone.
	for url, want := range map[string][]string{refused: {result.Refused}, plain.URL(): {result.Malformed, result.Reset}} {
		rs, _ := runAttack(t, planGRPC(t, url, 1000, 1))
		if !slices.Contains(want, rs[0].Outcome) || rs[0].Error == "" {
			t.Errorf("%s %q, want one of %s", rs[0].Outcome, rs[0].Error, want)
		}
		checkPresence(t, rs[0])
	}
	stalled := scripted.GRPC(0, "0", "", scripted.Inferred("a"))
	stalled.End = scripted.Stall
	ctx, cancel := context.WithCancel(t.Context())
	server := serveHTTP2(t, scripted.Always(stalled))
	go func() {
		for ctx.Err() == nil && (len(server.Served()) == 0 || len(server.Served()[0].Steps) == 0) {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	rs, _, err := collect(ctx, planGRPC(t, server.URL(), 1000, 1))
	if err == nil || len(rs) != 1 || rs[0].Outcome != result.Cancelled {
		t.Fatalf("%v, %+v", err, rs)
	}
	checkPresence(t, rs[0])
}

// Many answers at once share a connection, and each has its own stamps, none of them before the server wrote.
func TestAnswersShareAConnection(t *testing.T) {
	const n = 60
	word := scripted.Inferred("a")
	server := serveHTTP2(t, func(r scripted.Received) scripted.Script {
		return scripted.GRPC(4*time.Millisecond, "0", "", append(slices.Repeat([]string{word}, 3+int(r.Seq%5)), scripted.InferEnd())...)
	})
	p := planGRPC(t, server.URL(), 400, n)
	base := stream.NewBaseFor(p.Dialect, time.Minute)
	defer base.CloseIdleConnections()
	p.Base = base
	first := planGRPC(t, server.URL(), 1000, 1) // makes the connection, which several requests that are the first at once would try to
	first.Base = base
	runAttack(t, first)
	before := len(server.Served())
	rs, report := runAttack(t, p)
	from := map[string]int{}
	served := map[uint64]scripted.Served{}
	for _, s := range server.Served()[before:] {
		from[s.From]++
		served[s.Seq] = s
	}
	if len(from) != 1 {
		t.Errorf("%d connections: %v", len(from), from)
	}
	for _, r := range rs {
		if r.Outcome != result.OK || len(r.Events) != 3+int(r.Seq%5) {
			t.Fatalf("request %d: %s %s, %d events", r.Seq, r.Outcome, r.Error, len(r.Events))
		}
		checkOrder(t, r)
		for i, step := range served[r.Seq].Steps[:len(r.Events)] {
			if at := int64(step.Before.Sub(report.Zero)); r.Events[i].At < at || r.Events[i].At > r.End {
				t.Errorf("request %d, event %d: stamped at %d, written after %d, over at %d", r.Seq, i, r.Events[i].At, at, r.End)
			}
		}
	}
}

// A server never waits for us to open a window: all of many long answers on one connection are written, to their ends, before
// anything of any of them is read. With the windows that HTTP/2 begins with, of 64 KiB, none would be.
func TestNoWindowIsWaitedFor(t *testing.T) {
	const answers, frames = 24, 16
	long := scripted.Inferred(strings.Repeat("x", 32<<10))
	server := serveHTTP2(t, scripted.Always(scripted.GRPC(0, "0", "", slices.Repeat([]string{long}, frames)...)))
	base := stream.NewBaseFor(dialect.TritonGRPC{}, time.Minute)
	defer base.CloseIdleConnections()
	var bodies []io.ReadCloser
	for range answers {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL(), strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := base.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, resp.Body)
	}
	ended := func(s scripted.Served) bool { return !s.Ended.IsZero() && len(s.Steps) == frames }
	for range 10000 {
		if all := server.Served(); len(all) == answers && !slices.ContainsFunc(all, func(s scripted.Served) bool { return !ended(s) }) {
			break
		}
		time.Sleep(time.Millisecond)
	}
	for i, s := range server.Served() {
		if !ended(s) {
			t.Errorf("answer %d: %d of %d messages written before anything was read", i, len(s.Steps), frames)
		}
	}
	for _, b := range bodies {
		if n, err := io.Copy(io.Discard, b); err != nil || n != int64(frames*len(long)) {
			t.Errorf("read %d bytes, %v", n, err)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A lab that receives twice tells the same of gRPC's answers.
func TestDoubleGRPC(t *testing.T) {
	server := serveHTTP2(t, scripted.Always(scripted.GRPC(time.Millisecond, "0", "", scripted.Inferred("a"), scripted.Inferred(" b c")+scripted.InferEnd())))
	p := planGRPC(t, server.URL(), 400, 20)
	double, err := stream.NewDouble(stream.NewBaseFor(p.Dialect, time.Second), p.Dialect)
	if err != nil {
		t.Fatal(err)
	}
	p.Base = double
	rs, _ := runAttack(t, p)
	for _, r := range rs {
		if r.Outcome != result.OK || !slices.Equal(tokensOf(r), []int{1, 2}) {
			t.Errorf("request %d: %s %s, tokens %v", r.Seq, r.Outcome, r.Error, tokensOf(r))
		}
		checkOrder(t, r)
	}
	if err := double.Close(); err != nil {
		t.Error(err)
	}
}

// With TLS, HTTP/2 is agreed on.
func TestGRPCOverTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/grpc")
		if _, err := io.Copy(io.Discard, r.Body); err != nil || r.ProtoMajor != 2 || r.Header.Get("Te") != "trailers" {
			w.Header().Set("Grpc-Status", "3")
			return
		}
		w.Header().Set(http.TrailerPrefix+"Grpc-Status", "0")
		_, _ = io.WriteString(w, scripted.Inferred("a b")+scripted.InferEnd())
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	p := planGRPC(t, server.URL, 1000, 3)
	base := stream.NewBaseFor(p.Dialect, time.Second)
	defer base.CloseIdleConnections()
	base.TLSClientConfig = &tls.Config{RootCAs: x509.NewCertPool()}
	base.TLSClientConfig.RootCAs.AddCert(server.Certificate())
	p.Base = base
	rs, _ := runAttack(t, p)
	for _, r := range rs {
		if r.Outcome != result.OK || !slices.Equal(tokensOf(r), []int{2}) {
			t.Errorf("request %d: %s %s, tokens %v", r.Seq, r.Outcome, r.Error, tokensOf(r))
		}
	}
}
