package reports

import (
	"fmt"
	"strings"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/reports/chart"
)

// occupancy shows how full the KV cache was, where engines kept their steps.
func (v *view) occupancy() Section {
	s := Section{ID: "occupancy", Title: "KV cache over time", Detail: true}
	if len(v.Occupancies) == 0 {
		return s
	}
	var f chart.Occupancy
	var trials []string
	var words []string
	for i := range v.Occupancies {
		o := &v.Occupancies[i]
		f.Panels = append(f.Panels, v.occupancyPanel(o))
		trials = append(trials, o.Trial.ID)
		words = append(words, v.occupancyWords(o))
	}
	s.Blocks = []Block{Figure{Figure: f, Trials: trials,
		Caption: "Blocks at the engine's steps. Cached blocks belong to no request and are given up when room is short; blank is time without a step. " +
			"Of the steps that share a place on the time axis, the one with the most held blocks is drawn."}, List(words)}
	return s
}

func (v *view) occupancyPanel(o *analysis.Occupancy) chart.OccupancyPanel {
	p := chart.OccupancyPanel{Title: v.arm(o.Trial.Arm) + " at " + v.load(o.Trial.Load), Unit: "KV blocks", Span: float64(o.Span), Blocks: o.Blocks}
	if size := v.blockSize(o); size != "" {
		p.Unit += " of " + size + " tokens"
	}
	p.Unit += fmt.Sprintf(", %d in all", o.Blocks)
	for _, s := range o.Slices {
		p.Slices = append(p.Slices, chart.OccupancySlice{Held: s.Held, Cached: s.Cached, Free: s.Free, Preempted: s.Preempted > 0})
	}
	return p
}

func (v *view) blockSize(o *analysis.Occupancy) string {
	if a := v.arms[o.Trial.Arm]; a != nil {
		return setting(a.Arm, "block_size")
	}
	return ""
}

func (v *view) occupancyWords(o *analysis.Occupancy) string {
	s := fmt.Sprintf("%s at %s (%s): at most %d of %s held", v.arm(o.Trial.Arm), v.load(o.Trial.Load), strings.Join(o.Why, ", "), o.Held, plural(o.Blocks, "block"))
	s += fmt.Sprintf("; %s and %s in the whole trial", plural(int(o.Preempted), "preemption"), plural(int(o.Evicted), "eviction"))
	if o.Lost > 0 {
		s += fmt.Sprintf("; the trace lacks %s", plural(int(o.Lost), "step"))
	}
	return s + "."
}
