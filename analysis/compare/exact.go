package compare

import (
	"fmt"
	"math"

	"github.com/assaylab/assay/analysis/internal/words"
	"github.com/assaylab/assay/analysis/record"
)

// holdExact takes back every change of a latency that is smaller than the instrument's own error at that percentile. Chance
// is not the only thing that can make a change: an instrument that is late by other amounts than before can, too.
func (c *Comparison) holdExact() {
	for i := range c.Rows {
		r := &c.Rows[i]
		r.Error = instrumentError(&c.First, &c.Second, r.Metric)
		if (r.Outcome == Better || r.Outcome == Worse) && r.WithinError() {
			r.Outcome = Undecided
			r.Note = fmt.Sprintf("smaller than the instrument's error, %s at this percentile", words.Duration(r.Error))
		}
	}
}

// WithinError says whether the change is smaller than the instrument's error. A change to or from infinity never is.
func (r *Row) WithinError() bool { return math.Abs(r.Second-r.First) < r.Error }

// instrumentError is the larger of both runs', in nanoseconds: that of a difference of one percentile of a latency. 0 where
// neither run was calibrated, or the metric is no latency.
func instrumentError(first, second *record.Run, m Metric) float64 {
	worst := int64(0)
	if m.Percentile > 0 {
		for _, run := range []*record.Run{first, second} {
			if e, ok := run.Error(m.Name); ok {
				worst = max(worst, e.At(m.Percentile))
			}
		}
	}
	return float64(worst)
}
