package analysis

import (
	"math"
	"slices"

	"github.com/assaylab/assay/analysis/pareto"
)

// frontMetric is the latency of the front: it holds both the wait for the first token
// and the pace of the others.
const frontMetric = "e2e"

// frontPercentile of it is drawn.
const frontPercentile = 0.95

// drawFront places the arms on the axes (quality, p95 latency at one common
// load, cost at capacity) and marks the front.
func (a *analysis) drawFront() {
	a.study.Front = Front{Metric: frontMetric, Load: a.frontLoad(), Draws: a.options.Draws}
	var points [][]float64
	var index []int
	for i := range a.arms {
		j := &a.arms[i]
		j.setFrontLatency(a.cellAt(j.Arm.Arm.ID, a.study.Front.Load))
		if p, ok := a.coordinates(j); ok {
			points, index = append(points, p), append(index, i)
		}
	}
	for k, on := range pareto.Front(points) {
		a.arms[index[k]].OnFront = on
	}
	quality, nowhere := a.qualityDraws(), []float64{math.Inf(1), math.Inf(1), math.Inf(1)}
	cells := make([]*measured, len(a.arms))
	for i := range a.arms {
		cells[i] = a.cellAt(a.arms[i].Arm.Arm.ID, a.study.Front.Load)
	}
	shares := pareto.Shares(len(a.arms), a.options.Draws, func(d int) [][]float64 {
		drawn := slices.Repeat([][]float64{nowhere}, len(a.arms))
		for _, s := range a.stands(d, false) {
			if m := cells[s.arm.index]; m != nil && m.drawn != nil {
				drawn[s.arm.index] = []float64{quality(s.arm, d), inDraw(m.drawn.latency, d), 1 / s.bracket}
			}
		}
		return drawn
	})
	for i := range a.arms {
		a.arms[i].FrontProbability = shares[i]
	}
}

// worstQuality is that of an arm whose quality is not known, so that it is best in nothing by it.
const worstQuality = math.MaxFloat64

// qualityOf is where an arm is on the axis of quality, of which less is better: the share that it gets wrong, where that is what systems
// are compared by, or else its loss; the same for all where none is measured. False says that it has no place there.
func (a *analysis) qualityOf(j *judged) (float64, bool) {
	exam := a.study.Exam
	switch r := exam.Of(j.Arm.Arm.ID); {
	case r != nil:
		return 1 - r.Value.Estimate, true
	case exam == nil && !qualityPlanned(a.run):
		return 0, true
	case exam == nil && j.QualityLoss.Known():
		return j.QualityLoss.Estimate, true
	}
	return worstQuality, a.mixed
}

// qualityDraws is qualityOf by draw.
func (a *analysis) qualityDraws() func(j *judged, d int) float64 {
	exam, wrong, loss := a.study.Exam, a.wrongDraws(), a.lossDraws()
	return func(j *judged, d int) float64 {
		switch r := exam.Of(j.Arm.Arm.ID); {
		case r != nil:
			return wrong[r][d]
		case exam == nil && !qualityPlanned(a.run):
			return 0
		case exam == nil && (!a.mixed || j.QualityLoss.Known()):
			return inDraw(loss[j.Arm.Arm.QualityID], d)
		}
		return worstQuality
	}
}

// frontLoad is the highest load that an arm is proven to hold, else the highest one
// that is undecided for an arm, else the first one.
func (a *analysis) frontLoad() string {
	if len(a.run.Searches) > 0 {
		return a.commonLoad()
	}
	for _, v := range []Verdict{Met, Undecided} {
		best := -1
		for i, m := range a.cells {
			if m.Valid && m.Verdict == v && (best < 0 || m.level > a.cells[best].level) {
				best = i
			}
		}
		if best >= 0 {
			return a.cells[best].Load
		}
	}
	if len(a.cells) > 0 {
		return a.cells[0].Load
	}
	return ""
}

func (a *analysis) cellAt(arm, load string) *measured {
	for i := range a.cells {
		if a.cells[i].Arm == arm && a.cells[i].Load == load {
			return &a.cells[i]
		}
	}
	return nil
}

func (j *judged) setFrontLatency(m *measured) {
	j.P95TTFT, j.P95E2E = Value{Unit: "ns", Note: NotMeasured}, Value{Unit: "ns", Note: NotMeasured}
	if m == nil {
		return
	}
	j.FrontLoad = m.Load
	if q, ok := m.Percentile("ttft", 0.95); ok {
		j.P95TTFT = q.Value
	}
	if q, ok := m.Percentile("e2e", 0.95); ok {
		j.P95E2E = q.Value
	}
}

// coordinates of an arm on the front's axes; false where the arm has none: it is
// invalid at the front's load, its capacity is not known while another's is, or a
// number is missing.
func (a *analysis) coordinates(j *judged) ([]float64, bool) {
	m := a.cellAt(j.Arm.Arm.ID, a.study.Front.Load)
	if m == nil || !m.Valid || j.at == nil || j.unpriced != "" || !j.proven && a.anyProven() {
		return nil, false
	}
	price, ok := a.bracketCost(j)
	if !ok || !j.P95E2E.Known() {
		return nil, false
	}
	quality, ok := a.qualityOf(j)
	return []float64{quality, j.P95E2E.Estimate, price}, ok
}

func (a *analysis) anyProven() bool {
	for i := range a.arms {
		if a.arms[i].proven && a.arms[i].unpriced == "" {
			return true
		}
	}
	return false
}

// bracketCost is the mean, over the arms of one capacity bracket, of the machine time
// that a token takes at capacity: the cost but for the price and the utilisation,
// which all arms share. Arms of a bracket carried the same schedule, so what tells
// their own figures apart is chance in the lengths of replies.
func (a *analysis) bracketCost(j *judged) (float64, bool) {
	if a.mixed {
		return a.bracketCostAcross(j)
	}
	sum, n := 0.0, 0.0
	for i := range a.arms {
		k := &a.arms[i]
		if k.at != nil && k.at.Load == j.at.Load && k.proven == j.proven && k.at.rates.Tokens.Value > 0 {
			sum += 1 / k.at.rates.Tokens.Value
			n++
		}
	}
	return sum / n, n > 0
}
