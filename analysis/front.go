package analysis

import (
	"github.com/assaylab/assay/analysis/pareto"
	"github.com/assaylab/assay/analysis/stat"
)

// frontMetric is the latency of the front: it holds both the wait for the first token
// and the pace of the others.
const frontMetric = "e2e"

// drawFront places the arms on the axes (quality loss, p95 latency at one common
// load, cost at capacity) and marks the front.
func (a *analysis) drawFront() {
	a.study.Front = Front{Metric: frontMetric, Load: a.frontLoad(), Draws: a.options.Draws}
	var points [][]pareto.Coordinate
	var values [][]float64
	var index []int
	for i := range a.arms {
		j := &a.arms[i]
		j.setFrontLatency(a.cellAt(j.Arm.Arm.ID, a.study.Front.Load))
		p, ok := a.coordinates(j)
		if !ok {
			continue
		}
		points, index = append(points, p), append(index, i)
		values = append(values, []float64{p[0].Value, p[1].Value, p[2].Value})
	}
	probability := pareto.FrontProbability(points, a.options.Draws, a.rng("front"))
	for k, on := range pareto.Front(values) {
		a.arms[index[k]].OnFront = on
		a.arms[index[k]].FrontProbability = probability[k]
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
func (a *analysis) coordinates(j *judged) ([]pareto.Coordinate, bool) {
	m := a.cellAt(j.Arm.Arm.ID, a.study.Front.Load)
	if m == nil || !m.Valid || j.at == nil || !j.proven && a.anyProven() {
		return nil, false
	}
	price, ok := a.bracketCost(j)
	if !ok || !j.P95E2E.Known() {
		return nil, false
	}
	loss := pareto.Coordinate{Level: stat.Confidence}
	if qualityPlanned(a.run) {
		if !j.QualityLoss.Known() {
			return nil, false
		}
		loss = coordinate(j.QualityLoss, "quality "+j.Arm.Arm.QualityID)
	}
	return []pareto.Coordinate{loss, coordinate(j.P95E2E, ""), price}, true
}

func coordinate(v Value, shared string) pareto.Coordinate {
	return pareto.Coordinate{Value: v.Estimate, Low: v.Low, High: v.High, Level: v.Level, Shared: shared}
}

func (a *analysis) anyProven() bool {
	for i := range a.arms {
		if a.arms[i].proven {
			return true
		}
	}
	return false
}

// bracketCost is the mean, over the arms of one capacity bracket, of the machine time
// that a token takes at capacity: the cost but for the price and the utilisation,
// which all arms share. Arms of a bracket carried the same schedule, so what tells
// their own figures apart is chance in the lengths of replies.
func (a *analysis) bracketCost(j *judged) (pareto.Coordinate, bool) {
	c, n := pareto.Coordinate{Level: stat.Confidence, Shared: "cost " + j.at.Load}, 0.0
	for i := range a.arms {
		k := &a.arms[i]
		if k.at == nil || k.at.Load != j.at.Load || k.proven != j.proven || !(k.at.rates.Tokens.Value > 0) {
			continue
		}
		t := k.at.rates.Tokens
		c.Value, c.Low, c.High = c.Value+1/t.Value, c.Low+1/t.High, c.High+1/max(t.Low, 0)
		n++
	}
	c.Value, c.Low, c.High = c.Value/n, c.Low/n, c.High/n
	return c, n > 0
}
