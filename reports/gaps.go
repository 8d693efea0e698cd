package reports

import (
	"fmt"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/reports/table"
)

// gaps are what was not measured, what failed, and what may not count.
func (v *view) gaps() Section {
	s := Section{ID: "missing", Title: "What is missing"}
	if u := distinct(append(append([]string(nil), v.Run.Unmeasured...), v.Choice.Unmeasured...)); len(u) > 0 {
		s.Blocks = append(s.Blocks, Heading("Not measured"), List(u))
	}
	if len(v.Failed) > 0 {
		s.Blocks = append(s.Blocks, Heading("Failed trials"), Table{Table: v.failedTable()})
	}
	if t := v.invalidTable(); len(t.Rows) > 0 {
		s.Blocks = append(s.Blocks, Heading("Invalid cells"), Table{Table: t})
	}
	if len(v.Run.Skipped) > 0 {
		t := table.Table{Caption: "Combinations that cannot run", Columns: []table.Column{{Title: "combination"}, {Title: "reason", Prose: true}}}
		for _, sk := range v.Run.Skipped {
			t.Rows = append(t.Rows, table.Row{Cells: []table.Cell{table.Text(sk.Name), table.Text(sk.Reason)}})
		}
		s.Blocks = append(s.Blocks, Heading("Skipped"), Table{Table: t})
	}
	if len(s.Blocks) == 0 {
		s.Blocks = []Block{Paragraph(v.nothingMissing())}
	}
	return s
}

func (v *view) nothingMissing() string {
	if v.Finished < v.Planned {
		return fmt.Sprintf("%s not run yet. Of the others none failed, none is invalid, and no combination was skipped.",
			plural(v.Planned-v.Finished, "planned trial"))
	}
	return "Every planned trial ran, none failed, none is invalid, and no combination was skipped."
}

func (v *view) failedTable() table.Table {
	t := table.Table{
		Caption: "Trials without measurements",
		Columns: []table.Column{{Title: "trial"}, {Title: "arm"}, {Title: "load"}, {Title: "repetition"}, {Title: "reason", Prose: true}},
	}
	for _, f := range v.Failed {
		t.Rows = append(t.Rows, table.Row{Cells: []table.Cell{
			table.Text(f.Key.ID), table.Text(v.arm(f.Key.Arm)), table.Text(v.load(f.Key.Load)),
			table.Text(repetition(f.Key)), table.Text(f.Reason),
		}})
	}
	return t
}

// repetition counts from 1, as people do.
func repetition(k record.TrialKey) string {
	switch {
	case k.Repetition >= record.Unprofiled:
		return fmt.Sprintf("%d, without a profile", k.Draws()+1)
	case k.Repetition == record.DoubleLab:
		return "confirmation, received twice"
	case k.Repetition == record.Confirmation:
		return "confirmation"
	}
	return fmt.Sprint(k.Repetition + 1)
}

func (v *view) invalidTable() table.Table {
	t := table.Table{
		Caption: "Cells that may not win",
		Columns: []table.Column{{Title: "arm"}, {Title: "load"}, {Title: "reason", Prose: true}},
	}
	for _, c := range v.Cells {
		if c.Valid {
			continue
		}
		reasons := c.Invalid
		if len(reasons) == 0 {
			reasons = []string{"not recorded"}
		}
		for _, r := range reasons {
			t.Rows = append(t.Rows, table.Row{Cells: []table.Cell{table.Text(v.arm(c.Arm)), table.Text(v.load(c.Load)), table.Text(r)}})
		}
	}
	return t
}
