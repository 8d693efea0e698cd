package reports

import (
	"fmt"
	"slices"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/reports/chart"
)

// scheduling are the settings that say who runs when. They change no answer: what they buy is
// throughput, and what they cost is waiting.
var scheduling = []string{"batching", "batch_wait", "preferred_batch", "chunked_prefill", "prefill_chunk", "prefill_order", "queue_order", "queue_ageing"}

// schedules are the arms that differ in nothing but scheduling, at most as many as there are colours:
// the recommended one, one of every batching and prefill order, and others in the run's order.
func (v *view) schedules() (arms []*analysis.Arm, omitted int) {
	const most = 6
	all := v.peers(scheduling)
	pick := func(want func(*analysis.Arm) bool) {
		for _, a := range all {
			if len(arms) < most && !slices.Contains(arms, a) && want(a) {
				arms = append(arms, a)
			}
		}
	}
	pick(func(a *analysis.Arm) bool { return a.Arm.ID == v.Choice.Arm })
	pick(func(a *analysis.Arm) bool {
		return len(v.values(append(arms, a), policy)) > len(v.values(arms, policy))
	})
	pick(func(*analysis.Arm) bool { return true })
	slices.SortFunc(arms, func(a, b *analysis.Arm) int { return v.number[a.Arm.ID] - v.number[b.Arm.ID] })
	return arms, len(all) - len(arms)
}

// policy are the settings of which no value is left out of a figure while another is shown twice.
var policy = []string{"batching", "prefill_order"}

// waiting shows what scheduling alone buys and costs, where a run varies it.
func (v *view) waiting() Section {
	s := Section{ID: "waiting", Title: "Throughput against waiting", Detail: true}
	arms, omitted := v.schedules()
	if len(arms) == 0 {
		return s
	}
	f := chart.Throughput{Name: "waiting", Heading: "Waiting against throughput, by scheduling", Series: v.series(arms), Panels: v.throughputPanels(arms, "ttft", "itl")}
	if len(f.Panels) == 0 {
		return s
	}
	caption := "Arms that differ in nothing but " + sentence(v.varying(arms, scheduling)) + ". Lower right is better: tokens come out faster, and nobody waits longer for the first (TTFT) or the next (ITL). " +
		"A point is an arm at one load, joined in the order of the rates; bars are intervals."
	if slices.ContainsFunc(v.Run.SLOs, func(s record.SLO) bool { return s.Metric == "itl" }) {
		caption += " The limit on ITL is judged by the gaps of each request, and not by all gaps together, as drawn here."
	}
	if omitted > 0 {
		caption += fmt.Sprintf(" %s left out to keep the figure readable.", plural(omitted, "further arm"))
	}
	caption += v.others(len(arms) + omitted)
	s.Blocks = []Block{Figure{Figure: f, Caption: caption, Trials: v.trialsOf(arms)}}
	return s
}

func (v *view) throughput() Section {
	s := Section{ID: "throughput", Title: "Latency against throughput", Detail: true}
	arms, omitted := v.drawn()
	metrics := []string{"ttft", "e2e"}
	if above, _ := v.schedules(); len(arms) > 0 && !slices.ContainsFunc(arms, func(a *analysis.Arm) bool { return !slices.Contains(above, a) }) {
		metrics = []string{"e2e"} // TTFT of these arms is in the figure above
	}
	f := chart.Throughput{Name: "throughput", Heading: s.Title, Series: v.series(arms), Panels: v.throughputPanels(arms, metrics...)}
	if len(f.Panels) == 0 {
		return s
	}
	caption := "Lower right is better. A point is an arm at one load, loads joined in order: right and up as more is asked and delivered, up alone where an arm falls behind. Bars are intervals of the latency, whose levels are in the tables of cells; the lines guide the eye and predict nothing."
	if omitted > 0 {
		caption += fmt.Sprintf(" %s of the front are left out.", plural(omitted, "further arm"))
	}
	s.Blocks = []Block{Figure{Figure: f, Caption: caption, Trials: v.trialsOf(arms)}}
	return s
}

// throughputPanels are one for each metric and kind of request; those without a number are left out.
func (v *view) throughputPanels(arms []*analysis.Arm, metrics ...string) []chart.ThroughputPanel {
	var out []chart.ThroughputPanel
	families := v.families()
	for _, f := range families {
		for _, metric := range metrics {
			p := v.throughputPanel(arms, metric, f)
			if len(families) > 1 {
				p.Title += ", " + f.name
			}
			if slices.ContainsFunc(p.Lines, func(l []chart.ThroughputPoint) bool { return len(l) > 0 }) {
				out = append(out, p)
			}
		}
	}
	return out
}

// throughputPanel is at p95, or at the percentile that a limit on the metric is set on, where every
// point that has the one has the other too.
func (v *view) throughputPanel(arms []*analysis.Arm, metric string, f family) chart.ThroughputPanel {
	at := func(p float64) (panel chart.ThroughputPanel, points int) {
		panel = chart.ThroughputPanel{Title: percentileName(p) + " " + metricName(metric), Of: perWhat(metric), Limit: v.frontLimit(metric, p)}
		for _, a := range arms {
			line := v.throughputLine(a, metric, p, f)
			panel.Lines, points = append(panel.Lines, line), points+len(line)
		}
		return panel, points
	}
	panel, points := at(p95)
	if panel.Limit > 0 {
		return panel
	}
	for _, slo := range v.Run.SLOs {
		if slo.Metric == metric {
			if other, n := at(slo.Percentile); n >= points {
				return other
			}
		}
	}
	return panel
}

// perWhat says what the samples of a metric are.
func perWhat(metric string) string {
	if metric == "itl" {
		return "of all gaps between tokens"
	}
	return "per request"
}

// throughputLine leaves out percentiles that were not decided.
func (v *view) throughputLine(a *analysis.Arm, metric string, p float64, f family) []chart.ThroughputPoint {
	var line []chart.ThroughputPoint
	for _, l := range f.loads {
		c := v.cells[[2]string{a.Arm.ID, l.ID}]
		est, ok := estimate(percentile(c, metric, p), same)
		if ok && c.Throughput.Known() {
			line = append(line, chart.ThroughputPoint{Tokens: c.Throughput.Estimate, Latency: est})
		}
	}
	return line
}
