package reports

import (
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis"
)

// The section of tasks has a table for each figure, and says what there is none of.
func TestTasksSection(t *testing.T) {
	share := analysis.Value{Estimate: .5, Low: .4, High: .6, Level: .95, N: 40, Unit: "ratio"}
	s := &analysis.Study{
		Tasks: []analysis.TaskFigure{{Kind: "letters", Form: "chat", Source: "q.jsonl", Metric: "accuracy by letter", Unit: "ratio", Rows: []analysis.TaskRow{
			{Arms: []string{"a"}, Value: share, Reference: true, Difference: analysis.Value{Note: "the reference"}},
			{Arms: []string{"b", "c"}, Value: share, Difference: analysis.Value{Estimate: .1, Low: -.1, High: .3, Level: .95, N: 40, Unit: "ratio"}, Gained: 7, Lost: 3},
		}}},
		TaskGaps: []analysis.TaskGap{{Arms: []string{"b"}, Reason: "code of x.txt: no"}},
	}
	page := Page{Title: "t", Sections: []Section{newView(s).tasks()}}
	var b strings.Builder
	if err := HTML(&b, page); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"accuracy by letter", "answering a message", "b, c", "the reference", ">7<", ">3<", "Not known of b: code of x.txt: no."} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the section does not say %q", want)
		}
	}
	if empty := newView(&analysis.Study{}).tasks(); len(empty.Blocks) > 0 {
		t.Errorf("without tasks there is %v", empty.Blocks)
	}
}
