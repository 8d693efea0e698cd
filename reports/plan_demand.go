package reports

import (
	"fmt"
	"math"
	"strings"

	"github.com/assaylab/assay/analysis/capacity"
	"github.com/assaylab/assay/analysis/forecast"
	"github.com/assaylab/assay/analysis/plan"
	"github.com/assaylab/assay/reports/chart"
	"github.com/assaylab/assay/reports/table"
)

// scenarios are the same question for other demand.
func (v *planView) scenarios() Section {
	s := Section{ID: "scenarios", Title: "If demand is another"}
	if len(v.Scenarios) == 0 {
		return s
	}
	t := table.Table{Caption: "A plan for each scenario of demand", Columns: []table.Column{{Title: "scenario"}, {Title: "highest peak", Unit: "req/s, forecast", Align: table.Right}, {Title: "replicas in the last month", Align: table.Right},
		{Title: "paid", Align: table.Right}, {Title: "net present cost", Align: table.Right}, {Title: "the orders of the plan kept", Unit: "net present cost", Align: table.Right}, {Title: "mix", Prose: true}}}
	for _, p := range v.Scenarios {
		row := table.Row{Marked: p.Planned, Cells: []table.Cell{table.Text(p.Name), table.Text(chart.Amount(p.Peak))}}
		if p.Plan == nil {
			row.Cells = append(row.Cells, table.Cell{}, table.Cell{Text: "infeasible", Tone: table.Bad}, table.Cell{}, keptCell(p), table.Cell{Text: "because " + p.Infeasible, Tone: table.Quiet})
		} else {
			last := p.Plan.Months[len(p.Plan.Months)-1]
			row.Cells = append(row.Cells, table.Text(fmt.Sprint(last.Replicas.Total())), table.Text(wholeMoney(p.Plan.Paid)), table.Text(wholeMoney(p.Plan.NPV)), keptCell(p), table.Text(mixWords(p.Plan.Mix)))
		}
		t.Rows = append(t.Rows, row)
	}
	s.Blocks = []Block{Table{Table: t}, Note("Each row plans for its own scenario; the marked one is planned for. What its orders come to if demand is another, with the rest rented or called, is in the last column but one.")}
	return s
}

func keptCell(p plan.ScenarioPlan) table.Cell {
	if p.Kept.Plan == nil {
		return table.Cell{Text: "not enough", Sub: p.Kept.Infeasible, Tone: table.Bad}
	}
	return table.Text(wholeMoney(p.Kept.Plan.NPV))
}

// arms are the curves that it rests on, and what each arm would cost.
func (v *planView) arms() Section {
	s := Section{ID: "arms", Title: "Arms"}
	t := table.Table{Caption: "What one replica holds, and what a plan with it costs", Columns: []table.Column{{Title: "arm"}, {Title: "holds", Align: table.Right}, {Title: "known from"}, {Title: "first limit to break", Prose: true}, {Title: "net present cost", Align: table.Right}, {Title: "source", Prose: true}}}
	for i, a := range v.Outlook.Arms {
		curve := v.Arm(a.Name).Curve
		row := table.Row{Marked: i == v.Best, Cells: []table.Cell{table.Text(a.Name)}}
		if a.Plan == nil {
			row.Cells = append(row.Cells, table.Cell{Text: "infeasible", Tone: table.Bad}, table.Text(string(curve.Origin)), table.Cell{Text: "because " + a.Infeasible}, table.Cell{}, table.Text(curve.Source))
		} else {
			holds := table.Cell{Text: rateWords(a.PerReplica.Rate.Value), Sub: betweenRates(a.PerReplica)}
			row.Cells = append(row.Cells, holds, table.Text(string(a.PerReplica.Origin)), table.Text(bindingWords(a.PerReplica)), table.Text(wholeMoney(a.Plan.NPV)), table.Text(curve.Source))
		}
		t.Rows = append(t.Rows, row)
	}
	s.Blocks = []Block{Table{Table: t}}
	for _, a := range v.Inputs.Arms {
		if len(a.Curve.Notes) > 0 {
			s.Blocks = append(s.Blocks, Heading(a.Name), List(a.Curve.Notes))
		}
	}
	return s
}

func bindingWords(p capacity.PerReplica) string {
	if !p.Broken {
		return "none on its curve"
	}
	return fmt.Sprintf("p%s %s ≤ %s", trim(100*p.Binding.Percentile), strings.ToUpper(p.Binding.Metric), chart.Duration(float64(p.Binding.LimitNS)))
}

// backtests are how wrong forecasts of this history were.
func (v *planView) backtests() Section {
	s := Section{ID: "forecast", Title: "How the forecast was tested", Detail: true}
	f := v.Demand.Forecast
	if f == nil {
		return s
	}
	s.Blocks = append(s.Blocks, Terms{{"made from", f.Source}, {"model", f.Model + ": " + f.Why},
		{"growth of a month", fmt.Sprintf("%s (%s to %s)", sharePercent(f.Growth.Expected), sharePercent(f.Growth.Low), sharePercent(f.Growth.High))},
		{"requests in all months", fmt.Sprintf("%s (%s to %s)", chart.Amount(f.Total.Expected), chart.Amount(f.Total.Low), chart.Amount(f.Total.High))}})
	if len(f.Backtests) > 0 {
		s.Blocks = append(s.Blocks, Table{Table: backtestTable(f.Backtests)})
	}
	if len(f.Notes) > 0 {
		s.Blocks = append(s.Blocks, List(f.Notes))
	}
	return s
}

func backtestTable(all []forecast.Backtest) table.Table {
	t := table.Table{Caption: "Each model fitted to the beginning of the history and held to what came after", Columns: []table.Column{{Title: "model"}, {Title: "weeks ahead", Align: table.Right}, {Title: "hourly error", Unit: "sMAPE", Align: table.Right},
		{Title: "weekly error", Unit: "sMAPE", Align: table.Right}, {Title: "error of peaks", Unit: "sMAPE", Align: table.Right}, {Title: "hours within the 80 % interval", Align: table.Right}, {Title: "loss", Align: table.Right}}}
	for _, b := range all {
		t.Rows = append(t.Rows, table.Row{Cells: []table.Cell{table.Text(b.Model), table.Text(fmt.Sprint(b.Weeks)), table.Text(sharePercent(math.Round(b.Hourly.SMAPE*1e3) / 1e3)), table.Text(sharePercent(math.Round(b.Weekly.SMAPE*1e3) / 1e3)),
			table.Text(sharePercent(math.Round(b.Peaks.SMAPE*1e3) / 1e3)), table.Text(sharePercent(math.Round(b.Hourly.Covered80*1e3) / 1e3)), table.Text(trim(math.Round(b.Loss*1e3) / 1e3))}})
	}
	return t
}
