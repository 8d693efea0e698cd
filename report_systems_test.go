package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/record/recordtest"
)

// What a script gets of a run of several systems: costs by request, the volumes at which machines pay, what was not compared.
func TestReportJSONOfSystems(t *testing.T) {
	p := recordtest.ManySystems()
	dir, s := studyOf(t, p)
	var object strings.Builder
	_ = conclude(&object, dir, s, true)
	var got summary
	if err := json.Unmarshal([]byte(object.String()), &got); err != nil {
		t.Fatal(err)
	}
	x := got.Systems
	if x == nil || len(x.Arms) != 12 || len(x.Volumes) != 2 || x.Machines != got.Arm || len(x.Incomparable) == 0 {
		t.Fatalf("%s", object.String())
	}
	for _, a := range x.Arms {
		switch a.Arm {
		case "lent", "vllm-256":
			if a.Requests != nil || a.QualityLoss != nil {
				t.Errorf("%+v", a)
			}
		case "api-mini":
			if a.Requests == nil || !a.Listed || *a.Low > *a.Requests || a.System != "api-mini" || a.QualityLoss != nil {
				t.Errorf("%+v", a)
			}
		}
	}
	if b := x.Volumes[0]; b.Verdict != "pays" || b.Always == nil || *b.Low > *b.Always {
		t.Errorf("%+v", b)
	}
	if one, small := studyOf(t, recordtest.Small()); systemsOf(small) != nil || one == "" {
		t.Error("a run of one system")
	}
}
