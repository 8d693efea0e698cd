package analysis

import (
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
)

func taskSet(quality map[string]*record.Quality, arms ...record.Arm) *record.Set {
	return &record.Set{Run: record.Run{Arms: arms}, Quality: quality}
}

func hits(kind, form string, pattern string) record.Task {
	m := record.Metric{Name: "right"}
	for _, c := range pattern {
		m.Hits = append(m.Hits, c == '1')
	}
	return record.Task{Kind: kind, Form: form, Source: "q.jsonl", Metrics: []record.Metric{m}}
}

// TestTasksInPairs: arms that share answers have one row, the engine is what others are compared
// with wherever it stands, and the difference is over pairs.
func TestTasksInPairs(t *testing.T) {
	remote := &record.Deployment{Target: "vllm"}
	set := taskSet(map[string]*record.Quality{
		"e": {Tasks: []record.Task{hits("letters", "text", "11110000"), hits("letters", "chat", "11111111")}},
		"v": {Tasks: []record.Task{hits("letters", "text", "11101010")}, NotAsked: []string{"code of x: cannot"}},
	}, record.Arm{ID: "v1", TasksID: "v", Deployment: remote}, record.Arm{ID: "e1", TasksID: "e"}, record.Arm{ID: "e2", TasksID: "e"},
		record.Arm{ID: "gone", TasksID: "g", Deployment: remote}, record.Arm{ID: "none"})
	figures, gaps := tasksOf(set, func(t record.Task) []record.Metric { return t.Metrics })
	if len(figures) != 2 || figures[0].Form != "text" || figures[0].Unit != "ratio" || len(figures[0].Rows) != 2 || len(figures[1].Rows) != 1 {
		t.Fatalf("found %+v", figures)
	}
	engine, other := figures[0].Rows[0], figures[0].Rows[1]
	if !slices.Equal(engine.Arms, []string{"e1", "e2"}) || !engine.Reference || other.Reference {
		t.Errorf("found the rows %+v and %+v", engine, other)
	}
	want := stat.Wilson(5, 8)
	if other.Value.Estimate != 5./8 || other.Value.Low != want.Low || other.Value.High != want.High || other.Value.N != 8 {
		t.Errorf("share %+v", other.Value)
	}
	if other.Gained != 2 || other.Lost != 1 || other.Difference.Estimate != 1./8 {
		t.Errorf("difference %+v", other)
	}
	if want := []TaskGap{{[]string{"v1"}, "code of x: cannot"}, {[]string{"gone"}, "no answers to the tasks"}}; !reflect.DeepEqual(gaps, want) {
		t.Errorf("gaps %+v, want %+v", gaps, want)
	}
}

func TestTasksOfOtherItems(t *testing.T) {
	row := taskRow(nil, record.Metric{Hits: []bool{true}}, record.Metric{Hits: []bool{true, false}}, false)
	if row.Difference.Note != "of other items" {
		t.Errorf("found %+v", row)
	}
	row = taskRow(nil, record.Metric{Values: []float64{1, 2, 6}, Unit: "nats"}, record.Metric{Values: []float64{1, 1, 1}, Unit: "nats"}, false)
	if row.Difference.Estimate != 2 || row.Value.Estimate != 3 || row.Value.Unit != "nats" {
		t.Errorf("found %+v", row)
	}
	if one := meanOf([]float64{4}, "nats"); one.Estimate != 4 || !math.IsInf(one.High, 1) {
		t.Errorf("a mean of one value: %+v", one)
	}
}
