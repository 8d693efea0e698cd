package reports

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/assaylab/assay/analysis/showback"
	"github.com/assaylab/assay/reports/chart"
	"github.com/assaylab/assay/reports/table"
)

// ShowbackOptions are facts about the page that are not in the statement.
type ShowbackOptions struct {
	By        string // dimension of the first table
	Spendings []showback.Spending
}

// Showback words a whole statement as a page: who pays what, then how each cost was shared, and what that
// rests on.
func Showback(s *showback.Statement, o ShowbackOptions) (Page, error) {
	groups, err := s.By(o.By)
	if err != nil {
		return Page{}, err
	}
	p := Page{Title: s.Name + ": " + s.Period.Start.Format("January 2006"), Subtitle: statementSubtitle(s)}
	p.Sections = append(p.Sections, Section{ID: "shares", Title: "Who pays what", Blocks: shareBlocks(s, groups, o.By)})
	if len(o.Spendings) > 0 {
		p.Sections = append(p.Sections, Section{ID: "budgets", Title: "Budgets", Blocks: budgetBlocks(s, o.Spendings)})
	}
	p.Sections = append(p.Sections, Section{ID: "costs", Title: "What was shared, and how", Blocks: itemBlocks(s)})
	if len(s.Unpriced) > 0 {
		p.Sections = append(p.Sections, Section{ID: "unpriced", Title: "Use that no cost covers", Blocks: unpricedBlocks(s)})
	}
	p.Sections = append(p.Sections, Section{ID: "method", Title: "What this rests on", Blocks: methodBlocks(s)})
	return p, nil
}

// TeamStatement words one team's part as a page.
func TeamStatement(s *showback.Statement, team string, spendings []showback.Spending) Page {
	groups, _ := s.By(showback.PerTeam) // is a dimension
	own := s.Sum(nil)
	for _, g := range groups {
		if g.Name == team {
			own = g
		}
	}
	p := Page{Title: team + ": " + s.Period.Start.Format("January 2006"), Subtitle: s.Name + " · " + statementSubtitle(s)}
	p.Sections = append(p.Sections, Section{ID: "sum", Title: "Statement", Blocks: []Block{teamCard(s, own), rowTable(s, team)}})
	var mine []showback.Spending
	for _, b := range spendings {
		if b.Team == team {
			mine = append(mine, b)
		}
	}
	if len(mine) > 0 {
		p.Sections = append(p.Sections, Section{ID: "budget", Title: "Budget", Blocks: budgetBlocks(s, mine)})
	}
	p.Sections = append(p.Sections, Section{ID: "method", Title: "What this rests on", Blocks: methodBlocks(s)})
	return p
}

func teamCard(s *showback.Statement, g showback.Group) Card {
	share := ""
	if s.Total.Sign() > 0 {
		share = fmt.Sprintf("%.1f %% of %s", 100*g.Cost.Float()/s.Total.Float(), s.Total)
	}
	tokens := fmt.Sprintf("%s asked, %s of them cached", grouped(g.Use.Prompt), grouped(g.Use.Cached))
	return Card{Eyebrow: "Part of the bill", Badge: finality(s), Name: g.Cost.String(), Tone: table.Plain, Text: share, Tiles: []Tile{
		{Label: "used of shared costs", Value: g.Used.String()},
		{Label: "idle part", Value: g.Idle.String()},
		{Label: "managed APIs", Value: g.API.String()},
		{Label: "requests", Value: grouped(g.Use.Requests)},
		{Label: "tokens answered", Value: grouped(g.Use.Output), Detail: tokens},
	}}
}

func finality(s *showback.Statement) string {
	if s.Final {
		return "final"
	}
	return "month in progress"
}

func statementSubtitle(s *showback.Statement) string {
	words := []string{s.Period.String(), s.Total.String() + " in all"}
	if !s.Final {
		words = append(words, "in progress: shares are by use until "+s.At.In(s.Period.Start.Location()).Format("2006-01-02 15:04"))
	}
	return strings.Join(words, " · ")
}

// partNames are what shareParts gives amounts of.
var partNames = []string{"used", "idle", "managed APIs"}

