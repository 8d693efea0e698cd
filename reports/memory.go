package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/reports/chart"
)

// memory draws quality against the memory of a request: where needles were looked for, in which
// shows what a bounded cache gives up, and not in perplexity alone; and where formats of the
// cache vary, and the weights do not.
func (v *view) memory() Section {
	s := Section{ID: "memory", Title: "Quality and memory"}
	f := chart.Memory{Panels: []chart.MemoryPanel{
		{Title: "needles found", Note: "% of items, higher is better", Share: true},
		{Title: "quality loss", Note: "% of perplexity, lower is better"},
	}}
	var trials []string
	group, what := v.keeping()
	for _, name := range v.groups(group) {
		var needles, losses []chart.MemoryPoint
		for _, a := range v.byMemory(group, name) {
			if e, ok := estimate(a.Needle, func(x float64) float64 { return 100 * x }); ok {
				needles = append(needles, chart.MemoryPoint{Bytes: float64(a.MeanKVBytes), Quality: e})
			}
			if e, ok := estimate(a.QualityLoss, lossUnit.of); ok {
				losses = append(losses, chart.MemoryPoint{Bytes: float64(a.MeanKVBytes), Quality: e})
			}
		}
		if len(needles) == 0 && !(v.variesCache() && len(losses) > 0) {
			continue
		}
		f.Series = append(f.Series, chart.Series{Number: len(f.Series) + 1, Name: name})
		f.Panels[0].Lines = append(f.Panels[0].Lines, needles)
		f.Panels[1].Lines = append(f.Panels[1].Lines, losses)
		trials = v.trialsAt("")
	}
	if len(f.Series) == 0 {
		return s
	}
	f.Panels = slices.DeleteFunc(f.Panels, func(p chart.MemoryPanel) bool {
		return !slices.ContainsFunc(p.Lines, func(l []chart.MemoryPoint) bool { return len(l) > 0 })
	})
	s.Blocks = []Block{Figure{Figure: f, Trials: trials, Caption: "Each point is an arm, each line " + what + ", with 95 % intervals. The memory is the mean over the " +
		"steps of the trials' requests, whose contexts may be longer or shorter than those of needles and windows."}}
	return s
}

// variesCache reports whether the run sweeps the form of keys and values, and not that of weights,
// which would show in the same losses.
func (v *view) variesCache() bool {
	swept := func(names ...string) bool {
		return slices.ContainsFunc(v.Run.Axes, func(a record.Axis) bool { return slices.Contains(names, a.Name) })
	}
	return swept("kv_format", "k_format", "v_format", "k_per_channel", "kv_rotation") && !swept("quantization")
}

// keeping is what arms are told apart by: which positions they keep or, where all keep the same,
// in which form.
func (v *view) keeping() (group func(*record.Arm) string, what string) {
	policy := func(a *record.Arm) string { return setting(*a, "kv_policy") }
	if len(v.groups(policy)) > 1 {
		return policy, "a kv_policy"
	}
	return cacheForm, "a form of the cache"
}

// cacheForm is in which formats an arm caches keys and values.
func cacheForm(a *record.Arm) string {
	form, values := setting(*a, "kv_format"), setting(*a, "kv_format")
	if f := setting(*a, "k_format"); f != "" && f != "same" {
		form = f
	}
	if f := setting(*a, "v_format"); f != "" && f != "same" {
		values = f
	}
	if values != form {
		form += "/" + values
	}
	if setting(*a, "k_per_channel") == "true" {
		form += ", keys per channel"
	}
	if setting(*a, "kv_rotation") == "hadamard" {
		form += ", rotated"
	}
	return form
}

// groups are the values of group among the arms, in their order.
func (v *view) groups(group func(*record.Arm) string) (names []string) {
	for i := range v.Arms {
		if name := group(&v.Arms[i].Arm); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// byMemory are the arms of a group whose memory is known, the smallest first.
func (v *view) byMemory(group func(*record.Arm) string, name string) (arms []*analysis.Arm) {
	for i := range v.Arms {
		if a := &v.Arms[i]; a.MeanKVBytes > 0 && group(&a.Arm) == name {
			arms = append(arms, a)
		}
	}
	slices.SortStableFunc(arms, func(a, b *analysis.Arm) int { return cmp.Compare(a.MeanKVBytes, b.MeanKVBytes) })
	return arms
}

// join prints numbers with commas.
func join[N int | float64](numbers []N) string {
	var all []string
	for _, n := range numbers {
		all = append(all, fmt.Sprint(n))
	}
	return strings.Join(all, ", ")
}
