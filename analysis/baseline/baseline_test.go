package baseline

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/compare"
	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/loadgen/result"
)

func run(t *testing.T, edit func(*recordtest.Plan)) *record.Set {
	t.Helper()
	p := recordtest.Small()
	p.Repetitions = 3
	if edit != nil {
		edit(&p)
	}
	return recordtest.Make(t, p)
}

func summary(t *testing.T, set *record.Set) *Summary {
	t.Helper()
	s, err := Of(set, "")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestKept: what is kept is what comparing the run itself would use, and it survives being written.
func TestKept(t *testing.T) {
	set := run(t, func(p *recordtest.Plan) {
		p.Edit = func(r *record.Trial, q []result.Request) bool {
			if r.Key.Repetition == 2 {
				for i := range 12 {
					q[i].Outcome = result.Timeout
				}
			}
			return true
		}
	})
	s := summary(t, set)
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var again Summary
	if err := json.Unmarshal(text, &again); err != nil || !reflect.DeepEqual(*s, again) {
		t.Errorf("read back it differs: %v", err)
	}
	if len(text) > 16<<10 {
		t.Errorf("%d bytes for %d trials", len(text), len(set.Trials))
	}
	if len(s.Cells) != 4 || len(s.Arms) != 2 || s.Arms[0].Perplexity < 1 {
		t.Fatalf("%d cells, arms %+v", len(s.Cells), s.Arms)
	}
	for c, err := range group.Sweep(set) {
		if err != nil {
			t.Fatal(err)
		}
		kept, ok := s.cell(c.Arm, c.Load)
		if !ok || len(kept.Trials) != 3 || kept.Trials[2].Failed != 12 || kept.Trials[0].Failed != 0 {
			t.Fatalf("%s at %s: %+v", c.Arm.Name, c.Load.Name, kept)
		}
		for i, trial := range c.Trials {
			for _, m := range Metrics() {
				alone, err := compare.Statistics([]compare.Metric{m}, trial)
				if err != nil {
					t.Fatal(err)
				}
				want := alone[0]
				got, ok := kept.Trials[i].Values[m.String()]
				if finite := !math.IsNaN(want) && !math.IsInf(want, 0); ok != finite || finite && got != want {
					t.Errorf("%s: kept %v (%v), want %v", m, got, ok, want)
				}
			}
		}
	}
}

// TestNames: a build that has one more setting gives other ids to the same arms.
func TestNames(t *testing.T) {
	set := run(t, nil)
	s := summary(t, set)
	arm, load := set.Run.Arms[1], set.Run.Loads[0]
	arm.ID, load.ID = "another", "another too"
	if c, ok := s.cell(arm, load); !ok || c.LoadName != load.Name {
		t.Errorf("not found by name: %+v", c)
	}
	arm.Name = "none"
	if _, ok := s.cell(arm, load); ok {
		t.Error("an arm is found that is not kept")
	}
}

func TestNothingToKeep(t *testing.T) {
	set := run(t, func(p *recordtest.Plan) { p.Edit = func(*record.Trial, []result.Request) bool { return false } })
	if _, err := Of(set, ""); err == nil || !strings.Contains(err.Error(), "nothing to keep") {
		t.Errorf("%v", err)
	}
}

// several are baselines of one scenario and machine but for what change does to them.
func several(n int, change func(i int, s *Summary)) []Summary {
	var all []Summary
	for i := range n {
		s := Summary{ID: string(rune('a' + i)), Created: "2030-01-0" + string(rune('1'+i)), ScenarioHash: "s", Host: record.Host{Fingerprint: "m"}}
		change(i, &s)
		all = append(all, s)
	}
	return all
}

func TestLatest(t *testing.T) {
	r := record.Run{ScenarioHash: "s", Host: record.Host{Fingerprint: "m"}, Created: "2030-01-09"}
	for _, c := range []struct {
		name   string
		change func(i int, s *Summary)
		other  bool
		want   string // id, or a part of the error
	}{
		{"the newest", func(int, *Summary) {}, false, "d"},
		{"not of another machine", func(i int, s *Summary) {
			if i > 1 {
				s.Host.Fingerprint = "n"
			}
		}, false, "b"},
		{"unless told", func(i int, s *Summary) {
			if i > 1 {
				s.Host.Fingerprint = "n"
			}
		}, true, "d"},
		{"not of another scenario", func(i int, s *Summary) {
			if i > 0 {
				s.ScenarioHash = "t"
			}
		}, true, "a"},
		{"not of another model", func(i int, s *Summary) {
			if i != 2 {
				s.Files = []record.File{{Name: "m.gguf", SHA256: "1"}}
			}
		}, false, "c"},
		{"not itself", func(i int, s *Summary) {
			if i == 3 {
				s.ID = id(&r)
			}
		}, false, "c"},
		{"none", func(i int, s *Summary) { s.Host.Fingerprint = "n" }, false, "d is of another machine, and 1 more"},
	} {
		s, err := Latest(several(4, c.change), &r, c.other)
		switch {
		case err == nil && s.ID != c.want:
			t.Errorf("%s: %s, want %s", c.name, s.ID, c.want)
		case err != nil && !strings.Contains(err.Error(), c.want):
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestFindAndOld(t *testing.T) {
	all := several(6, func(i int, s *Summary) {
		if i%2 == 0 {
			s.Name = "v1"
		}
		if i == 5 {
			s.ScenarioHash = "t"
		}
	})
	if s, err := Find(all, "v1"); err != nil || s.ID != "e" {
		t.Errorf("%v, %v, want the newest of the name", s, err)
	}
	if s, err := Find(all, "b"); err != nil || s.ID != "b" {
		t.Errorf("%v, %v, want that of the id", s, err)
	}
	if _, err := Find(all, "v9"); err == nil {
		t.Error("what is not kept is found")
	}
	slices.Reverse(all)
	if got := Old(all, 2); !slices.Equal(got, []string{"b"}) {
		t.Errorf("given up %v, want b alone: a, c and e have names, d and f are new", got)
	}
}
