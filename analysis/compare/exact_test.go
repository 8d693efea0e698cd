package compare

import (
	"math"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
)

// A change that chance cannot have made is still not claimed where the instrument could have, in either of the runs; one
// that is larger is.
func TestSmallerThanTheError(t *testing.T) {
	calibrated := func(p *recordtest.Plan, p50 int64) {
		p.EditRun = func(r *record.Run) {
			r.Calibrations = []record.Calibration{{Errors: []record.Exactness{{Quantity: "tpot", P50NS: p50 / 2, MaxNS: 1e9}}}, {Errors: []record.Exactness{{Quantity: "tpot", P50NS: p50, MaxNS: 1e9}}}}
		}
	}
	slower := func(p50 int64) *record.Set {
		return made(t, func(p *recordtest.Plan) {
			p.Arms[1].TPOT = p.Arms[1].TPOT * 11 / 10 // by about 0.2 ms
			calibrated(p, p50)
		})
	}
	plain := made(t, nil)
	exact := made(t, func(p *recordtest.Plan) { calibrated(p, 1e5) })
	for _, c := range []struct {
		name          string
		first, second *record.Set
		want          Outcome
	}{
		{"not calibrated", plain, plain, Undecided},
		{"an error of 0.1 ms", exact, slower(1e5), Worse},
		{"an error of 1 ms in the second run", exact, slower(1e6), Undecided},
		{"an error of 1 ms in the first", slower(1e6), plain, Undecided},
		{"back", slower(1e5), plain, Better},
	} {
		r := find(t, compareRuns(t, c.first, c.second, Options{}), "fast", "poisson 20/s", "p50 tpot")
		if r.Outcome != c.want || (c.want == Undecided && c.first != c.second) != strings.Contains(r.Note, "smaller than the instrument's error, 1 ms") {
			t.Errorf("%s: %s, %q", c.name, r.Outcome, r.Note)
		}
	}
}

func TestWithinError(t *testing.T) {
	for _, c := range []struct {
		r    Row
		want bool
	}{
		{Row{First: 10, Second: 14, Error: 5}, true},
		{Row{First: 10, Second: 15, Error: 5}, false},
		{Row{First: 10, Second: 10}, false},
		{Row{First: 10, Second: math.Inf(1), Error: 5}, false},
		{Row{First: math.Inf(1), Second: math.Inf(1), Error: 5}, false},
	} {
		if got := c.r.WithinError(); got != c.want {
			t.Errorf("%+v: %v", c.r, got)
		}
	}
	tpot := Metric{Name: "tpot", Percentile: .5}
	run := record.Run{Calibrations: []record.Calibration{{Errors: []record.Exactness{{Quantity: "tpot", P50NS: 1, P95NS: 2, P99NS: 3, MaxNS: 4}}}}}
	for p, want := range map[float64]float64{.5: 1, .9: 2, .95: 2, .99: 3, .999: 4} {
		tpot.Percentile = p
		if got := instrumentError(&run, &record.Run{}, tpot); got != want {
			t.Errorf("p%v: %v, want %v", p, got, want)
		}
	}
	for _, m := range []Metric{{Name: "throughput"}, {Name: "e2e", Percentile: .5}} {
		if got := instrumentError(&run, &run, m); got != 0 {
			t.Errorf("%s: %v", m, got)
		}
	}
}
