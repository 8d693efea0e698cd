package reports

import (
	"fmt"
	"io"

	"github.com/assaylab/assay/analysis/baseline"
	"github.com/assaylab/assay/reports/table"
)

// Baselines prints what is kept, a line each.
func Baselines(w io.Writer, all []baseline.Summary) error {
	p := &printer{}
	t := table.Table{Caption: "Baselines", Columns: []table.Column{{Title: "baseline"}, {Title: "run"}, {Title: "of"}, {Title: "build"}, {Title: "machine"},
		{Title: "arms", Align: table.Right}, {Title: "repetitions", Align: table.Right}}}
	for i := range all {
		s := &all[i]
		name := table.Text(s.Label())
		if s.Name != "" {
			name.Sub = s.ID
		}
		t.Rows = append(t.Rows, table.Row{Cells: []table.Cell{name, table.Text(s.Run), table.Text(s.Created), table.Text(s.Build.Version),
			{Text: s.Host.CPU, Sub: s.Host.Fingerprint[:min(8, len(s.Host.Fingerprint))]}, table.Text(fmt.Sprint(len(s.Arms))), table.Text(fmt.Sprint(s.Repetitions))}})
	}
	if len(all) == 0 {
		p.f("none is kept\n")
		return p.to(w)
	}
	p.fail(t.Text(p))
	return p.to(w)
}
