package reports

import (
	"fmt"
	"strings"

	"github.com/assaylab/assay/reports/table"
)

func (v *view) provenance(o Options) Section {
	r := v.Run
	s := Section{ID: "provenance", Title: "Where this comes from", Detail: true}
	all := Terms{
		{"Run", r.Name},
		{"Created", r.Created},
		{"Build", strings.TrimSpace(r.Build.Version + " " + r.Build.Go)},
		{"Binary SHA-256", r.Build.SHA256},
		{"Scenario SHA-256", r.ScenarioHash},
		{"Quality text SHA-256", r.Quality.TextSHA256},
		{"Machine fingerprint", r.Host.Fingerprint},
		{"Seed", fmt.Sprint(r.Seed)},
		{"Trials", fmt.Sprintf("%d planned, %d finished, %d of them failed", v.Planned, v.Finished, len(v.Failed))},
		{"Run directory format", fmt.Sprint(r.Format)},
	}
	for _, f := range r.Files {
		all = append(all, Term{f.Name + " SHA-256", f.SHA256})
	}
	var known Terms
	for _, t := range all {
		if t.Text != "" {
			known = append(known, t)
		}
	}
	s.Blocks = append(s.Blocks, known)
	if o.RunDir != "" {
		s.Blocks = append(s.Blocks, Code{Label: "Build this report again", Lang: "sh", Text: "assay report " + quote(o.RunDir)})
	}
	if len(v.Cells) > 0 {
		s.Blocks = append(s.Blocks, Fold{Summary: "Trials of every cell", Blocks: []Block{Table{Table: v.trialTable()}}})
	}
	return s
}

func (v *view) trialTable() table.Table {
	t := table.Table{
		Caption: "Trial ids by cell: trials/ID in the run directory",
		Columns: []table.Column{{Title: "arm"}, {Title: "arm id"}, {Title: "load"}, {Title: "trials"}},
	}
	for _, c := range v.Cells {
		t.Rows = append(t.Rows, table.Row{Cells: []table.Cell{
			table.Text(v.arm(c.Arm)), table.Text(c.Arm), table.Text(v.load(c.Load)), table.Text(strings.Join(c.Trials, " "))}})
	}
	return t
}

// quote makes a path one word of a POSIX shell.
func quote(s string) string {
	plain := func(r rune) bool {
		return strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./+:@%,", r)
	}
	if strings.TrimFunc(s, plain) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
