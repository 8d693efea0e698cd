package compare

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/loadgen/result"
)

func made(t *testing.T, edit func(*recordtest.Plan)) *record.Set {
	t.Helper()
	p := recordtest.Small()
	p.Repetitions, p.Requests = 5, 80
	if edit != nil {
		edit(&p)
	}
	return recordtest.Make(t, p)
}

func find(t *testing.T, c *Comparison, arm, load, metric string) Row {
	t.Helper()
	for _, r := range c.Rows {
		if r.Arm == arm && r.Load == load && r.Metric.String() == metric {
			return r
		}
	}
	t.Fatalf("no row of %s at %s, %s", arm, load, metric)
	return Row{}
}

func compareRuns(t *testing.T, a, b *record.Set, o Options) *Comparison {
	t.Helper()
	o.Draws = 200
	c, err := Runs(a, b, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A run is no better or worse than itself.
func TestNothingChanged(t *testing.T) {
	set := made(t, nil)
	for _, r := range compareRuns(t, set, set, Options{}).Rows {
		if r.Outcome != Undecided || r.Change.Ratio != 1 || r.Note != "" {
			t.Errorf("%s at %s, %s: %+v", r.Arm, r.Load, r.Metric, r)
		}
	}
}

// A tenth more between tokens is worse by a tenth, where it happened and nowhere else.
func TestSlowerTokens(t *testing.T) {
	before := made(t, nil)
	after := made(t, func(p *recordtest.Plan) { p.Arms[1].TPOT = p.Arms[1].TPOT * 11 / 10 })
	c := compareRuns(t, before, after, Options{})
	r := find(t, c, "fast", "poisson 20/s", "p50 tpot")
	if r.Outcome != Worse || math.Abs(r.Change.Ratio-1.1) > .01 || r.Change.Within || r.Change.Runs != 5 || !(r.Change.Interval.Low > 1) {
		t.Errorf("%+v", r)
	}
	if r := find(t, c, "slow", "poisson 20/s", "p50 tpot"); r.Outcome != Undecided {
		t.Errorf("%+v", r)
	}
	back := compareRuns(t, after, before, Options{})
	if r := find(t, back, "fast", "poisson 20/s", "p50 tpot"); r.Outcome != Better {
		t.Errorf("%+v", r)
	}
}

// Failures are worse, in the share of them and in the percentile that they reach.
func TestFailures(t *testing.T) {
	before := made(t, nil)
	after := made(t, func(p *recordtest.Plan) {
		p.Edit = func(_ *record.Trial, requests []result.Request) bool {
			for i := range requests {
				if i%4 == 0 {
					requests[i].Outcome = result.Timeout
				}
			}
			return true
		}
	})
	c := compareRuns(t, before, after, Options{})
	r := find(t, c, "fast", "poisson 40/s", Failures)
	if r.Outcome != Worse || r.First != 0 || math.Abs(r.Second-.25) > .01 {
		t.Errorf("%+v", r)
	}
	if r := find(t, c, "fast", "poisson 40/s", "p95 e2e"); r.Outcome != Worse || !math.IsInf(r.Second, 1) {
		t.Errorf("%+v", r)
	}
}

// One repetition has an interval of its requests, and says what is not in it. It has none of its throughput.
func TestOneRepetition(t *testing.T) {
	one := func(p *recordtest.Plan) { p.Repetitions = 1 }
	before := made(t, one)
	after := made(t, func(p *recordtest.Plan) { one(p); p.Arms[1].TPOT = p.Arms[1].TPOT * 12 / 10 })
	c := compareRuns(t, before, after, Options{})
	r := find(t, c, "fast", "poisson 20/s", "p50 tpot")
	if r.Outcome != Worse || !r.Change.Within || !strings.Contains(strings.Join(c.Warnings, ";"), "fewer than 3 repetitions:") {
		t.Errorf("%+v", r)
	}
	if r := find(t, c, "fast", "poisson 20/s", Throughput); r.Outcome != NotKnown || r.Note == "" {
		t.Errorf("%+v", r)
	}
}

// Two arms of one run are compared when they are named.
func TestArmsOfOneRun(t *testing.T) {
	set := made(t, nil)
	c := compareRuns(t, set, set, Options{First: "slow", Second: "2"})
	if r := find(t, c, "slow → fast", "poisson 20/s", "p50 tpot"); r.Outcome != Better || len(c.Rows) != 2*len(Metrics()) {
		t.Errorf("%+v of %d rows", r, len(c.Rows))
	}
	if _, err := Runs(set, set, Options{First: "slow", Second: "fats"}); err == nil || !strings.Contains(err.Error(), `"slow", "fast"`) {
		t.Error(err)
	}
}

func TestWhatCannotBeCompared(t *testing.T) {
	set := made(t, nil)
	elsewhere := made(t, func(p *recordtest.Plan) { p.EditRun = func(r *record.Run) { r.Host.Fingerprint = "other" } })
	if _, err := Runs(set, elsewhere, Options{}); err == nil || !strings.Contains(err.Error(), "different machines") {
		t.Error(err)
	}
	if c := compareRuns(t, set, elsewhere, Options{OtherMachine: true}); len(c.Warnings) == 0 {
		t.Error("compared without a warning")
	}
	otherLoads := made(t, func(p *recordtest.Plan) { p.Rates = []float64{7} })
	if _, err := Runs(set, otherLoads, Options{}); err == nil || !strings.Contains(err.Error(), `"poisson 7/s"`) {
		t.Error(err)
	}
	otherArms := made(t, func(p *recordtest.Plan) { p.Arms[0].ID, p.Arms[1].ID = "a", "b" })
	if _, err := Runs(set, otherArms, Options{}); err == nil || !strings.Contains(err.Error(), "name one of each") {
		t.Error(err)
	}
}

// Other seeds are other requests: no pairs, and no false alarm either.
func TestOtherRequests(t *testing.T) {
	before := made(t, nil)
	after := made(t, func(p *recordtest.Plan) { p.Seed = 77; p.Arms[1].TTFT += time.Nanosecond })
	c := compareRuns(t, before, after, Options{})
	for _, r := range c.Rows {
		if r.Outcome == Better || r.Outcome == Worse {
			t.Errorf("%s at %s, %s: %+v", r.Arm, r.Load, r.Metric, r)
		}
	}
}

func TestParseMetric(t *testing.T) {
	for _, text := range []string{"p99 itl", "P99_ITL", "p99:itl"} {
		if m, err := ParseMetric(text); err != nil || m.Name != "itl" || m.Percentile != .99 || m.String() != "p99 itl" {
			t.Errorf("%q: %+v %v", text, m, err)
		}
	}
	if m, err := ParseMetric("p99.9 e2e"); err != nil || m.String() != "p99.9 e2e" {
		t.Errorf("%+v %v", m, err)
	}
	if m, err := ParseMetric("throughput"); err != nil || !m.HigherBetter {
		t.Errorf("%+v %v", m, err)
	}
	for _, text := range []string{"", "ttft", "p0 ttft", "p100 ttft", "pp ttft", "p95 speed", "p95 throughput"} {
		if m, err := ParseMetric(text); err == nil {
			t.Errorf("%q: %+v", text, m)
		}
	}
}

// What a hypervisor took is no change: of runs that are slower by what was stolen of their time nothing is left, and of those that are
// slower by a twentieth too, that twentieth.
func TestAtEqualSteal(t *testing.T) {
	side := func(second bool, slower float64) *record.Set {
		return made(t, func(p *recordtest.Plan) {
			p.Repetitions, p.Requests, p.Arms = 10, 60, p.Arms[1:]
			p.Edit = func(tr *record.Trial, requests []result.Request) bool {
				share := .02 * float64((tr.Key.Repetition*3)%7)
				if second {
					share = .03 * float64((tr.Key.Repetition*5)%7)
				}
				tr.Lab.StealNS = int64(share * float64(tr.Engine.BusyNS+tr.Lab.CPUNS))
				f := slower * (1 + share)
				for i := range requests {
					r := &requests[i]
					for k := range r.Events {
						r.Events[k].At = r.First + int64(float64(r.Events[k].At-r.First)*f)
					}
					r.Last = r.First + int64(float64(r.Last-r.First)*f)
					r.End = max(r.End, r.Last)
				}
				return true
			}
		})
	}
	before := side(false, 1)
	for _, slower := range []float64{1, 1.05} {
		r := find(t, compareRuns(t, before, side(true, slower), Options{}), "fast", "poisson 20/s", "p50 tpot")
		if !r.Change.Adjusted || math.Abs(r.Change.Ratio/slower-1) > .01 || (r.Outcome == Worse) != (slower > 1) || !strings.Contains(r.Note, "at equal steal; as measured") {
			t.Errorf("slower by %g: %+v", slower, r)
		}
	}
}
