package analysis

import (
	"fmt"
	"strings"

	"github.com/assaylab/assay/analysis/internal/words"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
)

// confirm compares the winner with its run on fresh prompts, where there is one. The
// winner of a sweep was chosen partly for its luck; a fresh run has none of it.
func (a *analysis) confirm(winner *judged) {
	var fresh *measured
	for i := range a.fresh {
		m := &a.fresh[i]
		if m.Arm == winner.Arm.Arm.ID && (fresh == nil || m.Load == winner.at.Load) {
			fresh = m
		}
	}
	if fresh == nil || fresh.Issued == 0 {
		return
	}
	sweep := a.cellAt(winner.Arm.Arm.ID, fresh.Load)
	if sweep == nil {
		return
	}
	s := a.bindingSLO(sweep)
	before, _ := sweep.Percentile(s.Metric, s.Percentile)
	after, _ := fresh.Percentile(s.Metric, s.Percentile)
	c := &Confirmation{
		Load: fresh.Load, Metric: percentileName(s.Percentile) + " " + s.Metric,
		InSweep: before.Value, Fresh: after.Value, Verdict: fresh.Verdict,
		Overlap: fresh.Valid && judgeable(before) && judgeable(after) && judgeInterval(before).Overlaps(judgeInterval(after)),
	}
	if before.Value.Known() && after.Value.Known() && before.Value.Estimate > 0 {
		c.Ratio = after.Value.Estimate / before.Value.Estimate
	}
	c.Agrees = c.Overlap && c.near()
	a.study.Choice.Confirmed = c
	if !fresh.Valid {
		a.study.Warnings = append(a.study.Warnings, "The confirming run is not valid: "+strings.Join(fresh.Invalid, "; ")+".")
	}
	if fresh.Verdict == Missed {
		a.study.Choice.Proven = false
	}
}

// farApart is the factor from which two estimates of one figure are not called equal, whatever their intervals: single
// runs have intervals wide enough to hide it.
const farApart = 1.25

// near reports whether the estimates are. Without numbers, intervals alone decide.
func (c *Confirmation) near() bool {
	return c.Ratio == 0 || c.Ratio < farApart && c.Ratio > 1/farApart
}

// Comparison says how the fresh figure compares with that of the sweep.
func (c *Confirmation) Comparison() string {
	ratio := ""
	if c.Ratio > 0 {
		ratio = " (" + words.Number(c.Ratio) + " times that of the sweep)"
	}
	switch {
	case !c.Overlap:
		return "further apart than the intervals of single runs allow for" + ratio
	case !c.near():
		return fmt.Sprintf("which differs by a factor of %s, though the intervals overlap", words.Number(max(c.Ratio, 1/c.Ratio)))
	case c.Ratio == 0:
		return "with intervals that overlap"
	}
	return fmt.Sprintf("which agrees: the intervals overlap, and the ratio is %.2f", c.Ratio)
}

func judgeable(q PercentileValue) bool { return q.Value.Note == "" || q.Value.Note == BeyondOK }

func judgeInterval(q PercentileValue) stat.Interval {
	return stat.Interval{Low: q.JudgeLow, High: q.JudgeHigh}
}

// bindingSLO is the SLO whose percentile comes nearest to its limit in a cell, p95 of
// E2E without a limit where there are no SLOs.
func (a *analysis) bindingSLO(m *measured) record.SLO {
	best, nearest := record.SLO{Metric: "e2e", Percentile: 0.95}, -1.0
	for _, s := range a.run.SLOs {
		share := 0.0
		if q, ok := m.Percentile(s.Metric, s.Percentile); ok && judgeable(q) {
			share = q.Value.Estimate / float64(s.LimitNS)
		}
		if share > nearest {
			best, nearest = s, share
		}
	}
	return best
}

// percentileName is "p95" for 0.95 and "p99.9" for 0.999.
func percentileName(p float64) string { return fmt.Sprintf("p%s", words.Number(100*p)) }
