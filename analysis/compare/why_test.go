package compare

import (
	"math"
	"os"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/profile"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
)

func spent(attention int64) func(*recordtest.Plan) {
	return func(p *recordtest.Plan) {
		short(p)
		p.Stacks = func(k record.TrialKey) []recordtest.Stack {
			return []recordtest.Stack{
				{Functions: []string{"github.com/assaylab/assay/engine/kernel.(*Set).Mul"}, Samples: 300 + int64(k.Repetition)},
				{Functions: []string{"github.com/assaylab/assay/engine/kernel.(*Set).Attend"}, Samples: attention + int64(k.Repetition)},
			}
		}
	}
}

// short is as many requests without a profile.
func short(p *recordtest.Plan) { p.Repetitions, p.Requests = 3, 20 }

// What explains a difference is what changed: attention, in every cell, and nothing else.
func TestWhy(t *testing.T) {
	before, after := made(t, spent(100)), made(t, spent(160))
	reasons, err := Why(before, after, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(reasons) != 4 {
		t.Fatalf("%d cells", len(reasons))
	}
	for _, r := range reasons {
		if r.Missing != "" || len(r.Time.Stages) != 2 {
			t.Fatalf("%+v", r)
		}
		a, m := r.Time.Stages[0], r.Time.Stages[1]
		if a.Stage != profile.Attention || a.Delta <= 0 || !a.Decided() || a.Within || m.Stage != profile.Matrix || m.Delta != 0 || m.Decided() {
			t.Errorf("%+v\n%+v", a, m)
		}
		if all := r.Time.All; math.Abs(all.Delta-a.Delta) > 1e-6*a.Delta || r.Time.Tree.Second <= r.Time.Tree.First {
			t.Errorf("all: %+v", all)
		}
	}
	two, err := Why(before, before, Options{First: "slow", Second: "fast"})
	if err != nil || len(two) != 2 || two[0].Arm != "slow → fast" {
		t.Errorf("%+v %v", two, err)
	}
}

func TestWhyWithoutProfiles(t *testing.T) {
	with, without := made(t, spent(100)), made(t, short)
	reasons, err := Why(with, without, Options{})
	if err != nil || len(reasons) != 4 || !strings.Contains(reasons[0].Missing, "the second run has no profile of it: none of its trials was profiled") {
		t.Errorf("%+v %v", reasons, err)
	}
	for _, tr := range with.Trials {
		if err := os.Remove(with.CPUProfilePath(tr.Key.ID)); err != nil {
			t.Fatal(err)
		}
	}
	if reasons, err := Why(with, with, Options{}); err != nil || !strings.Contains(reasons[0].Missing, "is gone") {
		t.Errorf("%+v %v", reasons, err)
	}
}

// What a profile costs is no difference between two builds.
func TestOneSideProfiled(t *testing.T) {
	with, without := made(t, spent(100)), made(t, short)
	for _, c := range []struct {
		first, second *record.Set
		want          string
	}{{with, without, "the first run's engines were profiled 100 times"}, {without, with, "the second run's engines were profiled 100 times"}, {with, with, ""}} {
		warnings := strings.Join(compareRuns(t, c.first, c.second, Options{Metrics: []Metric{{Name: "tpot", Percentile: .5, Unit: "ns"}}}).Warnings, "\n")
		if (c.want == "") == strings.Contains(warnings, "profiled") || !strings.Contains(warnings, c.want) {
			t.Errorf("%q, want %q", warnings, c.want)
		}
	}
}
