package reports

import (
	"fmt"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/reports/table"
)

// verdictLevel is the confidence of the verdicts on limits, which have one rule.
func (v *view) verdictLevel() string {
	if v.Run.SLOs[0].Rule == record.RuleMLPerf {
		return "99 % (MLPerf's rule)"
	}
	return "95 %"
}

// earlyFold is what MLPerf's early stopping says of every limit.
func (v *view) earlyFold() Fold {
	f := Fold{Summary: "MLPerf early stopping: bounds of the percentiles with 99 % confidence"}
	for _, l := range v.Run.Loads {
		if len(l.Classes) > 0 {
			continue
		}
		t := table.Table{Caption: "MLPerf early stopping at " + v.load(l.ID), Columns: []table.Column{{Title: "arm"}}}
		for _, s := range v.Run.SLOs {
			t.Columns = append(t.Columns, table.Column{Title: limitText(s)})
		}
		for _, c := range v.cellsAt(l.ID) {
			row := table.Row{Marked: c.Arm == v.Choice.Arm, Cells: []table.Cell{table.Text(v.arm(c.Arm))}}
			for _, r := range c.SLOs {
				row.Cells = append(row.Cells, earlyCell(r))
			}
			t.Rows = append(t.Rows, row)
		}
		if len(t.Rows) > 0 {
			f.Blocks = append(f.Blocks, Table{Table: t, Trials: v.trialsAt(l.ID)})
		}
	}
	f.Blocks = append(f.Blocks, Note("The rule of MLPerf Inference, with tolerance 0: the slowest requests that a binomial test allows are left out, and the next one "+
		"bounds the percentile from above with 99 % confidence. It is never below the percentile of the samples, and takes 64 requests for a p90, 662 for a p99."))
	return f
}

func earlyCell(r analysis.SLOResult) table.Cell {
	e := r.Early
	if e.NeedMore > 0 {
		return table.Cell{Text: "needs " + plural(e.NeedMore, "more request"), Tone: table.Quiet}
	}
	w := say(e.Bound, natural(e.Bound))
	c := table.Cell{Text: "at most " + w.Number, Sub: fmt.Sprintf("%d slower left out, %s", e.Discard, w.Samples), Tone: table.Doubt}
	switch {
	case w.Missing:
		c.Text = w.Number
	case e.Bound.Estimate <= float64(r.SLO.LimitNS):
		c.Text, c.Tone = "✓ "+c.Text, table.Good
	}
	return c
}
