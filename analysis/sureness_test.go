package analysis

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/loadgen/result"
)

// slowed makes each repetition of an arm slower or faster by a share of its own.
func slowed(p *recordtest.Plan, share func(arm string, repetition int) float64) {
	p.Edit = func(tr *record.Trial, requests []result.Request) bool {
		f := 1 + share(tr.Key.Arm, tr.Key.Repetition)
		tr.Engine.BusyNS, tr.Engine.RunningNS = int64(float64(tr.Engine.BusyNS)*f), int64(float64(tr.Engine.RunningNS)*f)
		for i := range requests {
			r := &requests[i]
			for k := range r.Events {
				r.Events[k].At = r.Intended + int64(float64(r.Events[k].At-r.Intended)*f)
			}
			r.First, r.Last = r.Intended+int64(float64(r.First-r.Intended)*f), r.Intended+int64(float64(r.Last-r.Intended)*f)
			r.End = max(r.End, r.Last)
		}
		return true
	}
}

// equals is two arms that differ in nothing but their names.
func equals() recordtest.Plan {
	p := recordtest.Small()
	p.Repetitions = 6
	other := p.Arms[1]
	other.ID = "twin"
	p.Arms = append(p.Arms[1:], other)
	return p
}

// An arm that holds twice the load of the other is the best in every draw, and costs nothing more than the best.
func TestSureOfALargeDifference(t *testing.T) {
	p := recordtest.Small()
	p.Repetitions = 5
	s := study(t, p).Choice.Sureness
	if s == nil || s.Best < .99 || s.Holds < .99 || len(s.Rivals) > 1 {
		t.Fatalf("%+v", s)
	}
	if r := s.Regret; !r.Known() || r.Estimate < 0 || r.Estimate > .001 || r.Unit != "$/Mtok" {
		t.Errorf("regret %+v", r)
	}
}

// Arms that differ by chance alone are each the best in about half of the draws, the regret is what chance moves them by, and the
// report says how many repetitions more would tell.
func TestUnsureOfEquals(t *testing.T) {
	p := equals()
	slowed(&p, func(arm string, repetition int) float64 {
		sign := 1.0
		if (arm == "twin") == (repetition%2 == 0) {
			sign = -1
		}
		return sign * .03
	})
	s := study(t, p).Choice.Sureness
	if s == nil || s.Best < .3 || s.Best > .7 || len(s.Rivals) != 1 || math.Abs(s.Best+s.Rivals[0].Best-1) > .05 {
		t.Fatalf("%+v", s)
	}
	if !s.TieRegret.Known() || s.TieRegret.Estimate <= 0 || s.Tie != "engine-busy time a request" {
		t.Errorf("tie regret %+v of %q", s.TieRegret, s.Tie)
	}
}

// What repetitions have in common is no doubt: an arm that is a little faster in each of them is the best in all draws, however much
// the repetitions differ.
func TestCommonNoiseIsNoDoubt(t *testing.T) {
	p := equals()
	slowed(&p, func(arm string, repetition int) float64 {
		common := []float64{.3, -.2, .1, -.3, .2, 0}[repetition%6]
		if arm == "twin" {
			return (1+common)*.98 - 1
		}
		return common
	})
	s := study(t, p)
	if s.Choice.Arm != "twin" || s.Choice.Sureness.Best < .95 {
		t.Errorf("%s: %+v", s.Choice.Arm, s.Choice.Sureness)
	}
}

// One repetition cannot show how runs differ, and the words say so.
func TestOneRepetitionSaysSo(t *testing.T) {
	s := study(t, recordtest.Small()).Choice.Sureness
	if s.Repetitions != 1 || s.MoreRuns != 2 {
		t.Fatalf("%+v", s)
	}
	text := strings.Join(s.Explain(func(id string) string { return id }, func(x float64) string { return "$" }), " ")
	if !strings.Contains(text, "how much the next run would differ is not in them") || !strings.Contains(text, "2 more would put it in") {
		t.Errorf("%s", text)
	}
}

// An arm near its limit holds its rate in some draws only.
func TestHoldsInSomeDraws(t *testing.T) {
	p := recordtest.Small()
	p.Repetitions, p.Arms = 4, p.Arms[1:]
	p.Edit = func(tr *record.Trial, requests []result.Request) bool {
		for i := range requests {
			if i%22 == tr.Key.Repetition { // 4 to 5 %, where 5 % may
				late := requests[i].Intended + int64(150*time.Millisecond)
				tr.Engine.RunningNS += late - requests[i].Last
				requests[i].First, requests[i].Last, requests[i].End = late, late, late
				requests[i].Events = requests[i].Events[:0]
			}
		}
		return true
	}
	s := study(t, p).Choice.Sureness
	if s == nil || s.Holds < .05 || s.Holds > .95 {
		t.Errorf("%+v", s)
	}
}
