package reports

import (
	"math"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis/capacity"
	"github.com/assaylab/assay/analysis/plan"
	"github.com/assaylab/assay/reports/chart"
	"github.com/assaylab/assay/reports/table"
)

// spending draws the plan beside the ways with fewer options.
func (v *planView) spending() Section {
	s := Section{ID: "cost-by-month", Title: "What each way costs"}
	c := v.Chosen()
	if c == nil {
		return s
	}
	f := chart.Spending{Currency: v.Currency}
	plans := []*capacity.Plan{c.Plan}
	titles := []string{"the plan"}
	for _, a := range v.Alternatives {
		if a.Plan != nil {
			plans, titles = append(plans, a.Plan), append(titles, a.Name)
		}
	}
	for _, p := range plans {
		f.Parts = moreParts(f.Parts, p)
	}
	for i, p := range plans {
		f.Panels = append(f.Panels, spendingPanel(titles[i], f.Parts, p))
	}
	s.Blocks = []Block{Figure{Figure: f, Caption: "Forecast demand, catalogue prices. What is bought is shown when it is paid, so that a month in which servers come stands out; what they are worth at the end is in the net present cost and not in the bars. All panels have one axis."},
		Table{Table: v.alternatives(c)}}
	if b := v.crossovers(); b != nil {
		s.Blocks = append(s.Blocks, b)
	}
	return s
}

// bought marks the part of an option that is paid for having it.
const bought = ", bought"

func moreParts(parts []string, p *capacity.Plan) []string {
	add := func(name string) {
		if !slices.Contains(parts, name) {
			parts = append(parts, name)
		}
	}
	for _, m := range p.Months {
		for _, u := range m.Uses {
			if u.Capex.Sign() != 0 {
				add(u.Option + bought)
			}
			if u.Opex.Sign() != 0 {
				add(u.Option)
			}
		}
	}
	return parts
}

func spendingPanel(title string, parts []string, p *capacity.Plan) chart.SpendingPanel {
	panel := chart.SpendingPanel{Title: title, Note: "net present cost " + wholeMoney(p.NPV)}
	for _, m := range p.Months {
		costs := make([]float64, len(parts))
		for _, u := range m.Uses {
			if i := slices.Index(parts, u.Option+bought); i >= 0 {
				costs[i] += u.Capex.Float()
			}
			if i := slices.Index(parts, u.Option); i >= 0 {
				costs[i] += u.Opex.Float()
			}
		}
		panel.Months, panel.Costs = append(panel.Months, shortMonth(m.First)), append(panel.Costs, costs)
	}
	return panel
}

func (v *planView) alternatives(c *plan.ArmPlan) table.Table {
	t := table.Table{Caption: "The plan beside other ways", Columns: []table.Column{{Title: "way"}, {Title: "net present cost", Align: table.Right}, {Title: "against the plan", Align: table.Right},
		{Title: "paid", Align: table.Right}, {Title: "of which bought", Align: table.Right}, {Title: "worth at the end", Align: table.Right}, {Title: "options it may use", Prose: true}}}
	row := func(name string, p *capacity.Plan, options string) table.Row {
		more := "—"
		if p != c.Plan {
			more = "+" + wholeMoney(p.NPV.Sub(c.Plan.NPV))
		}
		return table.Row{Marked: p == c.Plan, Cells: []table.Cell{table.Text(name), table.Text(wholeMoney(p.NPV)), table.Text(more), table.Text(wholeMoney(p.Paid)), table.Text(someMoney(p.Capex)), table.Text(someMoney(p.Worth)), table.Text(options)}}
	}
	t.Rows = append(t.Rows, row("the plan", c.Plan, "all"))
	for _, a := range v.Alternatives {
		if a.Plan != nil {
			t.Rows = append(t.Rows, row(a.Name, a.Plan, strings.Join(a.Options, ", ")))
			continue
		}
		t.Rows = append(t.Rows, table.Row{Cells: []table.Cell{table.Text(a.Name), {Text: "infeasible", Tone: table.Bad}, {}, {}, {}, {}, {Text: "because " + a.Infeasible, Tone: table.Quiet}}})
	}
	return t
}

func (v *planView) crossovers() Block {
	if len(v.Crossover) == 0 {
		return nil
	}
	var l List
	for _, x := range v.Crossover {
		l = append(l, x.Name+": "+x.Why+".")
	}
	return l
}

