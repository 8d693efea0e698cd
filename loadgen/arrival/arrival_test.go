package arrival

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestConstant(t *testing.T) {
	s, err := Constant(4, 5)
	if err != nil {
		t.Fatal(err)
	}
	if want := []int64{250e6, 500e6, 750e6, 1000e6, 1250e6}; !slices.Equal(s.offsets, want) {
		t.Errorf("offsets %v, want %v", s.offsets, want)
	}
	if s.Window() != 1250*time.Millisecond || s.Requests() != 5 || s.Rate() != 4 || s.Offset(1) != 500e6 {
		t.Errorf("window %v, requests %d, rate %g", s.Window(), s.Requests(), s.Rate())
	}
	if got := s.String(); got != "constant 4/s, 5 requests" {
		t.Errorf("String %q", got)
	}
}

// Offsets are absolute: the rounding of one does not carry into the next.
func TestConstantDoesNotDrift(t *testing.T) {
	s, err := Constant(3, 3_000_000)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Offset(2_999_999); got != 1_000_000e9 {
		t.Errorf("request 3,000,000 at 3/s is due at %d ns, want exactly 1e15", got)
	}
}

// The gaps are exponential: mean and standard deviation 1/rate, neighbours
// uncorrelated, and the Kolmogorov-Smirnov distance to the distribution is under
// the 1 % critical value 1.628/sqrt(n). The seed is fixed, so nothing here flakes.
func TestPoissonStatistics(t *testing.T) {
	const n, rate = 20_000, 50.0
	s, err := Poisson(rate, n, 42)
	if err != nil {
		t.Fatal(err)
	}
	gaps := make([]float64, n)
	last := int64(0)
	for i, at := range s.offsets {
		gaps[i] = float64(at-last) / 1e9
		last = at
	}
	mean, m2 := 0.0, 0.0
	for _, g := range gaps {
		mean += g / n
	}
	lag1 := 0.0
	for i, g := range gaps {
		m2 += (g - mean) * (g - mean) / (n - 1)
		if i > 0 {
			lag1 += (g - mean) * (gaps[i-1] - mean) / (n - 1)
		}
	}
	if se := 1 / rate / math.Sqrt(n); math.Abs(mean-1/rate) > 3*se {
		t.Errorf("mean gap %g s, want %g within %g", mean, 1/rate, 3*se)
	}
	if cv := math.Sqrt(m2) / mean; math.Abs(cv-1) > 3*math.Sqrt(2.0/n) {
		t.Errorf("coefficient of variation %g, want 1", cv)
	}
	if rho := lag1 / m2; math.Abs(rho) > 3/math.Sqrt(n) {
		t.Errorf("lag-1 correlation %g, want 0", rho)
	}
	slices.Sort(gaps)
	ks := 0.0
	for i, g := range gaps {
		f := 1 - math.Exp(-rate*g)
		ks = max(ks, f-float64(i)/n, float64(i+1)/n-f)
	}
	if ks > 1.628/math.Sqrt(n) {
		t.Errorf("Kolmogorov-Smirnov distance %g, critical %g", ks, 1.628/math.Sqrt(n))
	}
}

// The count in a window varies as in nature: over many seeds, the time that 100
// arrivals take has standard deviation 10 % of its mean (Erlang: 1/sqrt(100)).
func TestPoissonKeepsCountVariance(t *testing.T) {
	const runs, n = 2000, 100
	sum, sq := 0.0, 0.0
	for seed := range uint64(runs) {
		s, err := Poisson(n, n, seed)
		if err != nil {
			t.Fatal(err)
		}
		w := s.Window().Seconds()
		sum += w
		sq += w * w
	}
	mean := sum / runs
	sd := math.Sqrt(sq/runs - mean*mean)
	if math.Abs(mean-1) > 0.01 || math.Abs(sd-0.1) > 0.006 {
		t.Errorf("window %g ± %g s, want 1 ± 0.1", mean, sd)
	}
}

func TestPoissonSeeds(t *testing.T) {
	a, _ := Poisson(10, 50, 1)
	b, _ := Poisson(10, 50, 1)
	c, _ := Poisson(10, 50, 2)
	long, _ := Poisson(10, 60, 1)
	twice, _ := Poisson(20, 50, 1)
	if !slices.Equal(a.offsets, b.offsets) {
		t.Error("same seed, other arrivals")
	}
	if slices.Equal(a.offsets, c.offsets) {
		t.Error("other seed, same arrivals")
	}
	if !slices.Equal(a.offsets, long.offsets[:50]) {
		t.Error("a longer run does not begin like a shorter one")
	}
	if d := a.offsets[49] - 2*twice.offsets[49]; d < -2 || d > 2 {
		t.Error("twice the rate is not the same draw in half the time")
	}
}

func TestBadArrivals(t *testing.T) {
	for _, tc := range []struct {
		name string
		rate float64
		n    int
		want string
	}{
		{"zero rate", 0, 1, "rate is 0, expected a positive"},
		{"negative rate", -1, 1, "rate is -1"},
		{"nan rate", math.NaN(), 1, "rate is NaN"},
		{"infinite rate", math.Inf(1), 1, "rate is +Inf"},
		{"no requests", 1, 0, "number of requests is 0"},
		{"too long", 1e-9, 10, "expected at most 31536000"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, cerr := Constant(tc.rate, tc.n)
			_, perr := Poisson(tc.rate, tc.n, 0)
			for _, err := range []error{cerr, perr} {
				if err == nil || !strings.Contains(err.Error(), tc.want) {
					t.Errorf("error %v, want %q", err, tc.want)
				}
			}
		})
	}
	if _, err := NewClosed(0, 1, 0); err == nil {
		t.Error("closed loop without slots")
	}
	if _, err := NewClosed(1, 0, 0); err == nil {
		t.Error("closed loop without requests")
	}
}

