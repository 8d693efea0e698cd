package analysis

import (
	"cmp"
	"math"
	"slices"

	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
)

// How arms of several systems are compared. Tokens of different tokenizers have nothing in common, and machines have
// different prices, so what tells them apart in cost is a request: all of them are asked the same ones.

// severalSystems says whether a run has arms that are not the included engine.
func severalSystems(run *record.Run) bool {
	return slices.ContainsFunc(run.Arms, func(a record.Arm) bool { return a.Deployment != nil })
}

// place is where an arm runs: "" for the run's machine. Arms of one server are in one place.
func place(arm record.Arm) string {
	if arm.OnThisMachine() {
		return ""
	}
	return arm.Deployment.URL + " " + arm.Deployment.Model
}

// setUnpriced says of which arms the cost compares with none of the others'. Arms in one place share its price, whatever
// that is: where it is not known, their time there tells them apart, and prices of others compare with nothing. That place is
// the run's machine, or the only one that there is.
func (a *analysis) setUnpriced() {
	if !a.mixed {
		return
	}
	common := ""
	if first := place(a.run.Arms[0]); !slices.ContainsFunc(a.run.Arms, func(arm record.Arm) bool { return place(arm) != first }) {
		common = first
	}
	a.byTime = slices.ContainsFunc(a.arms, func(j judged) bool { return place(j.Arm.Arm) == common && j.pricing.unknown != "" })
	for i := range a.arms {
		j := &a.arms[i]
		switch own := place(j.Arm.Arm) == common; {
		case a.byTime && !own && j.pricing.unknown == "":
			j.unpriced = "The machine of the run has no price that its own could be compared with."
		case !(a.byTime && own):
			j.unpriced = j.pricing.unknown
		}
	}
}

// costKey is equal for arms whose cost was not told apart at a load: machines of one price. What is paid by the token has
// a cost of its own.
func (j *judged) costKey(load string) string {
	if j.pricing.api != nil {
		return "arm " + j.Arm.Arm.ID
	}
	return j.pricing.perHour.Decimal() + " " + load
}

// machineCost is what a request costs on an arm's machine that carries so many a second at its capacity.
func (a *analysis) machineCost(j *judged, requests float64) float64 {
	perHour, u := j.pricing.perHour.Float(), a.run.Cost.Utilisation
	if a.byTime {
		perHour, u = 3600, 1
	}
	return perHour / (3600 * u * requests)
}

// shared is what arms have in common that no difference in cost was measured between.
type shared struct {
	key     string
	cost    float64 // of a request
	engines bool    // all are the included engine, so that its busy time tells them apart
	arms    int
}

// shareCost gives every arm the cost of the middle one of those that are as dear. value is requests a second of a
// machine, or what a request costs at an API.
func (a *analysis) shareCost(arms []*judged, load func(*judged) string, value func(*judged) float64) map[*judged]*shared {
	byKey, values, of := map[string]*shared{}, map[string][]float64{}, map[*judged]*shared{}
	for _, j := range arms {
		k := j.costKey(load(j))
		if byKey[k] == nil {
			byKey[k] = &shared{key: k, engines: true}
		}
		of[j] = byKey[k]
		byKey[k].arms++
		byKey[k].engines = byKey[k].engines && ofThisEngine(j.Arm.Arm)
		values[k] = append(values[k], value(j))
	}
	for _, j := range arms {
		s := of[j]
		if s.cost = stat.NearestRank(stat.Sorted(values[s.key]), .5); j.pricing.api == nil {
			s.cost = a.machineCost(j, s.cost)
		}
	}
	return of
}

// costAt is what shareCost is made of, of what was measured where an arm is priced.
func costAt(j *judged) float64 {
	if j.pricing.api != nil {
		return orInfinity(j.at.perGood())
	}
	return j.at.rates.Requests.Value
}

func (a *analysis) shareMeasured(arms []*judged) map[*judged]*shared {
	return a.shareCost(arms, func(j *judged) string { return j.at.Load }, costAt)
}

