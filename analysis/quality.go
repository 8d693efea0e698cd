package analysis

import (
	"math"
	"slices"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
)

// quality is what is concluded of one quality file.
type quality struct{ perplexity, loss, kl, sameTop, needle, sampled Value }

// qualityPlanned says whether the run measures quality at all. A run that does not
// judges arms by latency and cost alone.
func qualityPlanned(run *record.Run) bool {
	if run.Quality.Windows > 0 {
		return true
	}
	for _, arm := range run.Arms {
		if arm.QualityID != "" {
			return true
		}
	}
	return false
}

// newQuality infers from the values of one file; nil gives values that say so.
func newQuality(q *record.Quality) quality {
	if q == nil || len(q.NLL) == 0 {
		none := func(unit string) Value { return Value{Unit: unit, Note: NotMeasured} }
		return quality{none("perplexity"), none("nats"), none("nats"), none("ratio"), none("ratio"), none("nats")}
	}
	loss, same := make([]float64, len(q.NLL)), make([]float64, len(q.NLL))
	for i := range q.NLL {
		loss[i] = q.NLL[i] - q.Ref[i]
		if q.SameTop[i] {
			same[i] = 1
		}
	}
	out := quality{
		perplexity: windowMean(q.NLL, q.Window, "perplexity"),
		loss:       windowMean(loss, q.Window, "nats"),
		kl:         windowMean(q.KL, q.Window, "nats"),
		sameTop:    windowMean(same, q.Window, "ratio"),
	}
	out.needle, out.sampled = found(q.Needle), excess(q.Sampled)
	p := &out.perplexity
	p.Estimate, p.Low, p.High = math.Exp(p.Estimate), math.Exp(p.Low), math.Exp(p.High)
	out.kl.Low = max(out.kl.Low, 0)
	out.sameTop.Low, out.sameTop.High = max(out.sameTop.Low, 0), min(out.sameTop.High, 1)
	return out
}

// found is the share of needles that were found, of all lengths and depths, with Wilson's
// interval.
func found(metrics []record.Metric) Value {
	if len(metrics) == 0 || len(metrics[0].Hits) == 0 {
		return Value{Unit: "ratio", Note: NotMeasured}
	}
	hits, n := metrics[0].Hits, 0
	for _, hit := range hits {
		if hit {
			n++
		}
	}
	i := stat.Wilson(n, len(hits))
	return Value{Estimate: float64(n) / float64(len(hits)), Low: i.Low, High: i.High, Level: stat.Confidence, N: len(hits), Unit: "ratio"}
}

// windowMean is the mean of per-token values with Student's interval over windows.
// With a single window there is no interval, and both ends are infinitely far.
func windowMean(values []float64, window []int32, unit string) Value {
	mean, i, ok := stat.ClusterMean(values, window)
	if !ok {
		i.Low, i.High = math.Inf(-1), math.Inf(1)
	}
	return Value{Estimate: mean, Low: i.Low, High: i.High, Level: stat.Confidence, N: len(values), Unit: unit}
}

// setQuality copies the quality of the arm's weights and cache format.
func (j *judged) setQuality(q quality) {
	j.Perplexity, j.QualityLoss, j.KL, j.SameTop, j.Needle = q.perplexity, q.loss, q.kl, q.sameTop, q.needle
	j.Sampled, j.SamplesExactly = q.sampled, samplesExactly(j.Arm.Arm)
}

// setEligible judges the quality of an arm. The loss is within its bound when even the upper end of its interval is, and both ends of
// what sampled text is off by, where it is not sampled exactly. A system that cannot be asked for its loss is held against
// the bounds of tasks in its place, if there are any.
func (j *judged) setEligible(run *record.Run) {
	switch {
	case !qualityPlanned(run), !j.QualityLoss.Known() && j.Arm.Arm.Deployment != nil && slices.ContainsFunc(j.Scores, func(s TaskScore) bool { return s.Least > 0 }):
		j.LossWithin = true
	default:
		j.LossWithin = j.lossWithin(run.Quality.Bound) && j.samplesWithin(run.Quality.Bound)
	}
	j.Eligible = j.LossWithin && !slices.ContainsFunc(j.Scores, func(s TaskScore) bool { return !s.Within() })
}

func (j *judged) lossWithin(bound float64) bool {
	return j.QualityLoss.Known() && j.QualityLoss.High <= math.Log1p(bound)
}

// unjudged says whether nobody knows how an arm stands to a bound of quality.
func (j *judged) unjudged() bool {
	return !j.LossWithin && !j.QualityLoss.Known() || slices.ContainsFunc(j.Scores, func(s TaskScore) bool { return s.unknown() })
}

// unbounded says whether right answers of a system are known where no task asks for any, and the loss, which has a bound, is not.
func (j *judged) unbounded() bool {
	return !j.LossWithin && !j.QualityLoss.Known() && j.Arm.Arm.Deployment != nil && slices.ContainsFunc(j.Scores, func(s TaskScore) bool { return s.Right.Known() })
}

// qualityBounded says whether a bound of quality is held against arms.
func (a *analysis) qualityBounded() bool {
	return qualityPlanned(a.run) || slices.ContainsFunc(a.run.Tasks, func(k record.TaskPlan) bool { return k.Least > 0 })
}
