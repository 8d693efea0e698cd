package gate

import (
	"fmt"
	"math"
	"strings"

	"github.com/assaylab/assay/analysis/compare"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
)

// addChange compares a cell with the baseline's. The verdict waits for all of them: see decideChanges.
func (j *judge) addChange(b Budget, arm record.Arm, load record.Load) error {
	r, err := j.row(b, arm, load)
	if err != nil {
		return err
	}
	check := Check{Budget: b, Arm: arm.Name, Load: load.Name, Relative: true, Estimate: r.Change.Ratio,
		Low: r.Change.Interval.Low, High: r.Change.Interval.High, Threshold: b.Ratio, P: math.NaN(), Verdict: Undecided, Reason: r.Note}
	j.result.Checks = append(j.result.Checks, check)
	if at := &j.result.Checks[len(j.result.Checks)-1]; r.Outcome == compare.NotKnown || len(r.Invalid) > 0 {
		if len(r.Invalid) > 0 {
			at.Reason = "not measured validly " + strings.Replace(r.Invalid[0], "in the first run", "in the baseline", 1)
		}
		return nil
	}
	j.rows = append(j.rows, change{len(j.result.Checks) - 1, r})
	return nil
}

func (j *judge) warn(text string) {
	for _, w := range j.result.Warnings {
		if w == text {
			return
		}
	}
	j.result.Warnings = append(j.result.Warnings, text)
}

// decideChanges judges all relative checks, with their probabilities corrected for their number.
func (j *judge) decideChanges() {
	ps := make([]float64, len(j.rows))
	for i, r := range j.rows {
		ps[i] = r.row.Change.P
	}
	for i, p := range stat.Holm(ps) {
		decideChange(&j.result.Checks[j.rows[i].check], j.rows[i].row, p)
		holdExact(&j.result.Checks[j.rows[i].check], j.rows[i].row)
	}
}

// decideChange fails a change beyond its bound that is no chance, and passes one whose interval is within it.
func decideChange(c *Check, r compare.Row, p float64) {
	c.P = p
	// From here on a change is a slow-down, whichever direction is better.
	estimate, low, high, bound := math.Log(c.Estimate), math.Log(c.Low), math.Log(c.High), math.Log(c.Threshold)
	if r.Metric.HigherBetter {
		estimate, low, high, bound = -estimate, -high, -low, -bound
	}
	half := max(high-estimate, 0)
	switch {
	case estimate > bound && p <= compare.Alpha && (low > 0 || math.IsInf(estimate, 1)):
		c.Verdict, c.Reason = Fail, fmt.Sprintf("beyond its bound, and a change by chance has p = %.2g", p)
	case high <= bound:
		c.Verdict, c.Reason = Pass, "the interval is within the bound"
	default:
		c.Verdict, c.Of = Undecided, "repetitions"
		c.NeedMore = moreRuns(r.Change.Runs, half, math.Abs(bound-estimate))
		c.Reason = "the interval reaches beyond the bound"
		if estimate > bound {
			c.Reason = "beyond its bound, but chance could have done it"
			c.NeedMore = moreRuns(r.Change.Runs, half, math.Abs(estimate))
		}
		if bound < half {
			c.Reason += fmt.Sprintf("; with %d %s of this spread nothing below %+.1f %% can be told here", r.Change.Runs, repetitions(r.Change.Runs), 100*math.Expm1(half))
		}
	}
}

func repetitions(n int) string {
	if n == 1 {
		return "repetition"
	}
	return "repetitions"
}
