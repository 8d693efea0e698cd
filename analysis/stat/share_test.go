package stat

import (
	"math"
	"testing"
)

// By scipy 1.17: beta.ppf(0.05, m, n-m+1) and beta.ppf(0.95, m+1, n-m).
func TestOneSidedShareBounds(t *testing.T) {
	for _, c := range []struct {
		m, n      int
		low, high float64
	}{
		{0, 59, 0, 0.049507609888},
		{0, 58, 0, 0.050339338330},
		{1, 93, 0.000551388729, 0.049993978388},
		{1, 92, 0.000557380414, 0.050526360877},
		{2, 124, 0.002873311631, 0.049900171228},
		{2, 123, 0.002896733665, 0.050298772025},
		{3, 60, 0.013765157568, 0.124187210477},
		{12, 60, 0.119656134216, 0.303809730015},
		{30, 60, 0.387410963016, 0.612589036984},
		{59, 60, 0.923360005065, 0.999145477073},
		{60, 60, math.Pow(0.05, 1.0/60), 1},
	} {
		near(t, "low", LowerShare(c.m, c.n, 0.95), c.low)
		near(t, "high", UpperShare(c.m, c.n, 0.95), c.high)
	}
}

// By scipy 1.17: beta.ppf(0.025, m, n-m+1) and beta.ppf(0.975, m+1, n-m).
func TestShareInterval(t *testing.T) {
	for _, c := range []struct {
		m, n      int
		low, high float64
	}{
		{3, 60, 0.010432329644, 0.139243246721},
		{0, 20, 0, 0.168433470983},
		{57, 60, 0.860756753279, 0.989567670356},
	} {
		i := ShareInterval(c.m, c.n, 0.95)
		near(t, "low", i.Low, c.low)
		near(t, "high", i.High, c.high)
	}
}

func near(t *testing.T, name string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9*max(1, math.Abs(want)) {
		t.Errorf("%s: %.12f, want %.12f", name, got, want)
	}
}

func TestVerdictSampleCounts(t *testing.T) {
	for misses, n := range map[int]int{0: 59, 1: 93, 2: 124} {
		if v := JudgeShare(misses, n, 1-0.95); v.Decision != Within || v.NeedMore != 0 {
			t.Errorf("%d of %d: %+v, want within", misses, n, v)
		}
		if v := JudgeShare(misses, n-1, 1-0.95); v.Decision != Undecided || v.NeedMore != 1 {
			t.Errorf("%d of %d: %+v, want undecided by one", misses, n-1, v)
		}
	}
}

// 7 of 60 has a lower bound of 0.0561, 6 of 60 one of 0.0445.
func TestVerdictBeyond(t *testing.T) {
	if v := JudgeShare(7, 60, 0.05); v.Decision != Beyond || v.NeedMore != 0 {
		t.Errorf("7 of 60: %+v", v)
	}
	if v := JudgeShare(6, 60, 0.05); v.Decision != Undecided || v.NeedMore <= 0 {
		t.Errorf("6 of 60: %+v", v)
	}
	if v := JudgeShare(0, 0, 0.05); v.Decision != Undecided || v.NeedMore != 59 {
		t.Errorf("nothing measured: %+v", v)
	}
}

func TestVerdictIsMonotoneInMisses(t *testing.T) {
	severity := map[Decision]int{Within: 0, Undecided: 1, Beyond: 2}
	for _, allowed := range []float64{0.01, 0.05, 0.1, 0.5} {
		for n := 0; n <= 150; n += 10 {
			worst := 0
			for m := range n + 1 {
				v := JudgeShare(m, n, allowed)
				if severity[v.Decision] < worst {
					t.Fatalf("%d of %d misses, %v allowed: %+v after a worse verdict", m, n, allowed, v)
				}
				worst = severity[v.Decision]
			}
		}
	}
}

func TestNeedMoreIsExact(t *testing.T) {
	for n := range 130 {
		for m := range min(n, 6) {
			v := JudgeShare(m, n, 0.05)
			if v.NeedMore == 0 {
				continue
			}
			if JudgeShare(m, n+v.NeedMore, 0.05).Decision != Within || JudgeShare(m, n+v.NeedMore-1, 0.05).Decision == Within {
				t.Fatalf("%d of %d: %d more is not the least number", m, n, v.NeedMore)
			}
		}
	}
}
