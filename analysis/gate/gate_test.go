package gate

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/compare"
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

func budget(t *testing.T, metric string, limit, ratio float64) Budget {
	t.Helper()
	b := Budget{Key: "budget[0]", Limit: limit, Ratio: ratio, Arm: "fast", Load: "poisson 20/s"}
	if metric == Perplexity {
		b.Metric = compare.Metric{Name: Perplexity}
		return b
	}
	m, err := compare.ParseMetric(metric)
	if err != nil {
		t.Fatal(err)
	}
	b.Metric = m
	return b
}

func one(t *testing.T, set *record.Set, b Budget, o Options) Check {
	t.Helper()
	o.Draws = 200
	r, err := Judge(set, []Budget{b}, o)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Checks) != 1 || r.Verdict != r.Checks[0].Verdict {
		t.Fatalf("%+v", r)
	}
	return r.Checks[0]
}

var none = math.NaN()

// Every kind of limit passes where it is wide, fails where it is narrow, and is undecided where it lies among what was
// measured.
func TestLimits(t *testing.T) {
	set := made(t, nil)
	for _, row := range []struct {
		metric           string
		wide, narrow, at float64
	}{
		{"p95 ttft", 1e9, 1e6, 0},
		{"p50 tpot", 1e8, 1e5, 0},
		{"p95 itl", 1e9, 1e3, 0},
		{compare.Throughput, 1, 1e6, 0},
		{compare.Failures, .5, 0, 0},
		{Perplexity, 1e6, .5, 0},
	} {
		if c := one(t, set, budget(t, row.metric, row.wide, none), Options{}); c.Verdict != Pass || c.Reason == "" {
			t.Errorf("%s at most %g: %+v", row.metric, row.wide, c)
		}
		want := Fail
		if row.metric == compare.Failures {
			want = Pass // none failed, so that even none at all is kept
		}
		if c := one(t, set, budget(t, row.metric, row.narrow, none), Options{}); c.Verdict != want {
			t.Errorf("%s at most %g: %+v", row.metric, row.narrow, c)
		}
	}
	seen := one(t, set, budget(t, "p95 ttft", 1e9, none), Options{})
	if c := one(t, set, budget(t, "p95 ttft", seen.Estimate, none), Options{}); c.Verdict != Undecided || c.NeedMore <= 0 || c.Of != "requests" {
		t.Errorf("at the estimate: %+v", c)
	}
	seen = one(t, set, budget(t, compare.Throughput, 1, none), Options{})
	if c := one(t, set, budget(t, compare.Throughput, (seen.Estimate+seen.Low)/2, none), Options{}); c.Verdict != Undecided || c.NeedMore <= 0 || c.Of != "repetitions" {
		t.Errorf("inside the interval: %+v", c)
	}
}

// A slow-down of a fifth breaks a bound of a twentieth; none keeps it, and one of a hundredth keeps it too.
func TestChanges(t *testing.T) {
	before := made(t, nil)
	slower := func(factor float64) *record.Set {
		return made(t, func(p *recordtest.Plan) { p.Arms[1].TPOT = time.Duration(float64(p.Arms[1].TPOT) * factor) })
	}
	o := Options{Baseline: before}
	for factor, want := range map[float64]Verdict{1: Pass, 1.01: Pass, 1.2: Fail, .8: Pass} {
		if c := one(t, slower(factor), budget(t, "p50 tpot", none, 1.05), o); c.Verdict != want || !c.Relative {
			t.Errorf("slower by %g: %+v", factor, c)
		}
	}
	worse := made(t, func(p *recordtest.Plan) { p.Windows, p.Arms[1].Loss = 8, .05 })
	if c := one(t, worse, budget(t, Perplexity, none, 1.01), o); c.Verdict != Fail || math.Abs(math.Log(c.Estimate)-.05) > .01 {
		t.Errorf("%+v", c)
	}
}

