package stat

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// The floors of MLPerf's rules, and counts that its load generator gives: of 10,000 samples it discards 76 for p99.
func TestEarlyStopKnownAnswers(t *testing.T) {
	for _, c := range []struct {
		p        float64
		over, at int
	}{{.9, 0, 44}, {.9, 1, 64}, {.99, 0, 459}, {.99, 1, 662}, {.95, 0, 90}, {.95, 1, 130}, {.999, 0, 4603}, {.999, 1, 6636}} {
		if n := EarlyFloor(c.over, c.p); n != c.at {
			t.Errorf("p%g with %d above: %d samples, want %d", 100*c.p, c.over, n, c.at)
		}
	}
	if e := NewEarlyStop(Ascending(ranks(10_000)), .99); e.Discard != 76 || e.Bound != 10_000-76 || e.NeedMore != 0 {
		t.Errorf("10,000 samples: %+v", e)
	}
	if e := NewEarlyStop(Ascending(ranks(663-1)), .99); e.Discard != 0 || e.Bound != 662 {
		t.Errorf("662 samples: %+v", e)
	}
	if e := NewEarlyStop(Ascending(ranks(600)), .99); !math.IsNaN(e.Bound) || e.NeedMore != 62 {
		t.Errorf("600 samples: %+v", e)
	}
	if e := NewEarlyStop(Ascending(nil), .9); e.NeedMore != 64 {
		t.Errorf("no samples: %+v", e)
	}
}

// Failures are above every limit, and t is capped nowhere: with a million samples thousands are left out.
func TestEarlyStopFarOut(t *testing.T) {
	s := ranks(64)
	s[63] = math.Inf(1)
	if e := NewEarlyStop(Ascending(s), .9); !math.IsInf(e.Bound, 1) || e.NeedMore != 0 {
		t.Errorf("a failure at the bound: %+v", e)
	}
	if e := NewEarlyStop(Ascending(ranks(1_000_000)), .99); e.Discard < 9_700 || e.Discard > 9_800 {
		t.Errorf("a million samples: %+v", e)
	}
}

// What is needed is exact, and the bound is a limit that just passes.
func TestEarlyStopIsConsistent(t *testing.T) {
	for _, n := range []int{64, 65, 100, 517, 2000} {
		e := NewEarlyStop(Ascending(ranks(n)), .9)
		if over := e.Discard + 1; EarlyFloor(over, .9) > n || EarlyFloor(over+1, .9) <= n {
			t.Errorf("n %d: %+v", n, e)
		}
		if NearestRank(ranks(n), .9) > e.Bound {
			t.Errorf("n %d: the bound %v is below the percentile", n, e.Bound)
		}
	}
	for over := range 20 {
		if n := EarlyFloor(over, .9); !earlyPasses(over, n, .9) || earlyPasses(over, n-1, .9) {
			t.Errorf("%d over: %d", over, n)
		}
	}
}

// The true percentile is above the bound in at most 1 of 100 runs.
func TestEarlyStopCoverage(t *testing.T) {
	rng, above := rand.New(rand.NewPCG(11, 1)), 0
	const simulations, n = 2000, 200
	for range simulations {
		s := make([]float64, n)
		for i := range s {
			s[i] = rng.ExpFloat64()
		}
		slices.Sort(s)
		if NewEarlyStop(Ascending(s), .9).Bound < -math.Log(.1) {
			above++
		}
	}
	if above > simulations/100*14/10 {
		t.Errorf("the percentile is above its bound in %d of %d", above, simulations)
	}
}
