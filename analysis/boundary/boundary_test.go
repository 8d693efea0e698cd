package boundary

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/loadgen/result"
)

func TestLevels(t *testing.T) {
	for _, p := range []Plan{plan(), {Min: .5, Max: .75, Precision: .2}, {Min: 3, Max: 1000, Precision: .01}} {
		if p.Rate(0) != p.Min || p.Rate(p.Top()) != p.Max || p.Rate(p.Top()+5) != p.Max {
			t.Errorf("%+v: from %v to %v", p, p.Rate(0), p.Rate(p.Top()))
		}
		for level := range p.Top() {
			low, high := p.Rate(level), p.Rate(level+1)
			if !(high > low) || high > low*(1+p.Precision)*1.001 {
				t.Errorf("%+v: level %d is %v and the next one %v", p, level, low, high)
			}
			if got := p.Level(low); got != level {
				t.Errorf("%+v: the level of %v is %d, want %d", p, low, got, level)
			}
		}
	}
}

// TestDecreasing holds pooling to a naive reference: the fitted value of a point is the smallest, over what begins at or before it,
// of the largest mean over what ends at or after it (the min-max formula of Robertson, Wright & Dykstra, 1988).
func TestDecreasing(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		n := 1 + rng.IntN(12)
		logs, margins, weights := make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range n {
			logs[i], margins[i], weights[i] = float64(i), math.Round(4*rng.NormFloat64())/2, float64(1+rng.IntN(3))
		}
		mean := func(from, to int) float64 {
			var sum, w float64
			for i := from; i <= to; i++ {
				sum, w = sum+margins[i]*weights[i], w+weights[i]
			}
			return sum / w
		}
		var fitted []float64
		for _, k := range decreasing(logs, slices.Clone(margins), weights) {
			fitted = append(fitted, slices.Repeat([]float64{k.Margin}, k.levels)...)
		}
		for i := range n {
			want := math.Inf(1)
			for from := 0; from <= i; from++ {
				most := math.Inf(-1)
				for to := i; to < n; to++ {
					most = max(most, mean(from, to))
				}
				want = min(want, most)
			}
			if math.Abs(fitted[i]-want) > 1e-9 {
				t.Fatalf("margins %v, weights %v: fitted %v, want %v at %d", margins, weights, fitted, want, i)
			}
		}
	}
}

// TestOrderOfTrials: what is next follows from what is finished, not from how it came to be.
func TestOrderOfTrials(t *testing.T) {
	o := search(line("smooth", 37, 1.5, .1), plan(), 3)
	rng := rand.New(rand.NewPCG(7, 7))
	for n := range o.probes {
		part := slices.Clone(o.probes[:n])
		want := plan().Next(part)
		rng.Shuffle(n, func(i, j int) { part[i], part[j] = part[j], part[i] })
		got := plan().Next(part)
		if got.Level != want.Level || got.Repetition != want.Repetition || got.End != want.End {
			t.Fatalf("after %d trials: %+v, in another order %+v", n, want, got)
		}
		if n < len(o.probes)-1 && (got.End != Going || got.Level != o.probes[n].Level) {
			t.Fatalf("after %d trials: level %d and end %q, the search went to %d", n, got.Level, got.End, o.probes[n].Level)
		}
	}
}

func TestEnds(t *testing.T) {
	p := plan()
	short, quick := p, p
	short.MaxProbes, quick.MaxTime = 7, 30*time.Second
	for _, c := range []struct {
		name string
		s    system
		p    Plan
		want End
		why  string
	}{
		{"held throughout", line("", 500, 1.5, .05), p, Above, ""},
		{"held nowhere", line("", 2, 1.5, .05), p, Below, ""},
		{"few trials", line("", 37, 1.5, .2), short, Probes, "7 trials"},
		{"little time", line("", 37, 1.5, .2), quick, Time, "30s were allowed"},
	} {
		o := search(c.s, c.p, 1)
		e := o.Estimate
		if o.End != c.want || !strings.Contains(o.Why, c.why) {
			t.Errorf("%s: %q (%s), want %q (%s)", c.name, o.End, o.Why, c.want, c.why)
		}
		if c.want == Above && (!math.IsInf(e.Rate, 1) || e.Low < p.Max/2) || c.want == Below && (e.Rate != 0 || e.High > 2*p.Min) {
			t.Errorf("%s: %v, from %v to %v", c.name, e.Rate, e.Low, e.High)
		}
		if c.want == Probes && (len(o.probes) != 7 || !(e.Low < e.Rate && e.Rate < e.High)) {
			t.Errorf("%s: %d probes, %v from %v to %v", c.name, len(o.probes), e.Rate, e.Low, e.High)
		}
	}
}