// What noise covers is undecided, and the check says how many repetitions would tell.
func TestNoiseIsUndecided(t *testing.T) {
	jitter := func(seed int64) func(*recordtest.Plan) {
		return func(p *recordtest.Plan) {
			p.Edit = func(tr *record.Trial, requests []result.Request) bool {
				factor := 1 + .05*float64((int64(tr.Key.Repetition)*7+seed)%5-2)
				for i := range requests {
					r := &requests[i]
					for j := range r.Events {
						r.Events[j].At = r.First + int64(float64(r.Events[j].At-r.First)*factor)
					}
					r.Last = r.First + int64(float64(r.Last-r.First)*factor)
				}
				return true
			}
		}
	}
	before, after := made(t, jitter(0)), made(t, jitter(3))
	c := one(t, after, budget(t, "p50 tpot", none, 1.02), Options{Baseline: before})
	if c.Verdict != Undecided || c.Of != "repetitions" || !strings.Contains(c.Reason, "nothing below") {
		t.Errorf("%+v", c)
	}
}

// What was not measured validly decides nothing, but failures that were counted were.
func TestInvalidCells(t *testing.T) {
	late := made(t, func(p *recordtest.Plan) {
		p.Edit = func(tr *record.Trial, requests []result.Request) bool {
			tr.Invalid = append(tr.Invalid, "the lab was busy")
			for i := range requests {
				requests[i].Outcome = result.Reset
			}
			return true
		}
	})
	if c := one(t, late, budget(t, "p95 ttft", 1, none), Options{}); c.Verdict != Undecided || !strings.Contains(c.Reason, "the lab was busy") {
		t.Errorf("%+v", c)
	}
	if c := one(t, late, budget(t, compare.Failures, .01, none), Options{}); c.Verdict != Fail || c.Estimate != 1 {
		t.Errorf("%+v", c)
	}
	nothing := made(t, func(p *recordtest.Plan) { p.Edit = func(*record.Trial, []result.Request) bool { return false } })
	if c := one(t, nothing, budget(t, "p95 ttft", 1e9, none), Options{}); c.Verdict != Undecided {
		t.Errorf("%+v", c)
	}
}

func TestBudgetsThatNameNothing(t *testing.T) {
	set := made(t, nil)
	for want, b := range map[string]Budget{
		`no arm "fats"`:    {Key: "budget[1]", Metric: compare.Metrics()[0], Arm: "fats", Limit: 1, Ratio: none},
		`no load "40"`:     {Key: "budget[1]", Metric: compare.Metrics()[0], Load: "40", Limit: 1, Ratio: none},
		"needs a baseline": {Key: "budget[1]", Metric: compare.Metrics()[0], Limit: none, Ratio: 1.1},
	} {
		if _, err := Judge(set, []Budget{b}, Options{}); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "budget[1]: ") {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// One budget for all is a check for each arm and load, and the worst of them is the verdict.
func TestAllCells(t *testing.T) {
	set := made(t, nil)
	b := budget(t, "p95 ttft", 1e9, none)
	b.Arm, b.Load = "", ""
	r, err := Judge(set, []Budget{b}, Options{})
	if err != nil || len(r.Checks) != 4 {
		t.Fatalf("%v: %+v", err, r)
	}
	if worst([]Check{{Verdict: Pass}, {Verdict: Undecided}, {Verdict: Pass}}) != Undecided || worst([]Check{{Verdict: Undecided}, {Verdict: Fail}}) != Fail || worst(nil) != Pass {
		t.Error("the worst is not the verdict")
	}
}

// A baseline that was not measured validly is nothing to compare with.
func TestInvalidBaseline(t *testing.T) {
	set := made(t, nil)
	before := made(t, func(p *recordtest.Plan) {
		p.Edit = func(tr *record.Trial, _ []result.Request) bool { tr.Invalid = []string{"throttled"}; return true }
	})
	if c := one(t, set, budget(t, "p50 tpot", none, 1.05), Options{Baseline: before}); c.Verdict != Undecided || !strings.Contains(c.Reason, "in the baseline: ") {
		t.Errorf("%+v", c)
	}
}
