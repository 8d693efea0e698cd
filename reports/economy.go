package reports

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/cost"
	"github.com/assaylab/assay/analysis/price"
	"github.com/assaylab/assay/reports/table"
)

// economy is what follows from the cost of an arm beside the price of a token, and the rows of the catalogue that it rests on.
func (v *view) economy(a *analysis.Arm) []Block {
	var blocks []Block
	if a != nil && len(a.Cost.ByUse) > 0 {
		blocks = append(blocks, Table{Table: v.useTable(a), Trials: v.trialsAt("")})
		blocks = append(blocks, v.month(a)...)
		blocks = append(blocks, v.againstAPIs(a)...)
		blocks = append(blocks, v.energy(a)...)
	}
	return append(blocks, v.priceRows()...)
}

// useTable shows how the price of a token depends on how much of the machine is used.
func (v *view) useTable(a *analysis.Arm) table.Table {
	t := table.Table{Caption: "Cost by utilisation, of arm " + v.arm(a.Arm.ID),
		Columns: []table.Column{right("utilisation", ""), right("per million tokens", ""), right("of it idle time", "")}}
	for _, u := range a.Cost.ByUse {
		t.Rows = append(t.Rows, table.Row{Cells: []table.Cell{
			table.Text(trim(100*u.Use) + " %"),
			say(v.moneyOf(a, u.PerMillion), v.money).cell(),
			table.Text(trim(100*(1-u.Use)) + " %"),
		}})
	}
	return t
}

// moneyOf is an estimate with what the arm's own price says of it: its samples, and whether it is assumed.
func (v *view) moneyOf(a *analysis.Arm, e cost.Estimate) analysis.Value {
	out := a.Cost.PerMillion
	out.Estimate, out.Low, out.High = e.Value, e.Low, e.High
	return out
}

// month is the bill of one machine and of those that stand by, in parts that sum to it.
func (v *view) month(a *analysis.Arm) []Block {
	b := a.Cost.Month
	if b == nil {
		return nil
	}
	terms := Terms{{"Work", b.Work.String() + ", the planned share of one machine"}, {"Idle time", b.Idle.String() + ", the rest of it"}}
	if n := v.Run.Cost.Spares; n > 0 {
		terms = append(terms, Term{"Redundancy", fmt.Sprintf("%s, %s beside it for when one fails; in no price of a token above", b.Spares, plural(n, "machine"))})
	}
	terms = append(terms, Term{"Together", b.Total.String()})
	return []Block{Heading("A month of one machine"), terms}
}

const againstNote = "Tokens are mixed as at the arm's capacity, and the provider's cache is taken to hold what the arm's did. " +
	"From the first volume on there are volumes at which whole machines, the spares with them, cost no more than the API; from the second on all are such, steps of a further machine included. " +
	"The intervals are those of the measured tokens per second. What the APIs answer was not measured here: an equal volume is not an equal quality."

// againstAPIs is the break-even with every API that the scenario names.
func (v *view) againstAPIs(a *analysis.Arm) []Block {
	if len(a.Cost.BreakEvens) == 0 {
		return nil
	}
	began := v.began()
	t := table.Table{Caption: "Against managed APIs, arm " + v.arm(a.Arm.ID),
		Columns: []table.Column{{Title: "API"}, right("price", "per million tokens"), right("equal at", "of a machine's capacity"),
			right("can pay from", "M tokens a month"), right("always pays from", "M tokens a month"), {Title: "as planned"}}}
	for _, b := range a.Cost.BreakEvens {
		name := table.Cell{Text: b.API}
		if i := slices.IndexFunc(v.Run.Cost.APIs, func(p price.API) bool { return p.Name == b.API }); i >= 0 && v.Run.Cost.APIs[i].Stale(began) {
			name.Sub, name.Tone = "a stale price", table.Doubt
		}
		t.Rows = append(t.Rows, table.Row{Cells: []table.Cell{
			name, table.Text(b.PerMillion.Round(4).Exact()), shareOf(a, b.Use), volume(b.First), volume(b.Always), verdictAgainst(b.Verdict),
		}})
	}
	note := againstNote
	if a.Cost.PerMillion.Estimated {
		note = "The capacity of this arm is not proven: what follows from it is assumed. " + note
	}
	return []Block{Table{Table: t, Trials: v.trialsAt("")}, Note(note)}
}

