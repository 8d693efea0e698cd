package reports

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/assaylab/assay/analysis/capacity"
	"github.com/assaylab/assay/analysis/forecast"
	"github.com/assaylab/assay/analysis/plan"
	"github.com/assaylab/assay/reports/chart"
	"github.com/assaylab/assay/reports/table"
)

// PlanTable is the plan month by month. For a terminal it is brief.
func PlanTable(o *plan.Outlook, brief bool) table.Table {
	t := table.Table{Caption: "Month by month", Columns: []table.Column{{Title: "month"}, {Title: "peak", Unit: "req/s, forecast", Align: table.Right}, {Title: "replicas", Align: table.Right},
		{Title: "from", Prose: true}, {Title: "order by", Prose: true}, {Title: "bought", Align: table.Right}, {Title: "running cost", Align: table.Right}, {Title: "paid", Align: table.Right}}}
	c := o.Chosen()
	if c == nil {
		return t
	}
	for i, m := range c.Plan.Months {
		replicas := table.Cell{Text: fmt.Sprintf("%d+%d", m.Replicas.Serving, m.Replicas.Spares), Sub: replicaRange(m.Replicas)}
		t.Rows = append(t.Rows, table.Row{Cells: []table.Cell{table.Text(monthName(m.First)), table.Text(chart.Amount(m.Peak)), replicas,
			table.Text(usesWords(m.Uses)), table.Text(ordersOf(c.Plan, i)), table.Text(someMoney(m.Cash.Capex)), table.Text(someMoney(m.Cash.Opex)), table.Text(wholeMoney(m.Cash.Paid))}})
	}
	t.Rows = append(t.Rows, table.Row{Marked: true, Cells: []table.Cell{table.Text("all"), {}, {}, {}, {}, table.Text(someMoney(c.Plan.Capex)), table.Text(someMoney(c.Plan.Opex)), table.Text(wholeMoney(c.Plan.Paid))}})
	if brief {
		return shortened(t)
	}
	return t
}

