package analysis

import (
	"fmt"
	"math"
	"slices"

	"github.com/assaylab/assay/analysis/internal/words"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
)

// samplesExactly says whether an arm's sampled answers follow the model's distribution.
func samplesExactly(a record.Arm) bool {
	return !slices.Contains(a.Settings, record.Setting{Name: "draft_acceptance", Value: "typical"})
}

// excess is how much less likely sampled text is than it should be, with Student's interval over answers: of several
// temperatures at the one where that may be the most, to either side.
func excess(all []record.Sampled) Value {
	worst := Value{Unit: "nats", Note: NotMeasured}
	for _, s := range all {
		if len(s.Excess) == 0 {
			continue
		}
		mean, i, ok := stat.MeanOf(s.Excess)
		if !ok {
			i.Low, i.High = math.Inf(-1), math.Inf(1)
		}
		v := Value{Estimate: mean, Low: i.Low, High: i.High, Level: stat.Confidence, N: len(s.Excess), Unit: "nats"}
		if !worst.Known() || v.farthest() > worst.farthest() {
			worst = v
		}
	}
	return worst
}

// farthest is how far from 0 the interval reaches.
func (v Value) farthest() float64 { return max(math.Abs(v.Low), math.Abs(v.High)) }

// samplesWithin says whether sampled text is as likely as it should be, give or take the bound: known of exact
// sampling, and measured of all else.
func (j *judged) samplesWithin(bound float64) bool {
	return j.SamplesExactly || j.Sampled.Known() && j.Sampled.farthest() <= math.Log1p(bound)
}

// sampledSentence says what is wrong with the sampled text of an arm, "" for nothing.
func (a *analysis) sampledSentence(j *judged) string {
	bound := words.Percent(a.run.Quality.Bound)
	switch {
	case j.samplesWithin(a.run.Quality.Bound):
		return ""
	case !j.Sampled.Known():
		return fmt.Sprintf("It does not sample exactly, and what that does to its text is %s, so it cannot be held against the bound of %s.", orNote(j.Sampled), bound)
	}
	return fmt.Sprintf("It does not sample exactly: the perplexity of text that it samples is off by %s, which is not within the bound of %s.", lossText(j.Sampled), bound)
}
