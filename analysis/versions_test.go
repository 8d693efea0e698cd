package analysis

import (
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/loadgen/result"
)

// Versions that change from one load to the next are warned of, of each target apart.
func TestVersionsAreWarnedOf(t *testing.T) {
	p := recordtest.Small()
	p.EditRun = func(r *record.Run) {
		for i := range r.Arms {
			r.Arms[i].Deployment = &record.Deployment{Target: "api of " + r.Arms[i].ID, Model: "m"}
		}
	}
	p.Edit = func(r *record.Trial, _ []result.Request) bool {
		r.Server = &record.Server{}
		if r.Key.Arm == "fast" && r.Key.Load == recordtest.LoadID(40) {
			r.Server.Models = []string{"m-2026-12-01"}
		}
		return true
	}
	warned := 0
	for _, w := range study(t, p).Warnings {
		if strings.HasPrefix(w, "Several versions") {
			warned++
			if want := "Several versions of the model of api of fast answered in the course of the run: m, m-2026-12-01. Its trials are not all of one thing."; w != want {
				t.Errorf("%q, want %q", w, want)
			}
		}
	}
	if warned != 1 {
		t.Errorf("%d warnings", warned)
	}
}
