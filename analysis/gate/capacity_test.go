package gate

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/baseline"
	"github.com/assaylab/assay/analysis/boundary"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
)

// searched is a run that searched for the capacity of two arms, the faster of which holds about 60 requests/s.
func searched(t *testing.T, edit func(*recordtest.Plan)) *record.Set {
	t.Helper()
	s := record.Search{Name: "chat", MinRate: 8, MaxRate: 96, Precision: .5, MaxProbes: 200}
	plan := boundary.PlanOf(s, 1)
	var rates []float64
	for level := range plan.Top() + 1 {
		rates = append(rates, plan.Rate(level))
	}
	p := recordtest.Search(s, rates)
	if edit != nil {
		edit(&p)
	}
	return recordtest.Make(t, p)
}

func capacityBudget(limit, ratio float64) Budget {
	return Budget{Key: "budget[0]", Metric: CapacityMetric(), Arm: "fast", Limit: limit, Ratio: ratio}
}

func TestCapacityLimit(t *testing.T) {
	set := searched(t, nil)
	found, err := baseline.CapacityOf(set, set.Run.Arms[1].ID)
	if err != nil || found == nil || !(found.Low < found.Rate && found.Rate < found.High) {
		t.Fatalf("%+v, %v", found, err)
	}
	for limit, want := range map[float64]Verdict{found.Low / 1.01: Pass, found.Rate: Undecided, found.High * 1.01: Fail} {
		c := one(t, set, capacityBudget(limit, none), Options{})
		if c.Verdict != want || c.Estimate != found.Rate || c.Low != found.Low || c.High != found.High || c.Threshold != limit || c.Load != "" || c.Relative {
			t.Errorf("at least %g of %+v: %+v", limit, found, c)
		}
	}
}

// A build that holds a third of the rate fails against one that holds all, and not the other way round; the same run
// decides nothing narrow. A summary says what the run directory does.
func TestCapacityChange(t *testing.T) {
	full := searched(t, nil)
	third := searched(t, func(p *recordtest.Plan) { p.Arms[1].Capacity /= 3 })
	keep := map[*record.Set]*baseline.Summary{full: stored(t, full), third: stored(t, third)}
	for _, c := range []struct {
		was, now *record.Set
		ratio    float64
		want     Verdict
	}{{full, third, .95, Fail}, {third, full, .95, Pass}, {full, full, .999, Undecided}, {full, full, .01, Pass}} {
		got := one(t, c.now, capacityBudget(none, c.ratio), Options{Baseline: c.was})
		if got.Verdict != c.want || !got.Relative || !(got.Low <= got.Estimate && got.Estimate <= got.High) {
			t.Errorf("at least %g of the baseline's, want %s: %+v", c.ratio, c.want, got)
		}
		kept := one(t, c.now, capacityBudget(none, c.ratio), Options{Stored: keep[c.was]})
		if kept.Verdict != got.Verdict || kept.Low != got.Low || kept.High != got.High {
			t.Errorf("stored: %+v, want %+v", kept, got)
		}
	}
}

func TestCapacityIsRefused(t *testing.T) {
	set := searched(t, nil)
	refused := func(set *record.Set, o Options, ratio float64, want string) {
		t.Helper()
		if _, err := Judge(set, []Budget{capacityBudget(1, ratio)}, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	refused(made(t, nil), Options{}, none, "[load.search]")
	refused(set, Options{}, .9, "needs a baseline")
	looser := *set
	looser.Run.SLOs = slices.Clone(set.Run.SLOs)
	looser.Run.SLOs[0].LimitNS += int64(time.Second)
	refused(set, Options{Baseline: &looser}, .9, "other limits")
	far := *set
	far.Run.Host.Fingerprint = "elsewhere"
	refused(set, Options{Baseline: &far}, .9, "another machine")
	if r, err := Judge(set, []Budget{capacityBudget(none, .01)}, Options{Baseline: &far, OtherMachine: true}); err != nil || len(r.Warnings) != 1 {
		t.Errorf("another machine, as told: %v, %+v", err, r)
	}
	empty := *set
	empty.Trials = nil
	if c := one(t, &empty, capacityBudget(1, none), Options{}); c.Verdict != Undecided {
		t.Errorf("no trial: %+v", c)
	}
}
