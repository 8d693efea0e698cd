package reports

import (
	"fmt"
	"slices"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/reports/chart"
)

// prefixSettings decide what a prefix cache finds.
var prefixSettings = []string{"prefix_cache", "eviction", "kv_tokens"}

// hits shows what a hit in the prefix cache is worth, where a run varies what is found and something
// was found.
func (v *view) hits() Section {
	s := Section{ID: "hits", Title: "Hit rate against TTFT", Detail: true}
	arms := v.peers(prefixSettings)
	found := slices.ContainsFunc(arms, func(a *analysis.Arm) bool {
		return slices.ContainsFunc(v.cellsOf(a.Arm.ID), func(c *analysis.Cell) bool { return c.PrefixHits.Known() && c.PrefixHits.Estimate > 0 })
	})
	if !found {
		return s
	}
	p := v.hitPercentile(arms)
	f := chart.Hits{Latency: percentileName(p) + " TTFT"}
	for _, name := range v.varying(arms, prefixSettings) {
		f.Settings = append(f.Settings, chart.HitSetting{Name: name, Values: v.valuesOf(arms, name)})
	}
	for _, l := range v.drawnLoads() {
		if panel := v.hitPanel(f.Settings, arms, l, p); len(panel.Points) > 0 {
			f.Panels = append(f.Panels, panel)
		}
	}
	if len(f.Panels) == 0 {
		return s
	}
	caption := "Arms that differ in nothing but " + sentence(v.varying(arms, prefixSettings)) + ". A point is an arm at a load, with its number and the interval of its latency: " +
		"further right, less of the prompts is computed; lower is better. The share is of all prompt tokens of the load, by the engine's counters."
	if n := len(f.Panels); n < len(v.Run.Loads) {
		caption += fmt.Sprintf(" %d of %d loads are drawn.", n, len(v.Run.Loads))
	}
	s.Blocks = []Block{Figure{Figure: f, Caption: caption + v.others(len(arms)), Trials: v.trialsOf(arms)}}
	return s
}

// hitPercentile is p95, or the median where there are more medians than decided 95th percentiles.
func (v *view) hitPercentile(arms []*analysis.Arm) float64 {
	tails, medians := 0, 0
	for _, a := range arms {
		for _, c := range v.cellsOf(a.Arm.ID) {
			if _, ok := estimate(percentile(c, "ttft", p95), same); ok {
				tails++
			}
			if _, ok := estimate(percentile(c, "ttft", 0.5), same); ok {
				medians++
			}
		}
	}
	if medians > tails {
		return 0.5
	}
	return p95
}

// valuesOf are a setting's different values, in the order of its axis and then of the arms.
func (v *view) valuesOf(arms []*analysis.Arm, name string) []string {
	var out []string
	for _, axis := range v.Run.Axes {
		if axis.Name == name {
			out = slices.Clone(axis.Values)
		}
	}
	var used []string
	for _, a := range arms {
		used = append(used, setting(a.Arm, name))
	}
	out = slices.DeleteFunc(out, func(value string) bool { return !slices.Contains(used, value) })
	return distinct(append(out, used...))
}

func (v *view) hitPanel(settings []chart.HitSetting, arms []*analysis.Arm, l record.Load, p float64) chart.HitPanel {
	panel := chart.HitPanel{Title: v.load(l.ID), Limit: v.frontLimit("ttft", p)}
	for _, a := range arms {
		c := v.cells[[2]string{a.Arm.ID, l.ID}]
		latency, ok := estimate(percentile(c, "ttft", p), same)
		if !ok || !c.PrefixHits.Known() {
			continue
		}
		pt := chart.HitPoint{Number: v.number[a.Arm.ID], Name: a.Arm.Name, Strong: a.Arm.ID == v.Choice.Arm, Share: c.PrefixHits.Estimate, Latency: latency}
		for _, s := range settings {
			pt.Values = append(pt.Values, slices.Index(s.Values, setting(a.Arm, s.Name)))
		}
		panel.Points = append(panel.Points, pt)
	}
	return panel
}
