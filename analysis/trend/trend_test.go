package trend

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaylab/assay/analysis/baseline"
	"github.com/assaylab/assay/analysis/compare"
	"github.com/assaylab/assay/analysis/record"
)

// made is a series with noise, log-normal or with one run in ten far too slow, and a shift from a run on.
func made(n, at int, shift, noise float64, outliers bool, rng *rand.Rand) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = 5e6 * math.Exp(noise*rng.NormFloat64())
		if outliers && rng.IntN(10) == 0 {
			values[i] *= 3
		}
		if i >= at {
			values[i] *= 1 + shift
		}
	}
	return values
}

// TestFalseAlarms: of series without a change at most alpha have one, whatever the noise.
func TestFalseAlarms(t *testing.T) {
	const n, alpha = 300, .05
	for _, outliers := range []bool{false, true} {
		rng := rand.New(rand.NewPCG(1, 1))
		alarms := 0
		for range n {
			if len(Detect(made(24, 24, 0, .05, outliers, rng), alpha, rng)) > 0 {
				alarms++
			}
		}
		t.Logf("outliers %v: %d false alarms in %d series", outliers, alarms, n)
		if limit := alpha*n + 2.6*math.Sqrt(n*alpha*(1-alpha)); float64(alarms) > limit {
			t.Errorf("outliers %v: %d false alarms in %d series, at most %.0f are chance at %g", outliers, alarms, n, limit, alpha)
		}
	}
}

// TestTenPercent: a shift by a tenth is found where it is (to within two runs), old or recent, also among outliers.
func TestTenPercent(t *testing.T) {
	const n = 60
	for _, c := range []struct {
		at       int
		outliers bool
		least    float64
	}{{15, false, .95}, {25, false, .75}, {15, true, .75}} {
		rng := rand.New(rand.NewPCG(2, uint64(c.at)))
		found := 0
		for range n {
			points := Detect(made(30, c.at, .1, .04, c.outliers, rng), .05, rng)
			if slices.ContainsFunc(points, func(p Changepoint) bool { return p.At >= c.at-2 && p.At <= c.at+2 }) {
				found++
			}
		}
		t.Logf("10 %% from run %d of 30, outliers %v: found in %d of %d", c.at, c.outliers, found, n)
		if float64(found) < c.least*n {
			t.Errorf("10 %% from run %d of 30, outliers %v: found in %d of %d", c.at, c.outliers, found, n)
		}
	}
}

func TestTwoShifts(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	values := made(40, 14, .2, .03, false, rng)
	for i := 28; i < 40; i++ {
		values[i] /= 1.35
	}
	points := Detect(values, .05, rng)
	if len(points) != 2 || points[0].At != 14 || points[1].At != 28 {
		t.Errorf("change points %+v, want at 14 and 28", points)
	}
}

func TestNothingToFind(t *testing.T) {
	if points := Detect([]float64{1, 1, 1, 1, 1, 1, 1}, .05, rand.New(rand.NewPCG(1, 1))); len(points) > 0 {
		t.Errorf("a constant series changes at %+v", points)
	}
	if points := Detect([]float64{1, 2, 3}, .05, nil); points != nil {
		t.Errorf("three values change at %+v", points)
	}
}

// stored is a run with one cell whose repetitions have a p50 of TTFT near a value.
func stored(i int, value float64) baseline.Summary {
	s := baseline.Summary{Format: baseline.FormatVersion, ID: fmt.Sprintf("id%02d", i), Run: "ci", Created: fmt.Sprintf("2030-01-%02dT00:00:00Z", 1+i),
		Host: record.Host{Fingerprint: "m"}, ScenarioHash: "s", Arms: []baseline.Arm{{ID: fmt.Sprint("arm of build ", i), Name: "arm"}}}
	c := baseline.Cell{Arm: s.Arms[0].ID, Load: "l", LoadName: "poisson 20/s"}
	for r := range 4 {
		c.Trials = append(c.Trials, baseline.Trial{Repetition: r, Requests: 100, Values: map[string]float64{"p50 ttft": value * (1 + .01*float64(r-2))}})
	}
	s.Cells = []baseline.Cell{c}
	return s
}

func TestHistory(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	var all []baseline.Summary
	for i, v := range made(20, 12, .15, .02, false, rng) {
		all = append(all, stored(i, v))
	}
	other := stored(25, 1)
	other.Host.Fingerprint = "another"
	all = append(all, other)
	all[3].Cells[0].Invalid = []string{"swap was in use"}
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	h := Of(all, Options{Seed: 1})
	if len(h) != 2 || h[0].Run.Host.Fingerprint != "another" || len(h[1].Runs) != 20 || len(h[1].Series) != 1 {
		t.Fatalf("%d histories", len(h))
	}
	s := h[1].Series[0]
	if s.Arm != "arm" || s.Metric.String() != "p50 ttft" || len(s.Points) != 19 || s.Points[0].Low >= s.Points[0].High {
		t.Errorf("series %+v", s)
	}
	if len(s.Changes) != 1 || s.Points[s.Changes[0].At].ID != "id12" || !s.Changes[0].Worse {
		t.Fatalf("changes %+v, want one at id12", s.Changes)
	}
	if r := s.Changes[0].After / s.Changes[0].Before; math.Abs(r-1.15) > .03 {
		t.Errorf("a change by %.3f, want 1.15", r)
	}
	up := Of(all, Options{Seed: 1, Metrics: []compare.Metric{{Name: compare.Throughput}}})
	if len(up[1].Series) != 0 {
		t.Errorf("series of what was not kept: %+v", up[1].Series)
	}
}
