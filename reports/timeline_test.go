package reports

import (
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/reports/chart"
)

func stepsOf(sequences ...[]uint64) (steps []record.Step) {
	for i, seqs := range sequences {
		s := record.Step{Start: int64(100 + 10*i), Duration: 10}
		for _, q := range seqs {
			kind := "decode"
			if i == 0 {
				kind = record.Prefill
			}
			s.Items = append(s.Items, record.StepItem{Seq: q, Kind: kind, Rows: 3})
		}
		steps = append(steps, s)
	}
	return steps
}

// A sequence keeps its lane, also over steps in which it has no row, and another takes it after.
func TestTimelineLanes(t *testing.T) {
	tl := &analysis.Timeline{From: 100, Steps: stepsOf([]uint64{1, 2}, []uint64{1}, []uint64{2, 3}, []uint64{2}, []uint64{4, 5})}
	boxes, lanes := timelineBoxes(tl)
	want := []chart.TimelineBox{{Lane: 0, From: 0, To: 10, Prefill: true}, {Lane: 1, From: 0, To: 10, Prefill: true}, {Lane: 0, From: 10, To: 20},
		{Lane: 1, From: 20, To: 30}, {Lane: 0, From: 20, To: 30}, {Lane: 1, From: 30, To: 40}, {Lane: 0, From: 40, To: 50}, {Lane: 1, From: 40, To: 50}}
	if lanes != 2 || len(boxes) != len(want) {
		t.Fatalf("%d lanes, %+v", lanes, boxes)
	}
	for i := range want {
		if boxes[i] != want[i] {
			t.Errorf("box %d is %+v, want %+v", i, boxes[i], want[i])
		}
	}
}

func TestTimelineIsWorded(t *testing.T) {
	s := &analysis.Study{Timelines: []analysis.Timeline{
		{GapFrom: 100, GapTo: 50e6 + 100, To: 1e9, Steps: stepsOf([]uint64{1}), Prefill: 48e6, Prompts: 512, Lost: 1},
		{GapFrom: 100, GapTo: 2e6 + 100, To: 1e9, Steps: stepsOf([]uint64{1})}}}
	section := newView(s).timelines()
	words, ok := section.Blocks[1].(List)
	if !ok || len(words) != 2 || !strings.Contains(words[0], "no token for 50 ms, of which 48 ms went into steps that computed 512 rows of prompts; the trace of this trial lacks 1 step.") ||
		!strings.Contains(words[1], "no token for 2 ms, and no step in it computed a prompt.") {
		t.Errorf("%q", words)
	}
	if got := newView(&analysis.Study{}).timelines(); len(got.Blocks) != 0 {
		t.Errorf("without traces: %+v", got)
	}
}
