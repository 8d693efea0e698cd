package reports

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/reports/chart"
)

const p95 = 0.95

// frontAxis is the latency the trade-off is drawn by, with its value of an arm.
func (v *view) frontAxis() (metric string, of func(*analysis.Arm) analysis.Value) {
	if v.Front.Metric == "ttft" {
		return "ttft", func(a *analysis.Arm) analysis.Value { return a.P95TTFT }
	}
	return "e2e", func(a *analysis.Arm) analysis.Value { return a.P95E2E }
}

func (v *view) tradeoff() Section {
	if v.Systems != nil {
		return v.systemsFigure()
	}
	s := Section{ID: "tradeoff", Title: "Quality, latency and cost"}
	metric, of := v.frontAxis()
	load := v.Front.Load
	f := chart.Tradeoff{
		Latency: "p95 " + metricName(metric) + " at " + v.load(load),
		Limit:   v.frontLimit(metric, p95),
		Bound:   100 * v.Run.Quality.Bound,
	}
	var missing []string
	for i := range v.Arms {
		a := &v.Arms[i]
		latency, ok1 := estimate(of(a), same)
		loss, ok2 := estimate(a.QualityLoss, lossUnit.of)
		if !ok1 || !ok2 {
			missing = append(missing, fmt.Sprint(v.number[a.Arm.ID]))
			continue
		}
		f.Arms = append(f.Arms, v.point(a, latency, loss))
	}
	if len(f.Arms) == 0 {
		return s
	}
	s.Blocks = []Block{Figure{Figure: f, Caption: v.tradeoffCaption(f, missing), Trials: v.trialsAt(load)}}
	return s
}

func (v *view) point(a *analysis.Arm, latency, loss chart.Estimate) chart.Arm {
	p := chart.Arm{Number: v.number[a.Arm.ID], Name: a.Arm.Name, Latency: latency, Loss: loss}
	if cost := say(a.Cost.PerMillion, v.money); !cost.Missing && a.Cost.PerMillion.Estimate > 0 {
		p.Cost, p.CostText = a.Cost.PerMillion.Estimate, cost.Number
	}
	switch {
	case a.Arm.ID == v.Choice.Arm:
		p.Standing = chart.Recommended
	case a.OnFront:
		p.Standing = chart.Front
	}
	return p
}

func (v *view) tradeoffCaption(f chart.Tradeoff, missing []string) string {
	s := "Lower left is better. Each point is an arm, numbered as in the tables, with its intervals (levels and samples are in the table of arms); " +
		"the area is the cost per million tokens at capacity."
	if slices.ContainsFunc(f.Arms, func(a chart.Arm) bool { return a.Standing == chart.Front }) {
		s += " The line is the front in latency and loss alone: an arm on the front that lies above it is there because it costs less."
	}
	if len(missing) > 0 {
		s += " Not drawn, because latency or quality is insufficient or not measured: " + strings.Join(missing, ", ") + "."
	}
	return s
}

func (v *view) distributions() Section {
	s := Section{ID: "distributions", Title: "Latency distributions", Detail: true}
	arms, omitted := v.drawn()
	loads := v.drawnLoads()
	for _, metric := range []string{"ttft", "e2e"} {
		f := chart.CDF{Name: "cdf-" + metric, Metric: metricName(metric), Series: v.series(arms)}
		for _, l := range loads {
			if p, ok := v.cdfPanel(metric, l, arms); ok {
				f.Panels = append(f.Panels, p)
			}
		}
		if len(f.Panels) > 0 {
			s.Blocks = append(s.Blocks, Heading(metricNames[metric]), Figure{Figure: f, Caption: v.cdfCaption(arms, omitted, len(loads)), Trials: v.trialsOf(arms)})
		}
	}
	return s
}

func (v *view) cdfPanel(metric string, l record.Load, arms []*analysis.Arm) (chart.CDFPanel, bool) {
	p := chart.CDFPanel{Title: v.load(l.ID)}
	if len(l.Classes) == 0 { // which have limits, not their mixture
		p.Limit = limitOn(metric, v.Run.SLOs)
	}
	return p, v.cdfCurves(&p, l, arms, func(c *analysis.Cell) []analysis.CDFPoint { return c.CDF[metric] })
}

// cdfCurves adds a curve for each arm, and says whether there is one.
func (v *view) cdfCurves(p *chart.CDFPanel, l record.Load, arms []*analysis.Arm, of func(*analysis.Cell) []analysis.CDFPoint) (any bool) {
	for _, a := range arms {
		var steps []chart.Step
		if c := v.cells[[2]string{a.Arm.ID, l.ID}]; c != nil {
			for _, pt := range of(c) {
				steps = append(steps, chart.Step{NS: pt.X, Share: pt.Y})
			}
		}
		any = any || len(steps) > 0
		p.Curves = append(p.Curves, steps)
	}
	return any
}

// limitOn is the limit on a metric, the zero Limit where there is none.
func limitOn(metric string, slos []record.SLO) (l chart.Limit) {
	for _, slo := range slos {
		if slo.Metric == metric {
			l = chart.Limit{NS: float64(slo.LimitNS), Share: slo.Percentile}
		}
	}
	return l
}

// drawnLoads are at most four, evenly chosen, the lowest and the highest among them.
func (v *view) drawnLoads() []record.Load {
	const most = 4
	all := v.Run.Loads
	if len(all) <= most {
		return all
	}
	var out []record.Load
	for i := range most {
		out = append(out, all[i*(len(all)-1)/(most-1)])
	}
	return out
}

func (v *view) cdfCaption(arms []*analysis.Arm, omitted, loads int) string {
	s := "Curves further left and steeper are better. A failed request never arrives, so failures keep a curve below 100 %. " +
		"The dashed corner is the limit: a curve that passes above and left of it is within. " + v.issued(arms)
	if omitted > 0 {
		s += fmt.Sprintf(" %s of the front are left out to keep the figure readable; their percentiles are in the tables.", plural(omitted, "further arm"))
	}
	if loads < len(v.Run.Loads) {
		s += fmt.Sprintf(" %d of %d loads are drawn.", loads, len(v.Run.Loads))
	}
	return s
}

// issued words the sample sizes behind the curves.
func (v *view) issued(arms []*analysis.Arm) string {
	var parts, counts []string
	for _, a := range arms {
		var n []string
		for _, c := range v.cellsOf(a.Arm.ID) {
			n = append(n, fmt.Sprint(c.Issued))
		}
		counts = append(counts, n...)
		parts = append(parts, fmt.Sprintf("arm %d: %s", v.number[a.Arm.ID], strings.Join(n, ", ")))
	}
	if len(distinct(counts)) == 1 {
		return "Every curve has n " + counts[0] + " issued requests."
	}
	return "Requests issued by load, " + strings.Join(parts, "; ") + "."
}