func shareBlocks(s *showback.Statement, groups []showback.Group, by string) []Block {
	f := chart.Shares{Name: "shares", Of: s.Total.String(), Parts: partNames}
	for _, g := range groups {
		f.Rows = append(f.Rows, chart.ShareRow{Name: groupName(g.Name), Value: g.Cost.String(), Parts: []float64{g.Used.Float(), g.Idle.Float(), g.API.Float()}})
	}
	var blocks []Block
	switch {
	case len(groups) == 0 && len(s.Unpriced) > 0:
		return append(blocks, Paragraph("Nothing that was used has a cost: it is listed below."))
	case len(groups) == 0:
		return append(blocks, Paragraph("Nothing was metered in this period, and nothing was billed."))
	}
	if s.Total.Sign() > 0 {
		blocks = append(blocks, Figure{Figure: f, Caption: "Costs by " + by + ": what was used of shared costs, the part of what nobody used, and managed APIs."})
	}
	return append(blocks, Table{Table: groupTable(s, groups, by)})
}

// groupName says that idle cost may be of no model and no key.
func groupName(name string) string {
	if name == "" {
		return "(none)"
	}
	return name
}

func groupTable(s *showback.Statement, groups []showback.Group, by string) table.Table {
	t := table.Table{Caption: "Costs by " + by, Columns: []table.Column{{Title: by}, {Title: "cost", Align: table.Right}, {Title: "share", Align: table.Right},
		{Title: "used", Align: table.Right}, {Title: "idle", Align: table.Right}, {Title: "APIs", Align: table.Right}, {Title: "requests", Align: table.Right},
		{Title: "input", Unit: "tokens", Align: table.Right}, {Title: "cached", Unit: "tokens", Align: table.Right}, {Title: "output", Unit: "tokens", Align: table.Right}}}
	for _, g := range groups {
		t.Rows = append(t.Rows, groupRow(s, g))
	}
	sum := groupRow(s, s.Sum(groups))
	sum.Marked = true
	t.Rows = append(t.Rows, sum)
	return t
}

func groupRow(s *showback.Statement, g showback.Group) table.Row {
	share := ""
	if s.Total.Sign() > 0 {
		share = fmt.Sprintf("%.1f %%", 100*g.Cost.Float()/s.Total.Float())
	}
	var cells []table.Cell
	for _, text := range []string{groupName(g.Name), g.Cost.String(), share, g.Used.String(), g.Idle.String(), g.API.String(), grouped(g.Use.Requests),
		grouped(g.Use.Prompt), grouped(g.Use.Cached), grouped(g.Use.Output)} {
		cells = append(cells, table.Text(text))
	}
	return table.Row{Cells: cells}
}

// rowTable are all lines of a team.
func rowTable(s *showback.Statement, team string) Block {
	t := table.Table{Caption: "Lines", Columns: []table.Column{{Title: "cost of"}, {Title: "for"}, {Title: "key"}, {Title: "amount", Align: table.Right},
		{Title: "requests", Align: table.Right}, {Title: "input", Unit: "tokens", Align: table.Right}, {Title: "output", Unit: "tokens", Align: table.Right}}}
	for _, r := range s.Of(team) {
		what := table.Cell{Text: r.Item}
		if r.Kind == showback.KindIdle {
			what.Sub = "what nobody used"
		}
		cells := []table.Cell{what, table.Text(r.Model), table.Text(r.Key), table.Text(r.Cost.String())}
		if r.Kind != showback.KindIdle {
			cells = append(cells, table.Text(grouped(r.Use.Requests)), table.Text(grouped(r.Use.Prompt)), table.Text(grouped(r.Use.Output)))
		}
		t.Rows = append(t.Rows, table.Row{Cells: cells})
	}
	return Table{Table: t}
}

func itemBlocks(s *showback.Statement) []Block {
	t := table.Table{Caption: "Costs", Columns: []table.Column{{Title: "cost"}, {Title: "amount", Align: table.Right}, {Title: "used", Align: table.Right},
		{Title: "idle", Align: table.Right}, {Title: "shared by", Prose: true}}}
	for _, i := range s.Items {
		cells := []table.Cell{table.Text(i.Name), table.Text(i.Cost.String())}
		if i.Kind == showback.KindAPI {
			cells = append(cells, table.Cell{}, table.Cell{}, table.Text(i.Rule))
		} else {
			cells = append(cells, table.Text(i.Cost.Sub(i.Idle).String()), table.Cell{Text: i.Idle.String(), Sub: fmt.Sprintf("%.1f %%", 100*i.IdleShare)},
				table.Text("use, by weights; "+i.Rule+"; how much is idle: "+i.IdleFrom))
		}
		t.Rows = append(t.Rows, table.Row{Cells: cells})
	}
	if len(t.Rows) == 0 {
		return []Block{Paragraph("There is no bill: what was used is shown without what it cost.")}
	}
	return []Block{Table{Table: t}}
}

