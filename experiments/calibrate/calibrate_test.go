package calibrate

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/loadgen/arrival"
	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/scripted"
	"github.com/assaylab/assay/loadgen/stream"
)

// pipes is a listener whose connections are in memory, so that in a bubble of testing/synctest time stands still while
// anything is under way: what is measured there is exact on any machine.
type pipes struct {
	accept chan net.Conn
	closed chan struct{}
}

func newPipes() *pipes { return &pipes{make(chan net.Conn), make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accept:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	select {
	case <-p.closed:
	default:
		close(p.closed)
	}
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes", Net: "unix"} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.accept <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// exactly attacks a server of these answers in time that stands still while anything is under way, and calls check in it.
// All requests are sent at once, for the pacer of schedules sleeps in the kernel.
func exactly(t *testing.T, answers []*answer, deadline time.Duration, check func(readings, error)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		listener := newPipes()
		server := scripted.StartOn(listener, script(answers))
		base := stream.NewBase(time.Second)
		base.DialContext = listener.dial
		schedule, err := arrival.NewClosed(len(answers), len(answers), 0)
		if err != nil {
			t.Fatal(err)
		}
		got, err := session{server: server, url: "http://scripted.invalid", base: base, schedule: schedule, deadline: deadline, answers: answers}.attack(t.Context())
		check(got, err)
		base.CloseIdleConnections()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestTraps: every answer that harnesses misread is told right, each by itself, and all of its metrics are within 1 ms or 1 %
// of what the server did.
func TestTraps(t *testing.T) {
	for _, a := range append(traps(), steady()) {
		t.Run(a.name, func(t *testing.T) {
			exactly(t, []*answer{a, a, a}, deadline, func(g readings, err error) {
				if err != nil {
					t.Fatal(err)
				}
				if a.timed {
					checkMetrics(t, g)
				}
			})
		})
	}
}

// checkMetrics holds every metric of a report against the server's own record.
func checkMetrics(t *testing.T, g readings) {
	t.Helper()
	seen := 0
	for i := range g.requests {
		r, truth := &g.requests[i], known(g.served[g.requests[i].Seq], g.zero)
		for _, l := range metric.Latencies() {
			got, ok := l.Of(r)
			want, defined := l.Of(&truth)
			if ok != defined || !near(got, want) {
				t.Errorf("request %d: %s is %v ns, known are %v", i, l.Name, got, want)
			}
			seen++
		}
		for _, p := range metric.PooledGaps() {
			if got, want := p.Of(r), p.Of(&truth); !slices.EqualFunc(got, want, near) {
				t.Errorf("request %d: %s are %v ns, known are %v", i, p.Name, got, want)
			}
		}
		for _, window := range []int64{0, truth.First, truth.First + 1, (truth.First + truth.Last) / 2, truth.End + 1} {
			if got, want := metric.TokensInWindow(r, window), metric.TokensInWindow(&truth, window); got != want {
				t.Errorf("request %d: %d tokens up to %d ns, known are %d", i, got, window, want)
			}
		}
	}
	if seen == 0 {
		t.Error("no metric was checked")
	}
}

// near is far closer than the 1 ms or 1 % that is asked for: time that stands still leaves no excuse.
func near(got, want float64) bool {
	return max(got-want, want-got) <= float64(time.Microsecond)
}

// TestKnownFigures holds three answers against figures worked out by hand, so that what the server says of itself is
// checked, too.
func TestKnownFigures(t *testing.T) {
	find := func(name string) *answer {
		for _, a := range append(traps(), steady()) {
			if a.name == name {
				return a
			}
		}
		t.Fatalf("no answer is called %q", name)
		return nil
	}
	for _, c := range []struct {
		answer                    string
		ttft, tpot, e2e, max, sum float64 // ms; sum of the ITL gaps
	}{
		{"a token at a time", 15, 5, 15 + 23*5, 5, 23 * 5},
		{"several tokens in a message", 20, 42.0 / 8, 62, 20, 42},
		{"several messages in one write", 20, 20.0 / 5, 40, 10, 20},
		{"a first message that only names the role", 30, 5, 40, 5, 10},
		{"reasoning before the answer", 17, 25.0 / 3, 42, 10, 25},
		{"comments that keep the connection alive", 20, 30, 50, 30, 30},
		{"messages split over several reads", 21, 26.0 / 3, 47, 14, 26},
		{"a stall of 150 ms", 10, 160.0 / 3, 170, 150, 160},
	} {
		t.Run(c.answer, func(t *testing.T) {
			exactly(t, []*answer{find(c.answer)}, deadline, func(g readings, err error) {
				if err != nil {
					t.Fatal(err)
				}
				r := &g.requests[0]
				sum := 0.0
				for _, gap := range metric.ITL(r) {
					sum += gap
				}
				for name, v := range map[string][2]float64{"ttft": {of(metric.TTFT(r)), c.ttft}, "tpot": {of(metric.TPOT(r)), c.tpot},
					"e2e": {of(metric.E2E(r)), c.e2e}, "max_gap": {of(metric.MaxGap(r)), c.max}, "itl": {sum, c.sum}} {
					if want := v[1] * 1e6; !near(v[0], want) {
						t.Errorf("%s is %v ns, by hand %v", name, v[0], want)
					}
				}
			})
		})
	}
}

func of(v float64, _ bool) float64 { return v }

// TestStall: an answer that never ends is a timeout at its deadline, neither sooner nor more than a millisecond later.
func TestStall(t *testing.T) {
	exactly(t, []*answer{endless()}, patience, func(g readings, err error) {
		if err != nil {
			t.Fatal(err)
		}
		r := g.requests[0]
		if late := r.End - r.Intended - int64(patience); late < 0 || late > int64(time.Millisecond) {
			t.Errorf("a timeout was noticed %d ns after its deadline", late)
		}
		if r.OutputTokens != 2 || r.Last != int64(2*ms) {
			t.Errorf("%+v", r)
		}
	})
}

// TestMisread: an answer that is not what it is said to be stops the calibration, whatever differs.
func TestMisread(t *testing.T) {
	for name, spoil := range map[string]func(*answer){
		"outcome":   func(a *answer) { a.outcome = result.Truncated },
		"tokens":    func(a *answer) { a.tokens[0]++ },
		"total":     func(a *answer) { a.total-- },
		"estimated": func(a *answer) { a.estimated = true },
	} {
		a := steady()
		spoil(a)
		exactly(t, []*answer{a}, deadline, func(_ readings, err error) {
			if !errors.Is(err, ErrMisread) || !strings.Contains(err.Error(), a.name) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

// twice sends every request two times, as a client that retries would.
type twice struct{ http.RoundTripper }

func (t twice) RoundTrip(r *http.Request) (*http.Response, error) {
	again := r.Clone(r.Context())
	again.Body, _ = http.NoBody, again.ParseForm()
	again.ContentLength = 0
	if resp, err := t.RoundTripper.RoundTrip(again); err == nil {
		_ = resp.Body.Close()
	}
	return t.RoundTripper.RoundTrip(r)
}

// TestRetry: a request that reaches the server twice is not what was asked for.
func TestRetry(t *testing.T) {
	answers := []*answer{{name: "a refusal", script: scripted.Refuse(400, 0, "no"), outcome: result.HTTPError}}
	err := serve(answers, func(s *scripted.Server) error {
		schedule, err := arrival.NewClosed(1, 1, 0)
		if err != nil {
			return err
		}
		base := stream.NewBase(time.Second)
		defer base.CloseIdleConnections()
		_, err = session{server: s, url: s.URL(), base: twice{base}, schedule: schedule, deadline: deadline, answers: answers}.attack(t.Context())
		return err
	})
	if !errors.Is(err, ErrMisread) || !strings.Contains(err.Error(), "the server got 2 requests") {
		t.Error(err)
	}
}

// TestRun is a calibration as it is, over real sockets. How exact it is depends on the machine, and is not judged here.
func TestRun(t *testing.T) {
	c, err := Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := len(traps()) + 3; len(c.Answers) != want || c.Requests != 2*each*len(traps())+waiting+1 {
		t.Errorf("%d kinds of answers, expected %d; %d requests", len(c.Answers), want, c.Requests)
	}
	got := map[string]int{}
	for _, e := range c.Errors {
		got[e.Quantity] = e.N
		if e.N == 0 || e.P50NS < 0 || e.P50NS > e.P95NS || e.P95NS > e.P99NS || e.P99NS > e.MaxNS || max(e.BiasNS, -e.BiasNS) > e.MaxNS {
			t.Errorf("%+v", e)
		}
		if (e.Quantity == "stamp" || e.Quantity == "ttft" || e.Quantity == "e2e" || e.Quantity == "timeout") && e.BiasNS < 0 {
			t.Errorf("%s: a client cannot be ahead of its server: %+v", e.Quantity, e)
		}
		t.Logf("%-14s n %4d, known %9v: bias %v, p50 %v, p95 %v, p99 %v, max %v", e.Quantity, e.N, time.Duration(e.KnownNS), time.Duration(e.BiasNS),
			time.Duration(e.P50NS), time.Duration(e.P95NS), time.Duration(e.P99NS), time.Duration(e.MaxNS))
	}
	for _, q := range []string{"stamp", "send", "timeout", "ttft", "tpot", "itl", "e2e", "max_gap", "chunk_gap", "tpot_n1", "e2e_per_token", "ttft_service", "e2e_service"} {
		if got[q] == 0 {
			t.Errorf("nothing is said of %s", q)
		}
	}
}

// TestCancelled: a run that is stopped stops its calibration.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestSummary works the quantiles out by hand.
func TestSummary(t *testing.T) {
	var e errorsOf
	for i := range 100 {
		err := int64(i + 1)
		if i%2 == 1 {
			err = -err
		}
		e.note("stamp", 7, err)
	}
	got := e.summary()
	if len(got) != 1 || got[0].P50NS != 50 || got[0].P95NS != 95 || got[0].P99NS != 99 || got[0].MaxNS != 100 || got[0].BiasNS != -2 || got[0].KnownNS != 7 || got[0].N != 100 {
		t.Errorf("%+v", got)
	}
}
