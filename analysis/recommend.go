package analysis

import (
	"cmp"
	"math"
	"slices"

	"github.com/assaylab/assay/analysis/stat"
)

// standing is how far an arm came. Later values are closer to being recommended.
type standing int

const (
	unmeasured standing = iota // no finished trial
	invalid                    // no valid cell
	ineligible                 // too much quality lost, or its loss is not known
	tooSlow                    // missed at every rate it was validly tested at
	unpriced                   // its cost compares with none of the others'
	unproven
	proven
)

func (j *judged) standing() standing {
	switch {
	case len(j.rungs) == 0:
		return unmeasured
	case !slices.ContainsFunc(j.rungs, rung.valid):
		return invalid
	case !j.Eligible:
		return ineligible
	case j.at == nil:
		return tooSlow
	case j.unpriced != "":
		return unpriced
	case !j.proven:
		return unproven
	}
	return proven
}

// recommend chooses the arm, says why, and says of each other arm why not.
func (a *analysis) recommend() {
	ranked := a.ranked(proven)
	undecided := a.ranked(unproven)
	order := slices.Concat(ranked, undecided)
	c := &a.study.Choice
	c.Unmeasured = a.run.Unmeasured
	if len(order) > 0 {
		winner := order[0]
		c.Arm, c.Proven = winner.Arm.Arm.ID, winner.proven
		if !winner.proven {
			c.NeedMore = winner.at.needMore()
		}
		a.confirm(winner)
		a.compareVolume(order)
		c.Reasons = a.reasons(winner, order)
		if len(order) > 1 {
			c.RunnerUp = order[1].Arm.Arm.ID
			c.RunnerUpWhy = a.whyNot(order[1], winner)
		}
	}
	for i := range a.arms {
		j := &a.arms[i]
		if j.Arm.Arm.ID != c.Arm {
			j.Excluded = a.whyNot(j, a.armByID(c.Arm))
		}
		a.study.Arms = append(a.study.Arms, j.Arm)
	}
	c.Paragraph = a.paragraph(order)
}

func (a *analysis) armByID(id string) *judged {
	for i := range a.arms {
		if a.arms[i].Arm.Arm.ID == id {
			return &a.arms[i]
		}
	}
	return nil
}

// ranked orders the arms of one standing, best first. Cost at capacity is inverse to
// the tokens per second there, so capacity brackets come in the order of those.
// Inside a bracket no difference in cost was measured: the engine's busy time per
// request at that equal load decides, and where the engine does not tell it, the p95
// of E2E. Ties keep the order of the run.
func (a *analysis) ranked(of standing) []*judged {
	if a.mixed {
		return a.rankedAcross(of)
	}
	var arms []*judged
	brackets := map[string][]float64{}
	for i := range a.arms {
		if j := &a.arms[i]; j.standing() == of {
			arms = append(arms, j)
			brackets[j.at.Load] = append(brackets[j.at.Load], j.at.rates.Tokens.Value)
		}
	}
	tokens := map[string]float64{}
	for load, values := range brackets {
		tokens[load] = stat.NearestRank(stat.Sorted(values), 0.5)
	}
	slices.SortStableFunc(arms, func(x, y *judged) int {
		return cmp.Or(
			cmp.Compare(tokens[y.at.Load], tokens[x.at.Load]),
			cmp.Compare(a.loadOrder[x.at.Load], a.loadOrder[y.at.Load]),
			cmp.Compare(x.at.needMore(), y.at.needMore()),
			cmp.Compare(orInfinity(x.at.BusyPerRequest), orInfinity(y.at.BusyPerRequest)),
			cmp.Compare(orInfinity(x.at.p95("e2e")), orInfinity(y.at.p95("e2e"))),
		)
	})
	return arms
}

func orInfinity(v Value) float64 {
	if !v.Known() {
		return math.Inf(1)
	}
	return v.Estimate
}

func (m *measured) p95(name string) Value {
	if q, ok := m.Percentile(name, 0.95); ok {
		return q.Value
	}
	return Value{Note: NotMeasured}
}
