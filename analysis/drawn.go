package analysis

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/stat"
)

// drawn is a cell in every draw of the hierarchical bootstrap. Draw d takes the same repetitions and the same requests in
// all cells of a load, so that what was hard for all arms is common to them, and only what tells them apart is left. Each
// figure spreads as its printed interval says.
type drawn struct {
	tokens  []float64 // of requests that meet every limit, per second
	busy    []float64 // engine-busy nanoseconds per finished request; without spread below stat.FewestRuns repetitions
	latency []float64 // p95 of frontMetric, nanoseconds

	// Of runs of several systems.
	requests []float64 // that meet every limit, per second
	call     []float64 // what one of them costs by a price list, nil where that is not how the arm is paid
	holds    []bool    // the true share of misses is within every limit
}

// manyRequests is from where a percentile is so sure that how it moves with others does not matter.
const manyRequests = 1 << 20

// resamples are the draws that all cells of a load with as many repetitions share.
func (a *analysis) resamples(load string, runs int) *stat.Resamples {
	key := fmt.Sprint(load, " ", runs)
	a.placing.Lock()
	defer a.placing.Unlock()
	if a.places == nil {
		a.places = map[string]*stat.Resamples{}
	}
	if a.places[key] == nil {
		a.places[key] = stat.NewResamples(runs, a.options.Draws, a.rng("resamples", load))
	}
	return a.places[key]
}

// setDrawn resamples a cell; one that is not valid or not finished has no draws.
func (m *measured) setDrawn(a *analysis, c *group.Cell, s *survey, judged []*limit) {
	if !m.Valid || c.Requests() == 0 || !m.GoodTokens.Known() {
		return
	}
	r, rng := a.resamples(c.Load.ID, len(c.Trials)), a.rng("drawn", c.Arm.ID, c.Load.ID)
	d := &drawn{tokens: r.Ratio(s.goodTokens.All())}
	stat.Calibrate(d.tokens, m.GoodTokens.Estimate, m.GoodTokens.interval(), rng)
	d.busy = m.drawBusy(r, c, s, a)
	d.latency = m.latency
	d.holds = make([]bool, r.Draws())
	for i := range d.holds {
		d.holds[i] = len(c.OverSaturated) == 0
	}
	for _, l := range judged {
		l.drawHolds(d.holds, r, c, a)
	}
	if a.mixed {
		m.drawAcross(d, r, c, s, a)
	}
	m.drawn, m.latency = d, nil
}

func (v Value) interval() stat.Interval {
	return stat.Interval{Low: v.Low, High: v.High, Level: v.Level}
}

// drawBusy is nil where the engine does not tell.
func (m *measured) drawBusy(r *stat.Resamples, c *group.Cell, s *survey, a *analysis) []float64 {
	if !m.BusyPerRequest.Known() {
		return nil
	}
	busy, finished := busyTimes(c, s.okays)
	out := r.Units(busy, finished)
	stat.Calibrate(out, m.BusyPerRequest.Estimate, m.BusyPerRequest.interval(), a.rng("drawn busy", c.Arm.ID, c.Load.ID))
	return out
}

// drawLatency is nil where the percentile has no number. It is drawn while the values are held.
func (a *analysis) drawLatency(m *measured, c *group.Cell, s sampled) []float64 {
	q, ok := m.Percentile(frontMetric, frontPercentile)
	if !ok || !judgeable(q) {
		return nil
	}
	r, rng := a.resamples(c.Load.ID, len(c.Trials)), a.rng("drawn latency", c.Arm.ID, c.Load.ID)
	if c.Requests() > manyRequests {
		out := make([]float64, r.Draws())
		stat.Calibrate(out, q.Value.Estimate, q.Value.interval(), rng)
		return out
	}
	at := s.order.At(stat.Rank(s.order.Len(), frontPercentile))
	return r.Quantiles(s.runs, s.order, frontPercentile, stat.EffectiveSamples(s.runs, at, frontPercentile), rng)
}

// drawHolds clears the draws in which a limit is broken. The true share of misses is taken to be distributed as Jeffreys' posterior
// (Brown, Cai & DasGupta, Statist. Sci. 16, 2001), which leaves room above 0 misses where a resample has none, and
// is ordered by the resamples' shares, so that arms break a limit together when the same requests are hard for both.
func (l *limit) drawHolds(holds []bool, r *stat.Resamples, c *group.Cell, a *analysis) {
	if l.tally.N == 0 {
		return
	}
	effective := float64(stat.EffectiveShare(l.series))
	hits := float64(l.tally.Misses) / float64(l.tally.N) * effective
	within := distuv.Beta{Alpha: hits + .5, Beta: effective - hits + .5}.CDF(1 - l.Percentile)
	for d, u := range stat.Ranks(r.Ratio(l.series), a.rng("drawn misses", c.Arm.ID, c.Load.ID, l.class, l.Metric, fmt.Sprint(l.Percentile))) {
		holds[d] = holds[d] && u <= within
	}
}

// lossDraws is the quality loss of each distinct quality in every draw, over windows that are the same for all.
func (a *analysis) lossDraws() map[string][]float64 {
	out := map[string][]float64{}
	for i := range a.arms {
		j := &a.arms[i]
		id := j.Arm.Arm.QualityID
		q := a.set.Quality[id]
		if out[id] != nil || q == nil || !j.QualityLoss.Known() {
			continue
		}
		loss := make([]float64, len(q.NLL))
		for k := range loss {
			loss[k] = q.NLL[k] - q.Ref[k]
		}
		num, den := stat.Clusters(loss, q.Window)
		draws := a.resamples("windows of text", len(num)).Units(num, den)
		stat.Calibrate(draws, j.QualityLoss.Estimate, j.QualityLoss.interval(), a.rng("drawn loss", id))
		out[id] = draws
	}
	return out
}

// itemUnits is how many parts a task's items are drawn in at most.
const itemUnits = 256

// wrongDraws is the share of wrong answers of each row of the task that systems are compared by, in every draw: over items that are the
// same for all, so that an item that is hard for everybody tells nobody apart.
func (a *analysis) wrongDraws() map[*TaskRow][]float64 {
	out := map[*TaskRow][]float64{}
	if a.study.Exam == nil {
		return out
	}
	for i := range a.study.Exam.Rows {
		r := &a.study.Exam.Rows[i]
		units := min(len(r.hits), itemUnits)
		wrong, items := make([]float64, units), make([]float64, units)
		for k, hit := range r.hits {
			wrong[k*units/len(r.hits)] += float64(rank(!hit))
			items[k*units/len(r.hits)]++
		}
		draws, v := a.resamples("items of a task", units).Units(wrong, items), r.Value
		stat.Calibrate(draws, 1-v.Estimate, stat.Interval{Low: 1 - v.High, High: 1 - v.Low, Level: v.Level}, a.rng("drawn answers"))
		out[r] = draws
	}
	return out
}

// inDraw is draw d, +Inf where there are none.
func inDraw(draws []float64, d int) float64 {
	if draws == nil {
		return math.Inf(1)
	}
	return draws[d]
}
