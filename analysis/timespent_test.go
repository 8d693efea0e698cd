package analysis

import (
	"math"
	"os"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/profile"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/loadgen/result"
)

const engineSymbol = "github.com/assaylab/assay/engine."

// stacks has the slow arm spend twice as much in matrices.
func stacks(k record.TrialKey) []recordtest.Stack {
	matrix := map[string]int64{"slow": 400, "fast": 200}[k.Arm]
	return []recordtest.Stack{
		{Functions: []string{engineSymbol + "(*loop).run", "github.com/assaylab/assay/engine/kernel.(*Set).Mul", "github.com/assaylab/assay/engine/kernel.lineQ8_0AVX2"}, Samples: matrix},
		{Functions: []string{engineSymbol + "(*loop).run", "github.com/assaylab/assay/engine/kernel.(*Set).Attend"}, Samples: 100},
	}
}

func profiled(t *testing.T, edit func(*recordtest.Plan)) *record.Set {
	t.Helper()
	p := recordtest.Small()
	p.Repetitions, p.Stacks, p.Unprofiled = 3, stacks, 3
	if edit != nil {
		edit(&p)
	}
	return recordtest.Make(t, p)
}

func timeSpent(t *testing.T, set *record.Set) *TimeSpent {
	t.Helper()
	s, err := Analyse(set, Options{Draws: 100})
	if err != nil {
		t.Fatal(err)
	}
	return s.TimeSpent
}

func TestTimeSpent(t *testing.T) {
	x := timeSpent(t, profiled(t, nil))
	if x == nil || x.RateHz != 100 || len(x.Arms) != 2 || x.Arms[0].Arm != "fast" || x.Arms[0].Why != "recommended" || x.Arms[1].Arm != "slow" || len(x.Missing) != 0 {
		t.Fatalf("%+v", x)
	}
	if a := x.Arms[0]; a.Samples != 900 || len(a.Trials) != 3 || math.Abs(a.CPU*float64(a.Tokens)-9e9) > 1 || math.Abs(a.Cores-9.0/12) > 1e-9 || a.Seen != 0 {
		t.Errorf("%+v", a)
	}
	// From slow to fast: the matrices' time halves, and nothing else changes.
	if c := x.Change.Stages[0]; c.Stage != profile.Matrix || math.Abs(c.Second/c.First-0.5) > 1e-9 || c.Delta >= 0 {
		t.Errorf("%+v", c)
	}
	if c := x.Change.Stages[1]; c.Stage != profile.Attention || c.Delta != 0 {
		t.Errorf("%+v", c)
	}
}

// Trials that were run once more are no repetitions: all else is concluded as without them.
func TestUnprofiledTrialsChangeNothing(t *testing.T) {
	with, without := profiled(t, nil), profiled(t, func(p *recordtest.Plan) { p.Unprofiled = 0 })
	a, err := Analyse(with, Options{Draws: 100})
	if err != nil {
		t.Fatal(err)
	}
	b, err := Analyse(without, Options{Draws: 100})
	if err != nil {
		t.Fatal(err)
	}
	if a.Choice.Paragraph != b.Choice.Paragraph || a.Finished != b.Finished || a.Planned != b.Planned || len(a.Cells) != len(b.Cells) {
		t.Errorf("%q\n%q", a.Choice.Paragraph, b.Choice.Paragraph)
	}
	for i := range a.Cells {
		if a.Cells[i].Issued != b.Cells[i].Issued || a.Cells[i].Throughput != b.Cells[i].Throughput {
			t.Errorf("cell %d: %+v and %+v", i, a.Cells[i].Throughput, b.Cells[i].Throughput)
		}
	}
	if b.TimeSpent.Cost != nil {
		t.Errorf("a cost without trials that say so: %+v", b.TimeSpent.Cost)
	}
}

// A profile that makes every token a twentieth slower and takes a tenth more of the processor is found to.
func TestCostOfProfile(t *testing.T) {
	for _, pairs := range []int{1, 3} {
		set := profiled(t, func(p *recordtest.Plan) {
			p.Unprofiled = pairs
			p.Edit = func(r *record.Trial, requests []result.Request) bool {
				r.Engine.CPUNS = 1e9
				if r.Key.Repetition >= record.Unprofiled {
					return true
				}
				r.Engine.CPUNS, r.Engine.BusyNS = 11e8, r.Engine.BusyNS*21/20
				for i := range requests {
					stretch(&requests[i])
				}
				return true
			}
		})
		c := timeSpent(t, set).Cost
		if c == nil || c.Arm != "slow" || c.Load != "r20" || len(c.Trials) != 2*pairs {
			t.Fatalf("%d pairs: %+v", pairs, c)
		}
		if math.Abs(c.CPU.Ratio-1.1) > 1e-9 || math.Abs(c.Busy.Ratio-1.05) > 1e-9 || c.Busy.Within != (pairs < 3) {
			t.Errorf("%d pairs: %+v %+v", pairs, c.CPU, c.Busy)
		}
		if i := c.TPOT.Interval; !(i.Low < 1.05 && 1.05 < i.High) || math.Abs(c.TPOT.Ratio-1.05) > 0.05 {
			t.Errorf("%d pairs: %+v", pairs, c.TPOT)
		}
	}
}

// stretch makes the gaps of an answer longer by a twentieth.
func stretch(r *result.Request) {
	for k := range r.Events {
		r.Events[k].At = r.First + (r.Events[k].At-r.First)*21/20
	}
	r.Last = r.Events[len(r.Events)-1].At
	r.End = r.Last + 200_000
}

func TestTimeSpentWithout(t *testing.T) {
	if x := timeSpent(t, recordtest.Make(t, recordtest.Small())); x != nil {
		t.Errorf("a run of which nothing was profiled: %+v", x)
	}
	refused := profiled(t, func(p *recordtest.Plan) {
		p.Edit = func(r *record.Trial, _ []result.Request) bool {
			if r.Profile != nil && r.Key.Arm == "slow" {
				r.Profile = &record.Profile{RateHz: 100, Missing: "this build gives none"}
			}
			return true
		}
	})
	if x := timeSpent(t, refused); len(x.Arms) != 1 || x.Arms[0].Arm != "fast" || len(x.Missing) != 1 || !strings.Contains(x.Missing[0], "slow: this build gives none") {
		t.Errorf("%+v", x)
	}
	gone := profiled(t, nil)
	for _, tr := range gone.Trials {
		if tr.Profile == nil {
			continue
		}
		if err := os.WriteFile(gone.CPUProfilePath(tr.Key.ID), []byte("damaged"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if x := timeSpent(t, gone); len(x.Arms) != 0 || len(x.Missing) != 2 || !strings.Contains(x.Missing[0], "not a profile") {
		t.Errorf("%+v", x)
	}
}