// rankedAcross orders the arms of one standing by what a request costs. What no difference was measured between is ordered by
// the load that is held, the requests that would prove it, the engine's busy time where all are the included engine,
// and p95 of E2E.
func (a *analysis) rankedAcross(of standing) []*judged {
	var arms []*judged
	for i := range a.arms {
		if j := &a.arms[i]; j.standing() == of {
			arms = append(arms, j)
		}
	}
	costs := a.shareMeasured(arms)
	busy := func(j *judged) float64 {
		if !costs[j].engines {
			return 0
		}
		return orInfinity(j.at.BusyPerRequest)
	}
	slices.SortStableFunc(arms, func(x, y *judged) int {
		return cmp.Or(
			cmp.Compare(costs[x].cost, costs[y].cost),
			cmp.Compare(a.loadOrder[x.at.Load], a.loadOrder[y.at.Load]),
			cmp.Compare(x.at.needMore(), y.at.needMore()),
			cmp.Compare(busy(x), busy(y)),
			cmp.Compare(orInfinity(x.at.p95("e2e")), orInfinity(y.at.p95("e2e"))),
		)
	})
	return arms
}

// comparable are the arms that an arm shares its standing with, as far as their cost compares.
func (a *analysis) comparable(j *judged) []*judged {
	var arms []*judged
	for i := range a.arms {
		if k := &a.arms[i]; k.at != nil && k.proven == j.proven && k.unpriced == "" && costAt(k) > 0 {
			arms = append(arms, k)
		}
	}
	return arms
}

// bracketCostAcross is what a request costs at capacity, shared by arms that it was not told apart of.
func (a *analysis) bracketCostAcross(j *judged) (float64, bool) {
	s := a.shareMeasured(a.comparable(j))[j]
	if s == nil || math.IsInf(s.cost, 0) || math.IsNaN(s.cost) {
		return 0, false
	}
	return s.cost, true
}

// toldByBusy says whether the engine's busy time tells an arm from those that cost the same.
func (a *analysis) toldByBusy(j *judged) bool {
	if !a.mixed {
		return true
	}
	s := a.shareMeasured(a.comparable(j))[j]
	return s != nil && s.engines
}

// drawAcross resamples what arms of several systems are compared by.
func (m *measured) drawAcross(d *drawn, r *stat.Resamples, c *group.Cell, s *survey, a *analysis) {
	d.requests = r.Ratio(s.good.All())
	stat.Calibrate(d.requests, m.Goodput.Estimate, m.Goodput.interval(), a.rng("drawn requests", c.Arm.ID, c.Load.ID))
	if m.list == nil {
		return
	}
	if each := m.perGood(); each.Known() {
		d.call = r.Ratio(m.list.good.All())
		stat.Calibrate(d.call, each.Estimate, each.interval(), a.rng("drawn cost", c.Arm.ID, c.Load.ID))
	}
}

// standsAcross is stands of several systems.
func (a *analysis) standsAcross(d int, eligible bool) []stand {
	at, arms := map[*judged]*measured{}, []*judged(nil)
	for i := range a.arms {
		j := &a.arms[i]
		if m := j.capacityIn(d); m != nil && j.unpriced == "" && (j.Eligible || !eligible) && (j.pricing.api == nil || m.drawn.call != nil) {
			at[j], arms = m, append(arms, j)
		}
	}
	costs := a.shareCost(arms, func(j *judged) string { return at[j].Load }, func(j *judged) float64 {
		if j.pricing.api != nil {
			return at[j].drawn.call[d]
		}
		return at[j].drawn.requests[d]
	})
	var all []stand
	for _, j := range arms {
		m := at[j]
		s := stand{arm: j, load: m.Load, order: a.loadOrder[m.Load], bracket: 1 / costs[j].cost, key: costs[j].key, busy: math.Inf(1), latency: inDraw(m.drawn.latency, d)}
		if costs[j].engines {
			s.busy = inDraw(m.drawn.busy, d)
		}
		all = append(all, s)
	}
	return sortStands(all)
}
