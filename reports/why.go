package reports

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis/compare"
	"github.com/assaylab/assay/analysis/profile"
	"github.com/assaylab/assay/reports/chart"
	"github.com/assaylab/assay/reports/table"
)

// Why prints where the differences of a comparison come from, in processor time per generated token: the stages and the
// functions that changed most in every cell.
func Why(w io.Writer, reasons []compare.Reason, markdown bool) error {
	p := &printer{}
	for _, r := range reasons {
		p.f("\n")
		if r.Missing != "" {
			p.f("Where the time went in %s at %s is not known: %s.\n", r.Arm, r.Load, r.Missing)
			continue
		}
		for _, t := range []table.Table{whyTable(r, "stage", r.Time.Stages), whyTable(r, "function", r.Time.Functions)} {
			if markdown {
				p.f("### %s\n\n", md(t.Caption))
				p.fail(t.Markdown(p))
			} else {
				p.fail(t.Text(p))
			}
			p.f("\n")
		}
		p.f("%s\n", whyWords(r.Time))
	}
	return p.to(w)
}

// whyTable has the rows that changed most, stages with the sum of all.
func whyTable(r compare.Reason, what string, changes []profile.Change) table.Table {
	t := table.Table{Caption: fmt.Sprintf("Processor time per generated token in %s at %s, by %s", r.Arm, r.Load, what), Columns: []table.Column{
		{Title: what}, {Title: "first", Align: table.Right}, {Title: "second", Align: table.Right},
		{Title: "change", Align: table.Right}, {Title: "of all change", Align: table.Right}, {Title: "p", Align: table.Right}}}
	for _, c := range changes[:min(mostFunctions, len(changes))] {
		name := c.Stage.Title()
		if what == "function" {
			name = profile.Short(c.Name)
		}
		t.Rows = append(t.Rows, whyRow(name, c, r.Time.All))
	}
	if what == "stage" {
		t.Rows = append(t.Rows, whyRow("all", r.Time.All, r.Time.All))
	}
	return t
}

func whyRow(name string, c, all profile.Change) table.Row {
	return table.Row{Cells: []table.Cell{table.Text(name), timeCell(c.First, all.First), timeCell(c.Second, all.Second), timeChangeCell(c),
		table.Text(partOf(c.Delta, all)), table.Text(probability(c.P))}}
}

// partOf is how much of the whole change a part is. Parts of the other sign are below 0; of a whole that chance could have
// made, or that is small beside its parts, shares say nothing.
func partOf(delta float64, all profile.Change) string {
	if !all.Decided() || math.Abs(all.Delta) < 0.01*all.First {
		return "-"
	}
	return fixed(100*delta/all.Delta, 0) + " %"
}

// whyWords says which stages explain the change.
func whyWords(t compare.Time) string {
	s := fmt.Sprintf("All together: %s of processor time per generated token, from %s to %s (%s). ", signedTime(t.All.Delta), nanoseconds(t.All.First), nanoseconds(t.All.Second), Percent(t.All.Second/t.All.First))
	var parts []string
	for _, c := range t.Stages {
		if c.Decided() && len(parts) < 3 {
			parts = append(parts, fmt.Sprintf("%s %s", c.Stage.Title(), signedTime(c.Delta)))
		}
	}
	switch {
	case len(parts) == 0:
		s += "No stage changed by more than chance could have made."
	default:
		s += "More than chance could have made: " + strings.Join(parts, ", ") + "."
	}
	if t.All.Within {
		s += " Below three repetitions chance is that of the samples alone: how much runs differ is not in it."
	}
	return s + " ~ is a change that chance could have made; p is corrected for the number of rows (Holm), intervals are 95 % each."
}

// WhyPage is the same with flame graphs.
func WhyPage(c *compare.Comparison, reasons []compare.Reason) Page {
	p := Page{Title: fmt.Sprintf("%s and %s: what changed, and why", c.First.Name, c.Second.Name),
		Subtitle: fmt.Sprintf("%s, build %s · %s, build %s", c.First.Created, c.First.Build.Version, c.Second.Created, c.Second.Build.Version)}
	changed := Section{ID: "changes", Title: "What changed"}
	if warnings := slices.Concat(c.Warnings, invalidCells(c)); len(warnings) > 0 {
		changed.Blocks = append(changed.Blocks, Alert{Title: "Weakens the comparison", Items: warnings})
	}
	for _, t := range comparisonTables(c, false) {
		changed.Blocks = append(changed.Blocks, Table{Table: t})
	}
	changed.Blocks = append(changed.Blocks, Note(comparisonSummary(c)))
	p.Sections = append(p.Sections, changed)
	for i, r := range reasons {
		p.Sections = append(p.Sections, whySection(i+1, r))
	}
	return p
}

func whySection(n int, r compare.Reason) Section {
	s := Section{ID: fmt.Sprintf("why-%d", n), Title: "Where the time went: " + r.Arm + " at " + r.Load}
	if r.Missing != "" {
		s.Blocks = []Block{Paragraph("Not known: " + r.Missing + ".")}
		return s
	}
	key := fmt.Sprintf("why-%d-", n)
	first, second := func(n *profile.Node) float64 { return n.First }, func(n *profile.Node) float64 { return n.Second }
	s.Blocks = []Block{Paragraph(whyWords(r.Time)), Table{Table: whyTable(r, "stage", r.Time.Stages)},
		Flames{Flames: []chart.Flame{differenceFlame(key+"difference", "first → second", r.Time.Tree)}, Legend: differenceLegend, Caption: differenceCaption},
		Flames{Flames: []chart.Flame{flameOf(key+"first", "first", r.Time.Tree, first), flameOf(key+"second", "second", r.Time.Tree, second)},
			Legend: stageLegend(r.Time.Stages), Caption: flameCaption},
		Fold{Summary: "Functions", Blocks: []Block{Table{Table: whyTable(r, "function", r.Time.Functions)}}}}
	return s
}