func TestUnusableTrials(t *testing.T) {
	s, p := line("", 37, 4, .1), plan()
	var probes []Probe
	for range 60 {
		step := p.Next(probes)
		if step.End != Going {
			if step.End != Found || math.Abs(math.Log(step.Estimate.Rate/37)) > .1 {
				t.Errorf("one trial in three is unusable: %q, %+v", step.End, step.Estimate)
			}
			break
		}
		q := s.trial(p, 1, step.Level, step.Repetition)
		if len(probes)%3 == 1 {
			q.Unusable = "the clock was set"
		}
		probes = append(probes, q)
	}
	probes = nil
	for range attempts {
		step := p.Next(probes)
		if step.End != Going || step.Level != 0 || step.Repetition != len(probes) {
			t.Fatalf("after %d unusable trials: %+v", len(probes), step)
		}
		probes = append(probes, Probe{Unusable: "swap was in use"})
	}
	if step := p.Next(probes); step.End != Unusable || !strings.Contains(step.Why, "swap was in use") {
		t.Errorf("after %d unusable trials: %+v", len(probes), step)
	}
}

func TestBindingLimit(t *testing.T) {
	e := search(two(), plan(), 1).Estimate
	if e.Binding != 1 || e.Share < .6 {
		t.Errorf("limit %d breaks first in %.2f of the draws, want limit 1", e.Binding, e.Share)
	}
	for i, want := range []float64{33, 30} {
		if f := e.Limits[i]; math.Abs(math.Log(f.Rate/want)) > .12 {
			t.Errorf("limit %d breaks at %.3g, want %v", i, f.Rate, want)
		}
	}
}

// TestRise: a cold cache makes low rates slow. A rise beyond chance is named, one by chance is not.
func TestRise(t *testing.T) {
	named := 0
	for seed := range uint64(12) {
		o := search(line("", 37, 1.5, .1), plan(), seed)
		named += len(o.Estimate.Limits[0].Rising)
	}
	if named > 2 {
		t.Errorf("%d rises in 12 searches of a curve that only falls", named)
	}
	cold := system{truth: 37, margins: func(rate float64, rng *rand.Rand) []Margin {
		m := -1.5*math.Log(rate/37) + .1*rng.NormFloat64()
		if rate < 12 {
			m = .1 + .1*rng.NormFloat64()
		}
		return []Margin{{Value: min(m, Most), SE: .05}}
	}}
	rising := search(cold, plan(), 1).Estimate.Limits[0].Rising
	if len(rising) == 0 || rising[0].From != 8 {
		t.Errorf("rises %+v, want one from 8/s", rising)
	}
}

func TestMarginOf(t *testing.T) {
	var requests []result.Request
	for i := range 100 {
		at := int64(i+1) * 1e6
		requests = append(requests, result.Request{Outcome: result.OK, First: at, Last: at, End: at, Sent: 0})
	}
	all := func(yield func(*result.Request) bool) {
		for i := range requests {
			if !yield(&requests[i]) {
				return
			}
		}
	}
	slo := record.SLO{Metric: "ttft", Percentile: .95, LimitNS: 190e6}
	m, ok := MarginOf(slo, all)
	if want := math.Log(2); !ok || math.Abs(m.Value-want) > 1e-9 || !(m.SE > .005 && m.SE < .1) {
		t.Errorf("margin %+v, want %.3f", m, want)
	}
	for i := range 10 {
		requests[i].Outcome = result.Timeout
	}
	if m, _ := MarginOf(slo, all); m.Value != -Most {
		t.Errorf("margin %+v with failures beyond the percentile, want %.3f", m, -Most)
	}
	if _, ok := MarginOf(slo, func(func(*result.Request) bool) {}); ok {
		t.Error("no requests have a margin")
	}
}

func TestSameSearchTwice(t *testing.T) {
	a, b := search(two(), plan(), 5), search(two(), plan(), 5)
	if !reflect.DeepEqual(a.probes, b.probes) || a.Estimate.Low != b.Estimate.Low {
		t.Error("the same trials led elsewhere")
	}
}