// Pace returns no earlier than the request is due, and ends after the last.
func TestOpenPace(t *testing.T) {
	s, err := Constant(200, 4)
	if err != nil {
		t.Fatal(err)
	}
	run := s.Start(t.Context())
	before := time.Now()
	for i := range uint64(4) {
		wait, stop := run.Pace(time.Since(before), i)
		if now := run.Now(); wait != 0 || stop || now < run.Intended(i) {
			t.Fatalf("hit %d: wait %v, stop %v, at %d, due %d", i, wait, stop, now, run.Intended(i))
		}
	}
	if _, stop := run.Pace(0, 4); !stop {
		t.Error("goes on after the last request")
	}
	if d := run.Zero().Sub(before); d < -time.Millisecond || d > time.Second {
		t.Errorf("zero is %v after the attack began", d)
	}
	if run.Rate(0) != 200 {
		t.Errorf("rate %g", run.Rate(0))
	}
}

// Zero is the attack's beginning, not the first Pace: time lost between the two
// is not given back by moving the schedule.
func TestZeroCountsElapsed(t *testing.T) {
	s, err := Constant(1000, 3)
	if err != nil {
		t.Fatal(err)
	}
	run := s.Start(t.Context())
	run.Pace(time.Hour, 0)
	if now := run.Now(); now < int64(time.Hour) {
		t.Errorf("now is %d ns, want an hour and more", now)
	}
}

func TestCancelWhileSleeping(t *testing.T) {
	s, err := Constant(0.01, 1)
	if err != nil {
		t.Fatal(err)
	}
	closed, err := NewClosed(1, 2, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		process Process
		hits    uint64
	}{{s, 0}, {closed, 1}} {
		t.Run(tc.process.String(), func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			run := tc.process.Start(ctx)
			for i := range tc.hits {
				run.Pace(0, i)
			}
			time.AfterFunc(10*time.Millisecond, cancel)
			if _, stop := run.Pace(0, tc.hits); !stop {
				t.Error("a cancelled context does not stop the run")
			}
			if _, stop := run.Pace(0, tc.hits); !stop {
				t.Error("a run goes on after its end")
			}
		})
	}
}

// A closed loop's request is due when a slot became free, whenever it is sent.
func TestClosedLoop(t *testing.T) {
	c, err := NewClosed(2, 5, 0)
	if err != nil {
		t.Fatal(err)
	}
	if c.String() != "closed loop of 2, 5 requests" || c.Requests() != 5 || c.Concurrency() != 2 {
		t.Errorf("%v", c)
	}
	run := c.Start(t.Context())
	pace := func(hits uint64) {
		t.Helper()
		if wait, stop := run.Pace(0, hits); wait != 0 || stop {
			t.Fatalf("hit %d: wait %v, stop %v", hits, wait, stop)
		}
	}
	pace(0)
	pace(1)
	run.Done(700)
	pace(2)
	run.Done(900)
	run.Done(950)
	pace(3)
	pace(4)
	for seq, want := range []int64{0, 0, 700, 900, 950} {
		if got := run.Intended(uint64(seq)); got != want {
			t.Errorf("request %d intended %d, want %d", seq, got, want)
		}
	}
	if _, stop := run.Pace(0, 5); !stop {
		t.Error("goes on after the last request")
	}
	run.Done(1000) // the rest drains without anyone reading
	run.Done(1001)
}

// How late Pace wakes up. Run alone on an idle machine to judge the number.
func BenchmarkPaceLateness(b *testing.B) {
	s, err := Constant(200, max(b.N, 1))
	if err != nil {
		b.Fatal(err)
	}
	run := s.Start(b.Context())
	late := make([]int64, 0, b.N)
	for i := range uint64(b.N) {
		run.Pace(0, i)
		late = append(late, run.Now()-run.Intended(i))
	}
	slices.Sort(late)
	b.ReportMetric(float64(late[len(late)/2]), "p50-late-ns")
	b.ReportMetric(float64(late[len(late)*99/100]), "p99-late-ns")
}

// A slot that thinks is due that long after its answer, and is not sent before.
func TestClosedLoopThinks(t *testing.T) {
	const think = 20 * time.Millisecond
	c, err := NewClosed(1, 2, think)
	if err != nil {
		t.Fatal(err)
	}
	if c.String() != "closed loop of 1, thinking 20ms, 2 requests" {
		t.Errorf("%v", c)
	}
	run := c.Start(t.Context())
	run.Pace(0, 0)
	ended := run.Now()
	run.Done(ended)
	if _, stop := run.Pace(0, 1); stop || run.Intended(1) != ended+int64(think) || run.Now() < run.Intended(1) {
		t.Errorf("stopped %v, due %d after an answer at %d, sent at %d", stop, run.Intended(1), ended, run.Now())
	}
	if _, err := NewClosed(1, 1, -1); err == nil {
		t.Error("thinks backwards")
	}
}
