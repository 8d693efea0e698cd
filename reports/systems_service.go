package reports

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/reports/chart"
	"github.com/assaylab/assay/reports/table"
)

// services is what servers that the lab did not start said of their service: limits, ids, which model answered, when and where.
func (v *view) services() Section {
	s := Section{ID: "services", Title: "What the services said", Detail: true}
	if v.Systems == nil || len(v.Systems.Services) == 0 {
		return s
	}
	t := table.Table{Caption: "Servers that the lab did not start", Columns: []table.Column{{Title: "arm"}, {Title: "trials began", Unit: "UTC"}, {Title: "region", Unit: "declared"},
		{Title: "model that answered"}, right("requests with an id", "of all"), right("refused for load", "429, 503, 529"), {Title: "longest wait it asked for"}, {Title: "least left of its limits"}, {Title: "spent", Unit: "by the spend cap's count"}}}
	var trials []string
	for _, x := range v.Systems.Services {
		t.Rows = append(t.Rows, v.serviceRow(x))
		for _, c := range v.cellsOf(x.Arm) {
			trials = append(trials, c.Trials...)
		}
	}
	s.Blocks = []Block{Table{Table: t, Trials: distinct(trials)}}
	if l := v.limitHeaders(); len(l) > 0 {
		s.Blocks = append(s.Blocks, Heading("Rate limits, as trials noted them"), l)
	}
	s.Blocks = append(s.Blocks, Note("Ids of requests, where the server gives them, are in each trial's requests.jsonl. A service answers differently at another time of day, in another region and with another model version: "+
		"these figures are of those above. Nothing is claimed of its settings and machines, which nobody outside can see."))
	return s
}

func (v *view) serviceRow(x analysis.Service) table.Row {
	when := table.Text(x.From)
	if x.To != x.From {
		when.Text += " to " + x.To
	}
	when.Sub = strings.Join(x.When, "; ")
	spent := ""
	if x.Spent.Currency() != "" {
		spent = x.Spent.Exact()
	}
	return table.Row{Marked: x.Arm == v.Choice.Arm, Cells: []table.Cell{
		table.Text(v.arm(x.Arm)), when, orQuiet(x.Region, "not declared"), orQuiet(strings.Join(x.Models, ", "), "as asked"),
		table.Text(fmt.Sprintf("%d of %d", x.RequestIDs, x.Requests)), count(int64(x.Overloaded)), orQuiet(waitText(x.RetryAfter), "none"),
		orQuiet(settingsText(x.LeftOf), "not told"), orQuiet(spent, "not counted")}}
}

func waitText(ns int64) string {
	if ns == 0 {
		return ""
	}
	return chart.Duration(float64(ns))
}

func orQuiet(s, without string) table.Cell {
	if s == "" {
		return table.Cell{Text: without, Tone: table.Quiet}
	}
	return table.Text(s)
}

// settingsText is "requests 12 of 500, tokens 100 of 2000".
func settingsText(list []record.Setting) string {
	var parts []string
	for _, s := range list {
		parts = append(parts, s.Name+" "+s.Value)
	}
	return strings.Join(parts, ", ")
}

// inColumns are notes of trials whose sum over the trials has a column.
var inColumns = []string{"requests left", "tokens left", "turned away with 429", "turned away with 503 or 529", "longest Retry-After"}

func (v *view) limitHeaders() (all Terms) {
	for _, x := range v.Systems.Services {
		for _, l := range x.Limits {
			if slices.Contains(inColumns, l.Name) {
				continue
			}
			all = append(all, Term{v.arm(x.Arm) + ", " + l.Name, l.Value})
		}
	}
	return all
}

// requestTile is the cost of a run of several systems, whose tokens are not the same.
func (v *view) requestTile(a *analysis.Arm) Tile {
	w := say(a.Cost.PerThousandRequests, v.money)
	t := Tile{Label: "Cost at capacity, per thousand requests", Value: w.Number, Detail: w.detail()}
	if a.Cost.Listed != nil {
		t.Label = "Cost by the price list, per thousand requests"
	}
	if million := say(a.Cost.PerMillion, v.money); !million.Missing {
		t.State = million.Number + " per million of its own tokens"
	}
	return t
}

// spoken is how a server that is there is asked, for who wants to deploy on it.
func (v *view) spoken(a *analysis.Arm) []Block {
	d := a.Arm.Deployment
	if d == nil || d.Started {
		return nil
	}
	all := Terms{{"URL", d.URL}, {"Dialect", d.Dialect}, {"Model", d.Model}, {"Region, declared", d.Region}, {"Runs on, declared", d.Hardware}}
	var known Terms
	for _, t := range all {
		if t.Text != "" {
			known = append(known, t)
		}
	}
	return []Block{known}
}