func shareOf(a *analysis.Arm, e cost.Estimate) table.Cell {
	out := a.Cost.PerMillion
	out.Estimate, out.Low, out.High, out.N = e.Value, e.Low, e.High, 0
	return say(out, scaled(100, " %")).cell()
}

// volume is a number of tokens a month in millions; where machines never pay within the interval or at all it says so. Its ends
// may be orders of magnitude apart, so that each has digits of its own.
func volume(e cost.Estimate) table.Cell {
	low := threeDigits(e.Low / 1e6)
	switch {
	case math.IsInf(e.Low, 1):
		return table.Cell{Text: "none", Tone: table.Quiet}
	case math.IsInf(e.Value, 1):
		return table.Cell{Text: "none", Sub: low + " at the interval's best end", Tone: table.Quiet}
	case math.IsInf(e.High, 1):
		return table.Cell{Text: threeDigits(e.Value / 1e6), Sub: low + " or more"}
	case e.Low == e.High:
		return table.Text(low)
	}
	return table.Cell{Text: threeDigits(e.Value / 1e6), Sub: low + " to " + threeDigits(e.High/1e6)}
}

func verdictAgainst(verdict cost.Verdict) table.Cell {
	switch verdict {
	case cost.Pays:
		return table.Cell{Text: "machines pay from there on", Tone: table.Good}
	case cost.Never:
		return table.Cell{Text: "the API is cheaper at every volume", Tone: table.Bad}
	}
	return table.Cell{Text: "undecided within the interval", Tone: table.Doubt}
}

// energy is joules per token, or why nobody knows.
func (v *view) energy(a *analysis.Arm) []Block {
	c, terms := a.Cost, Terms{}
	if e := c.Energy; e != nil {
		w := say(analysis.Value{Estimate: e.PerToken.Value, Low: e.PerToken.Low, High: e.PerToken.High, Level: a.Cost.PerMillion.Level, Estimated: !e.Measured, Unit: "J"}, scaled(1, " J"))
		terms = append(terms, Term{"Per token", w.inline()}, Term{"Per million tokens", threeDigits(e.KWh) + " kWh"})
		if e.PerMillion != (cost.Estimate{}) {
			p := say(analysis.Value{Estimate: e.PerMillion.Value, Low: e.PerMillion.Low, High: e.PerMillion.High, Level: a.Cost.PerMillion.Level, Estimated: !e.Measured}, v.money)
			terms = append(terms, Term{"Its price", p.inline() + " per million tokens; where the machine is rented it is in the machine's price"})
		}
		terms = append(terms, Term{"How", e.How})
	}
	if c.NoEnergy != "" {
		terms = append(terms, Term{"Counters", c.NoEnergy})
	}
	if len(terms) == 0 {
		return nil
	}
	return []Block{Heading("Energy"), terms}
}

// threeDigits is a number with three significant digits, thousands apart.
func threeDigits(x float64) string {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return "none"
	}
	whole, part, _ := strings.Cut(fixed(x, decimals(x, x, x)), ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if part != "" {
		whole += "." + part
	}
	return whole
}

// priceRows are the rows of the catalogue that the run used, with their age when it began.
func (v *view) priceRows() []Block {
	rows := v.Run.Cost.Rows()
	if len(rows) == 0 {
		return nil
	}
	began := v.began()
	t := table.Table{Caption: "Prices from the catalogue", Columns: []table.Column{{Title: "row"}, {Title: "date"}, {Title: "trust"}, {Title: "source", Prose: true}}}
	for _, r := range rows {
		date := table.Cell{Text: r.Date.String()}
		if doubt := r.Doubt(began); doubt != "" {
			date.Sub, date.Tone = "stale: "+doubt, table.Doubt
		}
		t.Rows = append(t.Rows, table.Row{Cells: []table.Cell{table.Text(r.Name), date, trustCell(r.Trust), {Text: r.Source, Sub: r.Note}}})
	}
	return []Block{Table{Table: t}, Note(fmt.Sprintf("A price is stale when it was more than %d days old as the run began, or had ended.", price.StaleAfter))}
}

func trustCell(t price.Trust) table.Cell {
	if t == price.Unverified {
		return table.Cell{Text: string(t), Tone: table.Doubt}
	}
	return table.Text(string(t))
}

// began is when the run did, the beginning of time where run.json does not say.
func (v *view) began() time.Time {
	t, _ := time.Parse(time.RFC3339, v.Run.Created) // a zero time makes every row one of the future, which is doubted
	return t
}
