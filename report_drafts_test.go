package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record/recordtest"
)

func studyOf(t *testing.T, p recordtest.Plan) (string, *analysis.Study) {
	t.Helper()
	set := recordtest.Make(t, p)
	s, err := analysis.Analyse(set, analysis.Options{Draws: 200})
	if err != nil {
		t.Fatal(err)
	}
	return set.Dir, s
}

// What is advised of speculation stands on the terminal and in the object, and nothing of it where it was not swept.
func TestReportUsageOfDrafts(t *testing.T) {
	dir, s := studyOf(t, recordtest.Speculation())
	var text, object strings.Builder
	if err := conclude(&text, dir, s, false); err != nil {
		t.Fatal(err)
	}
	if err := conclude(&object, dir, s, true); err != nil {
		t.Fatal(err)
	}
	var got struct{ Speculation speculation }
	if err := json.Unmarshal([]byte(object.String()), &got); err != nil {
		t.Fatal(err)
	}
	out := got.Speculation
	if out.Baseline != "none" || len(out.Levels) != 3 || len(out.Advice) < 4 {
		t.Fatalf("%+v", out)
	}
	for _, line := range out.Advice {
		if !strings.Contains(text.String(), line+"\n") {
			t.Errorf("not on the terminal: %s", line)
		}
	}
	low, top := out.Levels[0], out.Levels[2]
	if low.Load != "poisson 2/s" || low.Rate != 2 || low.Draft != "suffix, adaptive" || top.Draft != "" || len(low.Arms) != 6 {
		t.Errorf("%+v", out.Levels)
	}
	if a := low.Arms[5]; a.Arm != "suffix, adaptive" || a.Speedup == nil || *a.Low >= *a.Speedup || *a.High <= *a.Speedup || a.Expected == nil || a.Pairs != 62 {
		t.Errorf("%+v", a)
	}
	_, s = studyOf(t, recordtest.Small())
	object.Reset()
	if err := conclude(&object, dir, s, true); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(object.String(), "speculation") {
		t.Errorf("of a run that does not sweep it: %s", object.String())
	}
}