// volume draws the cost of a month against how much is served.
func (v *planView) volume() Section {
	s := Section{ID: "cost-by-volume", Title: "Cost by volume"}
	if len(v.Volume.Lines) == 0 {
		return s
	}
	by, unit := v.Volume.Scale()
	f := chart.Volume{Currency: v.Currency, Of: unit}
	for _, l := range v.Volume.Lines {
		line := chart.VolumeLine{Name: l.Option + " (" + kindWords(l.Kind) + ")"}
		for _, p := range l.Points {
			line.Points = append(line.Points, chart.VolumePoint{Volume: p.Volume / by, Cost: p.Cost})
		}
		f.Lines = append(f.Lines, line)
	}
	for _, b := range v.Volume.Breaks {
		if !b.Never {
			f.Crosses = append(f.Crosses, chart.VolumeCross{Volume: chart.Estimate{Value: b.Volume / by, Low: b.Low / by, High: b.High / by}, Cost: b.Cost, Text: chart.Amount(b.Volume / by)})
		}
	}
	f.Marks = []chart.VolumeMark{{Volume: v.Volume.First / by, Text: "first month"}, {Volume: v.Volume.Last / by, Text: "last month"}}
	s.Blocks = []Block{Figure{Figure: f, Caption: "Each option alone. " + v.Volume.Note + " A ring is the volume from which on machines stay cheaper than an API, its bar the interval that follows from what a replica carries."},
		Table{Table: v.breaks()}}
	return s
}

func (v *planView) breaks() table.Table {
	by, unit := v.Volume.Scale()
	t := table.Table{Caption: "Break-even against APIs", Columns: []table.Column{{Title: "option"}, {Title: "API"}, {Title: "cheaper from", Unit: unit, Align: table.Right}, {Title: "by the interval of a replica's rate", Align: table.Right}, {Title: "last month of the plan", Align: table.Right}}}
	for _, b := range v.Volume.Breaks {
		from, interval := table.Text(chart.Amount(b.Volume/by)), table.Text(breakRange(b, by))
		if b.Never {
			from, interval = table.Cell{Text: "never", Tone: table.Doubt}, table.Text(breakRange(b, by))
		}
		t.Rows = append(t.Rows, table.Row{Cells: []table.Cell{table.Text(b.Option), table.Text(b.API), from, interval, table.Text(chart.Amount(b.Last / by))}})
	}
	return t
}

func breakRange(b plan.Break, by float64) string {
	end := func(x float64) string {
		if math.IsInf(x, 1) {
			return "never"
		}
		return chart.Amount(x / by)
	}
	if b.Low == b.High {
		return "—"
	}
	return end(b.Low) + " to " + end(b.High)
}

// tornado draws what the total depends on.
func (v *planView) tornado() Section {
	s := Section{ID: "dependence", Title: "What the result depends on"}
	c := v.Chosen()
	if c == nil || len(v.Effects) == 0 {
		return s
	}
	f := chart.Tornado{Of: "net present cost, " + v.Currency, Base: c.Plan.NPV.Float()}
	t := table.Table{Caption: "What would change the decision", Columns: []table.Column{{Title: "input"}, {Title: "low", Align: table.Right}, {Title: "high", Align: table.Right}, {Title: "another mix is chosen at", Prose: true}}}
	for _, e := range v.Effects {
		b := chart.TornadoBar{Name: e.Input, Low: outcome(e.Low), High: outcome(e.High), LowValue: e.Low.Value, HighValue: e.High.Value}
		if changes(e.Low, c.Plan.Mix) || changes(e.High, c.Plan.Mix) {
			b.Changes = "another mix"
		}
		if e.Swing() > 0 {
			f.Bars = append(f.Bars, b)
		}
		t.Rows = append(t.Rows, table.Row{Cells: []table.Cell{table.Text(e.Input), outcomeCell(e.Low), outcomeCell(e.High), table.Text(thresholdWords(e))}})
	}
	s.Blocks = []Block{Figure{Figure: f, Caption: "One input at a time, at its low and at its high value; the plan is made again each time, so that where the mix changes the bar is what the other decision would cost. " +
		"Demand goes from the lowest to the highest scenario, a replica's rate over its interval, prices over the spread that the plan states; discount rate and lead times from half to twice, residual values from half to half as much again, as nobody stated a range."}, Table{Table: t}}
	return s
}

func outcome(o capacity.Outcome) float64 {
	if o.Infeasible != "" {
		return math.NaN()
	}
	return o.NPV.Float()
}

func changes(o capacity.Outcome, base capacity.Mix) bool {
	return o.Infeasible != "" || !o.Mix.Same(base)
}

func outcomeCell(o capacity.Outcome) table.Cell {
	if o.Infeasible != "" {
		return table.Cell{Text: "infeasible", Sub: o.Value, Tone: table.Bad}
	}
	return table.Cell{Text: wholeMoney(o.NPV), Sub: o.Value}
}

func thresholdWords(e capacity.Effect) string {
	var parts []string
	for _, t := range e.Thresholds {
		to := mixWords(t.To.Mix)
		if t.To.Infeasible != "" {
			to = "infeasible, because " + t.To.Infeasible
		}
		parts = append(parts, t.Value+": "+to)
	}
	if len(parts) == 0 {
		return "nowhere within the reach of the search"
	}
	return strings.Join(parts, "; ")
}

func mixWords(m capacity.Mix) string {
	if len(m.Committed) == 0 || slices.Equal(m.Committed, []string{m.Main}) {
		return m.Main
	}
	return m.Main + ", and " + strings.Join(slices.DeleteFunc(slices.Clone(m.Committed), func(name string) bool { return name == m.Main }), ", ")
}