// shortened leaves out what the answer has, and second lines of cells.
func shortened(t table.Table) table.Table {
	keep := []int{0, 1, 2, 3, 7}
	s := table.Table{Caption: t.Caption}
	for _, i := range keep {
		s.Columns = append(s.Columns, t.Columns[i])
	}
	for _, r := range t.Rows {
		row := table.Row{}
		for _, i := range keep {
			row.Cells = append(row.Cells, table.Text(r.Cells[i].Text))
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}

// replicaRange is N by the interval of what one replica carries, "" where that has no width.
func replicaRange(r capacity.Replicas) string {
	if r.Low == r.Serving && r.High == r.Serving {
		return ""
	}
	if r.High == capacity.Unbounded {
		return fmt.Sprintf("N %d or more", r.Low)
	}
	return fmt.Sprintf("N %d to %d", r.Low, r.High)
}

func usesWords(uses []capacity.Use) string {
	var parts []string
	for _, u := range uses {
		switch u.Kind {
		case capacity.API, capacity.Degrade:
			parts = append(parts, fmt.Sprintf("%s: %s requests", u.Option, chart.Amount(u.Requests)))
		case capacity.Rent, capacity.Spot:
			parts = append(parts, fmt.Sprintf("up to %d × %s, %s h", u.Units, u.Option, chart.Amount(u.Hours)))
		default:
			parts = append(parts, fmt.Sprintf("%d × %s", u.Units, u.Option))
		}
	}
	return strings.Join(parts, "; ")
}

// ordersOf are those that are needed from month i on, with the last day to place them.
func ordersOf(p *capacity.Plan, i int) string {
	var parts []string
	for _, o := range p.Orders {
		if o.Month == i {
			parts = append(parts, fmt.Sprintf("%s: %s", o.By.Format(time.DateOnly), orderWords(o)))
		}
	}
	return strings.Join(parts, "; ")
}

func (v *planView) months(o PlanOptions) Section {
	s := Section{ID: "months", Title: "Month by month"}
	if v.Chosen() == nil {
		return s
	}
	s.Blocks = []Block{Table{Table: PlanTable(v.Outlook, false)}}
	note := "Replicas are N serving and k spares. Running cost is rent, reservations, API calls, power, colocation, maintenance and staff."
	if o.CSVFile != "" {
		note += " " + o.CSVFile + " has every amount to the cent."
	}
	s.Blocks = append(s.Blocks, Note(note), Table{Table: v.orders()})
	return s
}

func (v *planView) orders() table.Table {
	t := table.Table{Caption: "Orders", Columns: []table.Column{{Title: "order by"}, {Title: "what"}, {Title: "units", Align: table.Right}, {Title: "in service on"}, {Title: "kind"}, {Title: "all that follows from it", Align: table.Right}}}
	for _, o := range plan.ByDate(v.Chosen().Plan.Orders) {
		t.Rows = append(t.Rows, table.Row{Cells: []table.Cell{table.Text(o.By.Format(time.DateOnly)), table.Text(o.Option), table.Text(fmt.Sprint(o.Units)), table.Text(o.Service.Format(time.DateOnly)), table.Text(kindWords(o.Kind)), table.Text(wholeMoney(o.Cost))}})
	}
	if len(t.Rows) == 0 {
		t.Rows = append(t.Rows, table.Row{Cells: []table.Cell{table.Text("nothing has to be ordered")}})
	}
	return t
}

func kindWords(k capacity.Kind) string {
	return map[capacity.Kind]string{capacity.Own: "bought", capacity.Hold: "reserved", capacity.Rent: "rented by the hour", capacity.Spot: "rented, may be taken away",
		capacity.API: "managed API", capacity.Degrade: "answered by a lesser arm"}[k]
}

// supply draws demand and capacity. What is above the capacity within the limits goes to an API or a lesser arm.
func (v *planView) supply() Section {
	s := Section{ID: "supply-demand", Title: "Demand, capacity and orders"}
	c := v.Chosen()
	if c == nil {
		return s
	}
	f := chart.Supply{Unit: "requests/s in the busiest hour (forecast)"}
	expected, low, high := v.peaks(forecast.Expected), v.peaks(forecast.Low), v.peaks(forecast.High)
	for i, m := range c.Plan.Months {
		month := chart.SupplyMonth{Name: shortMonth(m.First), Planned: m.Peak, Capacity: v.carried(c, m)}
		if i < len(expected) && i < len(low) && i < len(high) {
			month.Demand = chart.Estimate{Value: expected[i], Low: low[i], High: high[i]}
		}
		month.Overflow = max(0, m.Peak-month.Capacity)
		f.Months = append(f.Months, month)
	}
	for _, o := range plan.ByDate(c.Plan.Orders) {
		f.Orders = append(f.Orders, v.order(c.Plan, o))
	}
	s.Blocks = []Block{Figure{Figure: f, Caption: fmt.Sprintf("Demand is forecast; its band reaches from the scenario low to the scenario high (%s and %s of each month's requests), and the dashed line is the busiest hour of the scenario that is planned for, %s. "+
		"Capacity is what all machines together carry within the limits, spares left out and headroom kept: replicas times the %s rate of one. A diamond is the last day to order, a dot the day of service.",
		sharePercent(v.Demand.Forecast.Low), sharePercent(v.Demand.Forecast.High), v.Demand.PlanFor, c.PerReplica.Origin)}}
	return s
}

// peaks are the busiest hours of a scenario, by month.
func (v *planView) peaks(name string) (all []float64) {
	if s := v.Demand.Forecast.Scenario(name); s != nil {
		for _, m := range s.Months {
			all = append(all, m.Peak.Expected)
		}
	}
	return all
}

// carried is the rate that a month's machines hold, spares left out and headroom kept.
func (v *planView) carried(c *plan.ArmPlan, m capacity.MonthPlan) float64 {
	replicas := 0
	for _, u := range m.Uses {
		replicas += u.Units * v.each(c, u.Option)
	}
	return float64(max(0, replicas-m.Replicas.Spares)) * c.PerReplica.Rate.Value / (1 + v.Reserve.Headroom)
}

// each is how many replicas one unit of an option carries.
func (v *planView) each(c *plan.ArmPlan, option string) int {
	for _, o := range c.Problem.Options {
		if o.Name == option {
			return o.Replicas
		}
	}
	return 0
}

func (v *planView) order(p *capacity.Plan, o capacity.Order) chart.Order {
	at := func(t time.Time) float64 {
		const month = 365.25 / 12 * 24
		return t.Sub(p.Months[0].First).Hours() / month
	}
	return chart.Order{By: at(o.By), Ready: at(o.Service), Text: fmt.Sprintf("by %s: %s", o.By.Format("2 Jan 2006"), orderWords(o))}
}

// replicas is the table of what peaks need, with what a simulation says of it.
func (v *planView) replicas() Section {
	s := Section{ID: "replicas", Title: "Replicas for the limits"}
	c := v.Chosen()
	if c == nil {
		return s
	}
	t := table.Table{Caption: "Replicas by month", Columns: []table.Column{{Title: "month"}, {Title: "peak", Unit: "req/s, forecast", Align: table.Right}, {Title: "with headroom", Unit: "req/s", Align: table.Right},
		{Title: "N", Align: table.Right}, {Title: "spares", Align: table.Right}, {Title: "no balancer does with fewer than", Align: table.Right}}}
	checks := map[time.Time]plan.Check{}
	if v.Checks != nil && v.Checks.Skipped == "" {
		t.Columns = append(t.Columns, v.checkColumns()...)
		for _, k := range v.Checks.Months {
			checks[k.Month] = k
		}
	}
	for _, m := range c.Plan.Months {
		n := table.Cell{Text: fmt.Sprint(m.Replicas.Serving), Sub: strings.TrimPrefix(replicaRange(m.Replicas), "N ")}
		row := table.Row{Cells: []table.Cell{table.Text(monthName(m.First)), table.Text(chart.Amount(m.Peak)), table.Text(chart.Amount(m.Peak * (1 + v.Reserve.Headroom))),
			n, table.Text(fmt.Sprint(m.Replicas.Spares)), floorCell(m.Replicas)}}
		if k, ok := checks[m.First]; ok {
			row.Cells = append(row.Cells, checkCells(k)...)
		}
		t.Rows = append(t.Rows, row)
	}
	s.Blocks = append(s.Blocks, Paragraph(replicasText(c, v.Outlook)), Table{Table: t, Trials: trialsOf(v.Arm(c.Name).Curve)})
	s.Blocks = append(s.Blocks, v.checkBlocks()...)
	return s
}

func floorCell(r capacity.Replicas) table.Cell {
	if r.Floor == 0 {
		return table.Cell{Text: "not known", Tone: table.Quiet}
	}
	return table.Text(fmt.Sprint(r.Floor))
}

func replicasText(c *plan.ArmPlan, o *plan.Outlook) string {
	breaks := fmt.Sprintf("above which p%s %s is the first limit to break", trim(100*c.PerReplica.Binding.Percentile), strings.ToUpper(c.PerReplica.Binding.Metric))
	if !c.PerReplica.Broken {
		breaks = "the highest rate on its curve, at which every limit still holds: more may be possible, and is not known"
	}
	return fmt.Sprintf("One replica of %s holds the limits up to %s (%s, %s), %s. The peak with %s headroom is split over N of them; %d more may fail.",
		c.Name, rateWords(c.PerReplica.Rate.Value), c.PerReplica.Origin, betweenRates(c.PerReplica), breaks, sharePercent(o.Reserve.Headroom), o.Reserve.Spares)
}

func (v *planView) checkColumns() []table.Column {
	columns := []table.Column{{Title: "simulated", Align: table.Left}}
	for _, l := range v.Limits {
		columns = append(columns, table.Column{Title: sloName(l), Unit: "simulated", Align: table.Right})
	}
	return columns
}

func checkCells(k plan.Check) []table.Cell {
	verdict := table.Cell{Text: "✓ holds", Tone: table.Good}
	if !k.Met {
		verdict = table.Cell{Text: "✗ " + k.Missed, Tone: table.Bad}
	}
	cells := []table.Cell{verdict}
	for _, f := range k.Figures {
		cells = append(cells, figureCell(f))
	}
	return cells
}

// figureCell is a simulated percentile with its error. Of a percentile that the simulator does not tell only the verdict is known.
func figureCell(f plan.CheckFigure) table.Cell {
	c := table.Cell{Text: chart.Duration(roundDuration(f.NS)), Sub: "error not known"}
	switch {
	case math.IsNaN(f.NS):
		return table.Cell{Text: "—", Tone: table.Quiet}
	case math.IsInf(f.NS, 1):
		c.Text, c.Tone = "refused", table.Bad
	}
	if !math.IsNaN(f.Error) {
		c.Sub = "± " + errorPercent(f.Error)
	}
	return c
}

// errorPercent is a whole number: errors are known to no more.
func errorPercent(share float64) string { return sharePercent(math.Round(share*100) / 100) }

// roundDuration keeps three digits.
func roundDuration(ns float64) float64 {
	if !(ns > 0) || math.IsInf(ns, 1) {
		return ns
	}
	p := math.Pow(10, math.Floor(math.Log10(ns))-2)
	return math.Round(ns/p) * p
}

func (v *planView) checkBlocks() []Block {
	k := v.Checks
	if k == nil {
		return nil
	}
	if k.Skipped != "" {
		return []Block{Note("Not checked by simulation: " + k.Skipped)}
	}
	text := fmt.Sprintf("Each month's busiest hour, with headroom, is simulated on N replicas of %s without the spares, behind a balancer of kind %s, by the engine's own scheduler and the step times that the run recorded.", k.Arm, k.Router)
	wrong := 0
	for _, m := range k.Months {
		if !m.Met {
			wrong++
		}
	}
	if wrong > 0 {
		text += fmt.Sprintf(" It disagrees with the curve in %d of %s: either is wrong there.", wrong, plural(len(k.Months), "month"))
	} else {
		text += " It agrees with the curve in every month."
	}
	blocks := []Block{Paragraph(text)}
	if len(k.Errors) == 0 {
		return append(blocks, Note("How far the simulator is off is not known: nothing in the run could be held against it."))
	}
	return append(blocks, Table{Table: checkErrors(k.Errors)})
}

func checkErrors(all []plan.CheckError) table.Table {
	t := table.Table{Caption: "Error of the simulator, where it could be held against measurements", Columns: []table.Column{{Title: "metric"}, {Title: "cells", Align: table.Right}, {Title: "median error", Align: table.Right}, {Title: "worst error", Align: table.Right}, {Title: "reach", Prose: true}}}
	for _, e := range all {
		reach := table.Cell{Text: "within what was measured", Tone: table.Quiet}
		if e.Beyond {
			reach = table.Cell{Text: "the peak is busier than anything measured", Tone: table.Doubt}
		}
		t.Rows = append(t.Rows, table.Row{Cells: []table.Cell{table.Text(e.Metric), table.Text(fmt.Sprint(e.Cells)), table.Text(errorPercent(e.Median)), table.Text(errorPercent(e.Worst)), reach}})
	}
	return t
}

func trialsOf(c capacity.Curve) []string {
	var all []string
	for _, p := range c.Points {
		all = append(all, p.Trials...)
	}
	return distinct(all)
}
