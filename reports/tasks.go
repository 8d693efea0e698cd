package reports

import (
	"fmt"
	"strings"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/reports/table"
)

// kinds are what tasks ask for, in words.
var kinds = map[string]string{
	"letters": "multiple choice by the letter that is written", "choice": "multiple choice by likelihood",
	"generate": "completions", "code": "places in Go functions",
}

// tasks has a table for each figure, and what there is none of.
func (v *view) tasks() Section {
	s := Section{ID: "tasks", Title: "Tasks", Detail: true}
	for _, f := range v.Tasks {
		s.Blocks = append(s.Blocks, Table{Table: v.taskTable(f)})
	}
	for _, g := range v.TaskGaps {
		s.Blocks = append(s.Blocks, Note(fmt.Sprintf("Not known of %s: %s.", v.armsOf(g.Arms), g.Reason)))
	}
	if len(v.Tasks) > 0 {
		s.Blocks = append(s.Blocks, Note("Arms answer greedily, one item at a time. Intervals of shares are Wilson's, of their paired differences Bonett and Price's, "+
			"of means Student's over items. Answers in a chat and continuations of a text are different tasks, and are not compared."))
	}
	return s
}

func (v *view) taskTable(f analysis.TaskFigure) table.Table {
	how := "continuing a text"
	if f.Form == "chat" {
		how = "answering a message"
	}
	t := table.Table{
		Caption: fmt.Sprintf("%s, %s: %s (%s)", f.Metric, kinds[f.Kind], f.Source, how),
		Columns: []table.Column{{Title: "arms"}, right("value", ""), right("difference", "to the first row"), right("gained", "items"), right("lost", "items")},
	}
	if f.Unit != "ratio" {
		t.Columns = t.Columns[:3]
	}
	for _, r := range f.Rows {
		row := table.Row{Cells: []table.Cell{table.Text(v.armsOf(r.Arms)), cell(r.Value), cell(r.Difference)}}
		switch {
		case f.Unit != "ratio":
		case r.Reference:
			row.Cells = append(row.Cells, table.Text(""), table.Text(""))
		default:
			row.Cells = append(row.Cells, table.Text(fmt.Sprint(r.Gained)), table.Text(fmt.Sprint(r.Lost)))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (v *view) armsOf(ids []string) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = v.arm(id)
	}
	return strings.Join(names, ", ")
}