func unpricedBlocks(s *showback.Statement) []Block {
	t := table.Table{Caption: "Use without a cost", Columns: []table.Column{{Title: "team"}, {Title: "model"}, {Title: "key"}, {Title: "source"}, {Title: "requests", Align: table.Right},
		{Title: "input", Unit: "tokens", Align: table.Right}, {Title: "output", Unit: "tokens", Align: table.Right}}}
	for _, u := range s.Unpriced {
		var cells []table.Cell
		for _, text := range []string{u.Team, u.Model, u.Key, u.Source, grouped(u.Requests), grouped(u.Prompt), grouped(u.Output)} {
			cells = append(cells, table.Text(text))
		}
		t.Rows = append(t.Rows, table.Row{Cells: cells})
	}
	return []Block{Paragraph("None of the bill's costs names these models, and their source recorded no cost: nothing of the bill was shared by them."), Table{Table: t}}
}

func budgetBlocks(s *showback.Statement, all []showback.Spending) []Block {
	t := table.Table{Caption: "Budgets", Columns: []table.Column{{Title: "team"}, {Title: "budget", Align: table.Right}, {Title: "spent so far", Align: table.Right},
		{Title: "of budget", Align: table.Right}, {Title: "state"}, {Title: "at the month's end", Align: table.Right}}}
	note := "Shared costs accrue evenly over the month; managed APIs cost when they are used."
	for _, b := range all {
		cells := []table.Cell{table.Text(b.Team), table.Text(b.Budget.String()), table.Text(b.Spent.String()), table.Text(fmt.Sprintf("%.1f %%", 100*b.Share)), spendingState(b)}
		if f := b.Forecast; f != nil {
			cells = append(cells, forecastCell(s, f))
		} else {
			cells = append(cells, table.Text("final"))
		}
		t.Rows = append(t.Rows, table.Row{Cells: cells})
	}
	if f := all[0].Forecast; f != nil {
		note += " What is said of the month's end is " + f.Text + "; its interval holds it in 95 of 100 months whose days differ by chance alone."
	}
	return []Block{Table{Table: t}, Note(note)}
}

func spendingState(b showback.Spending) table.Cell {
	switch {
	case b.Over:
		return table.Cell{Text: "✗ over budget", Tone: table.Bad}
	case b.Crossed > 0:
		return table.Cell{Text: fmt.Sprintf("! alert at %d %%", b.Crossed), Tone: table.Doubt}
	case b.Forecast != nil && b.Forecast.Over:
		return table.Cell{Text: "! expected to go over", Tone: table.Doubt}
	}
	return table.Cell{Text: "✓ within budget", Tone: table.Good}
}

// forecastCell is an estimate in whole units: it has no cents to be exact about.
func forecastCell(s *showback.Statement, f *showback.Forecast) table.Cell {
	c := table.Cell{Text: "about " + s.Whole(f.Cost), Sub: "no interval: too few days"}
	if f.Interval {
		c.Sub = s.Whole(f.Low) + " to " + s.Whole(f.High)
	}
	return c
}

func methodBlocks(s *showback.Statement) []Block {
	blocks := []Block{Paragraph("Amounts are exact: the lines of all teams sum to the bill, to the cent. What rounding to cents leaves goes to those who lost most by it.")}
	if w := s.Weights; w.Source != "" {
		terms := Terms{{"Weights", w.Source}}
		if w.Basis == showback.ByTokens {
			terms = append(terms, Term{"A token weighs", fmt.Sprintf("%s computed of a prompt, %s cached, %s generated; a block of the cache held for a second weighs %s",
				weight(w.Prefill), weight(w.Cached), weight(w.Decode), weight(w.KV))})
		}
		blocks = append(blocks, terms)
	}
	if notes := append(append([]string(nil), s.Weights.Notes...), s.Notes...); len(notes) > 0 {
		blocks = append(blocks, Alert{Title: "To be read with it", Items: notes})
	}
	return blocks
}

func weight(x float64) string { return strconv.FormatFloat(x, 'g', 4, 64) }

// grouped is a whole number with separators.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
