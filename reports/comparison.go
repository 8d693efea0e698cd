package reports

import (
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/compare"
	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/reports/table"
)

// ComparisonOptions say how a comparison is printed.
type ComparisonOptions struct {
	Markdown    bool
	ChangedOnly bool // leave out rows without a change that can be told from chance
}

// Comparison prints what changed between two runs, a table for every arm and load.
func Comparison(w io.Writer, c *compare.Comparison, o ComparisonOptions) error {
	p := &printer{}
	p.f("first:  %s, %s, build %s\nsecond: %s, %s, build %s\n", c.First.Name, c.First.Created, c.First.Build.Version, c.Second.Name, c.Second.Created, c.Second.Build.Version)
	for _, warning := range slices.Concat(c.Warnings, invalidCells(c)) {
		p.f("warning: %s\n", warning)
	}
	for _, t := range comparisonTables(c, o.ChangedOnly) {
		p.f("\n")
		if o.Markdown {
			p.f("### %s\n\n", md(t.Caption))
			p.fail(t.Markdown(p))
		} else {
			p.fail(t.Text(p))
		}
	}
	p.f("\n%s\n", comparisonSummary(c))
	return p.to(w)
}

// invalidCells says of each cell once why its numbers are doubtful.
func invalidCells(c *compare.Comparison) (all []string) {
	for i, r := range c.Rows {
		if i > 0 && c.Rows[i-1].Arm == r.Arm && c.Rows[i-1].Load == r.Load {
			continue
		}
		for _, reason := range r.Invalid {
			all = append(all, fmt.Sprintf("%s at %s was not measured validly %s", r.Arm, r.Load, reason))
		}
	}
	return all
}

func comparisonSummary(c *compare.Comparison) string {
	n := map[compare.Outcome]int{}
	for _, r := range c.Rows {
		n[r.Outcome]++
	}
	return fmt.Sprintf("%s: %d better, %d worse, %d without a change that can be told from chance (~), %d without a number (?).\n"+
		"In brackets: 95 %% intervals of the change. p is corrected for the number of rows (Holm): at most %g for any false alarm.",
		plural(len(c.Rows), "row"), n[compare.Better], n[compare.Worse], n[compare.Undecided], n[compare.NotKnown], compare.Alpha)
}

// comparisonTables has a table for every run of rows of one arm and load.
func comparisonTables(c *compare.Comparison, changedOnly bool) []table.Table {
	var all []table.Table
	for i, r := range c.Rows {
		caption := r.Arm + " at " + r.Load
		if i == 0 || c.Rows[i-1].Arm != r.Arm || c.Rows[i-1].Load != r.Load {
			all = append(all, table.Table{Caption: caption, Columns: comparisonColumns()})
		}
		if changedOnly && r.Outcome != compare.Better && r.Outcome != compare.Worse {
			continue
		}
		t := &all[len(all)-1]
		t.Rows = append(t.Rows, comparisonRow(r))
	}
	kept := all[:0]
	for _, t := range all {
		if !slices.ContainsFunc(t.Rows, func(r table.Row) bool { return r.Cells[noteColumn].Text != "" }) {
			t.Columns = t.Columns[:noteColumn]
		}
		if len(t.Rows) > 0 {
			kept = append(kept, t)
		}
	}
	return kept
}

// noteColumn is left out where no row has anything in it.
const noteColumn = 6

func comparisonColumns() []table.Column {
	return []table.Column{{Title: "metric"}, {Title: "first", Align: table.Right}, {Title: "second", Align: table.Right},
		{Title: "change", Align: table.Right}, {Title: "p", Align: table.Right}, {Title: "outcome"}, {Title: "note"}}
}

func comparisonRow(r compare.Row) table.Row {
	tone := map[compare.Outcome]table.Tone{compare.Better: table.Good, compare.Worse: table.Bad, compare.Undecided: table.Quiet}[r.Outcome]
	p := "-"
	if r.Outcome != compare.NotKnown {
		p = probability(r.Adjusted)
	}
	return table.Row{Cells: []table.Cell{table.Text(r.Metric.String()), table.Text(measuredNumber(r.First, r.Metric.Unit)), table.Text(measuredNumber(r.Second, r.Metric.Unit)),
		changeCell(r), table.Text(p), {Text: string(r.Outcome), Tone: tone}, table.Text(r.Note)}}
}

// measuredNumber is a number of a cell without its interval.
func measuredNumber(x float64, unit string) string {
	if math.IsNaN(x) {
		return "insufficient"
	}
	v := analysis.Value{Estimate: x, Low: x, High: x, Unit: unit}
	return say(v, natural(v)).Number
}

func changeCell(r compare.Row) table.Cell {
	i := r.Change.Interval
	c := table.Text(Percent(r.Change.Ratio))
	if c.Text != "-" && !(i.Low == 0 && math.IsInf(i.High, 1)) && i != (stat.Interval{}) {
		c.Sub = fmt.Sprintf("%s, %s", Percent(i.Low), Percent(i.High))
	}
	return c
}

// Percent is a ratio as a change: "+3.2 %", "-40 %", "-" where there is none.
func Percent(ratio float64) string {
	switch change := 100 * (ratio - 1); {
	case math.IsNaN(ratio):
		return "-"
	case math.IsInf(ratio, 1):
		return "without bound"
	case change == 0:
		return "0 %"
	case math.Abs(change) < 10:
		return fmt.Sprintf("%+.1f %%", change)
	case ratio >= 10:
		return fmt.Sprintf("%.3gx", ratio)
	default:
		return fmt.Sprintf("%+.0f %%", change)
	}
}

func probability(p float64) string {
	if p < .001 {
		return "<0.001"
	}
	return fmt.Sprintf("%.2g", p)
}
