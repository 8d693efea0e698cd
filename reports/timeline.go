package reports

import (
	"fmt"
	"math"
	"slices"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/reports/chart"
)

// timelines show what engines did around the longest gaps, where their steps were kept.
func (v *view) timelines() Section {
	s := Section{ID: "timeline", Title: "Why the longest gaps are what they are", Detail: true}
	if len(v.Timelines) == 0 {
		return s
	}
	var f chart.Timeline
	var trials []string
	var words []string
	for i := range v.Timelines {
		t := &v.Timelines[i]
		f.Panels = append(f.Panels, v.timelinePanel(t))
		trials = append(trials, t.Trial.ID)
		words = append(words, v.timelineWords(t))
	}
	s.Blocks = []Block{Figure{Figure: f, Trials: trials,
		Caption: "Steps of the engine, around the longest gap between two messages of one answer: of all trials, and of the arm where it is shortest at the " +
			"same load. The gap is the client's; the steps are the engine's own, by the clock of the same machine."}, List(words)}
	return s
}

func (v *view) timelineWords(t *analysis.Timeline) string {
	s := fmt.Sprintf("%s at %s: no token for %s", v.arm(t.Trial.Arm), v.load(t.Trial.Load), rounded(t.GapTo-t.GapFrom))
	if t.Prefill > 0 {
		s += fmt.Sprintf(", of which %s went into steps that computed %s of prompts", rounded(t.Prefill), plural(int(t.Prompts), "row"))
	} else {
		s += ", and no step in it computed a prompt"
	}
	if t.Lost > 0 {
		s += fmt.Sprintf("; the trace of this trial lacks %s", plural(int(t.Lost), "step"))
	}
	return s + "."
}

// rounded is a time to three digits: what the machine did beside is in it.
func rounded[T ~int64](ns T) string {
	x := float64(ns)
	if x != 0 {
		unit := math.Pow(10, float64(magnitude(x)-2))
		x = math.Round(x/unit) * unit
	}
	return chart.Duration(x)
}

func (v *view) timelinePanel(t *analysis.Timeline) chart.TimelinePanel {
	p := chart.TimelinePanel{Title: v.arm(t.Trial.Arm) + " at " + v.load(t.Trial.Load), Span: float64(t.To - t.From),
		GapFrom: float64(t.GapFrom - t.From), GapTo: float64(t.GapTo - t.From)}
	p.Boxes, p.Lanes = timelineBoxes(t)
	return p
}

// timelineBoxes gives every sequence a lane from its first step to its last.
func timelineBoxes(t *analysis.Timeline) (boxes []chart.TimelineBox, lanes int) {
	last := map[uint64]int{}
	for i := range t.Steps {
		for _, it := range t.Steps[i].Items {
			last[it.Seq] = i
		}
	}
	var taken []bool
	lane := map[uint64]int{}
	for i := range t.Steps {
		s := &t.Steps[i]
		from := float64(s.Start - t.From)
		for _, it := range s.Items {
			n, known := lane[it.Seq]
			if !known {
				if n = slices.Index(taken, false); n < 0 {
					n, taken = len(taken), append(taken, false)
				}
				lane[it.Seq], taken[n] = n, true
			}
			boxes = append(boxes, chart.TimelineBox{Lane: n, From: from, To: from + float64(s.Duration), Prefill: it.Kind == record.Prefill})
		}
		for _, it := range s.Items { // not before all of the step have a lane
			if last[it.Seq] == i {
				taken[lane[it.Seq]] = false
			}
		}
	}
	return boxes, len(taken)
}
