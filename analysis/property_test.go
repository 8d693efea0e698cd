package analysis

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/assaylab/assay/analysis/pareto"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/loadgen/result"
)

// randomPlan is a small run in which anything may have gone wrong.
func randomPlan(rng *rand.Rand) recordtest.Plan {
	p := recordtest.Demo()
	rng.Shuffle(len(p.Arms), func(i, j int) { p.Arms[i], p.Arms[j] = p.Arms[j], p.Arms[i] })
	p.Arms = p.Arms[:3+rng.IntN(4)]
	p.Seed = rng.Uint64()
	p.Requests = 55 + rng.IntN(50)
	p.Bound = []float64{0, 0.001, 0.01, 0.05}[rng.IntN(4)]
	p.Edit = func(t *record.Trial, requests []result.Request) bool {
		switch rng.IntN(8) {
		case 0:
			return false
		case 1:
			t.Status, t.Reason = record.StatusFailed, "the engine died"
		case 2:
			t.Invalid = []string{"somebody pulled a plug"}
		case 3:
			spoil(requests, rng.IntN(12), rng)
		case 4:
			t.Issued++
		}
		return true
	}
	return p
}

// spoil makes n requests fail.
func spoil(requests []result.Request, n int, rng *rand.Rand) {
	for _, i := range rng.Perm(len(requests))[:n] {
		requests[i].Outcome = result.Timeout
	}
}

func TestRecommendationIsNeverWrong(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 1))
	proven, unproven, none := 0, 0, 0
	for range 40 {
		p := randomPlan(rng)
		s := study(t, p)
		everyOtherArmIsExcluded(t, s)
		frontIsNotDominated(t, s)
		switch c := s.Choice; {
		case c.Arm == "":
			none++
			for _, a := range s.Arms {
				if a.Eligible && a.Capacity.Verdict == Met && a.Capacity.Rate > 0 {
					t.Errorf("no recommendation, yet %s is eligible and met: %+v", a.Arm.Name, a.Capacity)
				}
			}
		case c.Proven:
			proven++
			checkWinner(t, s, armOf(t, s, c.Arm))
		default:
			unproven++
			a := armOf(t, s, c.Arm)
			if !a.Eligible || a.Capacity.Rate != 0 || c.NeedMore <= 0 {
				t.Errorf("not proven, but eligible %v, capacity %+v, %d more", a.Eligible, a.Capacity, c.NeedMore)
			}
		}
	}
	if proven == 0 || unproven == 0 {
		t.Errorf("the plans are too tame to show anything: %d proven, %d unproven, %d none", proven, unproven, none)
	}
}

// checkWinner holds a proven winner to the definition, by its cell at capacity.
func checkWinner(t *testing.T, s *Study, w Arm) {
	t.Helper()
	cell := cellOf(t, s, w.Arm.ID, w.Capacity.Load)
	if !w.Eligible || !cell.Valid || cell.Verdict != Met || w.Capacity.Verdict != Met {
		t.Errorf("recommends %s: eligible %v, valid %v, cell %v, capacity %+v", w.Arm.Name, w.Eligible, cell.Valid, cell.Verdict, w.Capacity)
	}
	if w.QualityLoss.High > math.Log1p(s.Run.Quality.Bound) {
		t.Errorf("recommends %s with a loss up to %v, bound %v", w.Arm.Name, w.QualityLoss.High, s.Run.Quality.Bound)
	}
	for _, r := range cell.SLOs {
		if stat.UpperShare(r.Misses, r.N, 0.95) > 1-r.SLO.Percentile {
			t.Errorf("recommends %s with %d of %d over %s", w.Arm.Name, r.Misses, r.N, r.SLO.Metric)
		}
	}
	for _, a := range s.Arms {
		if a.Eligible && a.Capacity.Verdict == Met && a.Capacity.Rate > w.Capacity.Rate {
			t.Errorf("recommends %s at %v/s over %s at %v/s", w.Arm.Name, w.Capacity.Rate, a.Arm.Name, a.Capacity.Rate)
		}
	}
}

func everyOtherArmIsExcluded(t *testing.T, s *Study) {
	t.Helper()
	for _, a := range s.Arms {
		if (a.Excluded == "") != (a.Arm.ID == s.Choice.Arm) {
			t.Errorf("recommends %q; %s is excluded because %q", s.Choice.Arm, a.Arm.ID, a.Excluded)
		}
	}
}

// frontIsNotDominated compares the arms on the front on the axes that a reader sees,
// with the capacity standing for the cost inside which no difference was measured.
func frontIsNotDominated(t *testing.T, s *Study) {
	t.Helper()
	axes := func(a Arm) []float64 {
		return []float64{a.QualityLoss.Estimate, a.P95E2E.Estimate, -a.Capacity.Rate}
	}
	for _, a := range s.Arms {
		for _, b := range s.Arms {
			if a.OnFront && b.OnFront && pareto.Dominates(axes(b), axes(a)) {
				t.Errorf("%s is on the front beside %s, which dominates it", a.Arm.Name, b.Arm.Name)
			}
		}
		if a.FrontProbability < 0 || a.FrontProbability > 1 {
			t.Errorf("%s is on the front with probability %v", a.Arm.Name, a.FrontProbability)
		}
	}
}

// More failures never give a better verdict.
func TestVerdictsAreMonotoneInFailures(t *testing.T) {
	severity := map[Verdict]int{Met: 0, Undecided: 1, Missed: 2}
	worst := 0
	for failures := range 12 {
		p := recordtest.Small()
		p.Edit = func(_ *record.Trial, requests []result.Request) bool {
			for i := range failures {
				requests[i*5].Outcome = result.Reset
			}
			return true
		}
		c := cellOf(t, study(t, p), "fast", "r40")
		if severity[c.Verdict] < worst {
			t.Errorf("%d failures: %s after a worse verdict", failures, c.Verdict)
		}
		worst = severity[c.Verdict]
	}
	if worst != 2 {
		t.Error("eleven failures of sixty do not miss a p95 limit")
	}
}
