package analysis

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/boundary"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/loadgen/result"
)

// made is a search of two made-up arms, which hold 22 and 60 requests/s.
func made() (record.Search, recordtest.Plan) {
	s := record.Search{Name: "chat", MinRate: 8, MaxRate: 96, Precision: .3, MaxProbes: 200}
	plan := boundary.PlanOf(s, 1)
	var rates []float64
	for level := range plan.Top() + 1 {
		rates = append(rates, plan.Rate(level))
	}
	return s, recordtest.Search(s, rates)
}

func studied(t *testing.T, p recordtest.Plan) *Study {
	t.Helper()
	s, err := Analyse(recordtest.Make(t, p), Options{Draws: 200})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSearchedCapacity(t *testing.T) {
	_, p := made()
	s := studied(t, p)
	for i, holds := range []float64{22, 60} {
		a := s.Arms[i]
		if len(a.Boundaries) != 1 {
			t.Fatalf("%s: %d boundaries", a.Arm.Name, len(a.Boundaries))
		}
		b, c := a.Boundaries[0], a.Capacity
		if !(b.Low <= b.Rate && b.Rate <= b.High) || b.Rate < .6*holds || b.Rate > 2*holds || b.Binding.Metric != "ttft" || len(b.Limits) != 2 {
			t.Errorf("%s: %v from %v to %v by %s", a.Arm.Name, b.Rate, b.Low, b.High, b.Binding.Metric)
		}
		if c.Rate != b.Rate || c.Low != b.Low || c.High != b.High || c.Search != "chat" || c.Verdict != Met {
			t.Errorf("%s: capacity %+v", a.Arm.Name, c)
		}
		var at record.Load
		for _, l := range s.Run.Loads {
			if l.ID == c.Load {
				at = l
			}
		}
		if at.Rate > b.Low*(1+1e-9) || at.Rate < b.Low/1.4 {
			t.Errorf("%s: priced at %v/s, want the highest rate below %v", a.Arm.Name, at.Rate, b.Low)
		}
		if !a.Cost.PerMillion.Known() || a.Cost.PerMillion.Low >= a.Cost.PerMillion.Estimate {
			t.Errorf("%s: cost %+v", a.Arm.Name, a.Cost.PerMillion)
		}
		wantContains(t, "assumptions", strings.Join(a.Cost.Assumptions, " "), "where the search found the limits to break")
	}
	if s.Choice.Arm != "fast" || !s.Choice.Proven {
		t.Errorf("recommended %q, proven %v", s.Choice.Arm, s.Choice.Proven)
	}
	wantContains(t, "paragraph", s.Choice.Paragraph, "95 % interval", "beyond it p95 TTFT breaks first", "below that interval")
	if l := s.Front.Load; l == "" || slices.ContainsFunc(s.Arms, func(a Arm) bool { return a.FrontLoad != l }) {
		t.Errorf("the front is at %q, which not every arm has", l)
	}
}

// TestCostIsScaled: twice the boundary for the same tested load is half the cost.
func TestCostIsScaled(t *testing.T) {
	j := judged{rungs: []rung{{level: 10, cells: []*measured{{Cell: Cell{Load: "l", Valid: true}, level: 10}}}}}
	j.rungs[0].cells[0].rates.Tokens.Value, j.rungs[0].cells[0].rates.Tokens.Low, j.rungs[0].cells[0].rates.Tokens.High = 100, 90, 110
	j.Boundaries = []Boundary{{Rate: 20, Low: 15, High: 30, Search: record.Search{MaxRate: 100}}, {Rate: 25, Low: 12, High: 40, Search: record.Search{MaxRate: 100}}}
	j.takeBoundary()
	if r := j.at.rates.Tokens; r.Value != 200 || math.Abs(r.Low-135) > 1e-9 || math.Abs(r.High-220) > 1e-9 {
		t.Errorf("tokens per second %+v, want 200 from 135 to 220", r)
	}
	if j.rungs[0].cells[0].rates.Tokens.Value != 100 {
		t.Error("the cell's own figures changed")
	}
}

func TestSearchWithoutBoundary(t *testing.T) {
	for _, c := range []struct {
		name  string
		limit int64
		want  func(t *testing.T, s *Study)
	}{
		{"held throughout", 1e15, func(t *testing.T, s *Study) {
			b, c := s.Arms[1].Boundaries[0], s.Arms[1].Capacity
			if !math.IsInf(b.Rate, 1) || b.End != boundary.Above || c.Rate != 96 || c.Verdict != Met {
				t.Errorf("%v, %q, capacity %+v", b.Rate, b.End, c)
			}
			wantContains(t, "paragraph", s.Choice.Paragraph, "the highest rate that the search was allowed")
		}},
		{"held nowhere", 1, func(t *testing.T, s *Study) {
			b, c := s.Arms[1].Boundaries[0], s.Arms[1].Capacity
			if b.Rate != 0 || c.Rate != 0 || s.Choice.Arm != "" {
				t.Errorf("%v, capacity %+v, recommended %q", b.Rate, c, s.Choice.Arm)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, p := made()
			p.SLOs = []record.SLO{{Metric: "ttft", Percentile: .95, LimitNS: c.limit}}
			c.want(t, studied(t, p))
		})
	}
}

// TestInvalidTrialsOfSearch: an invalid trial cannot show that a rate is held.
func TestInvalidTrialsOfSearch(t *testing.T) {
	_, p := made()
	p.Edit = func(r *record.Trial, _ []result.Request) bool {
		if r.Key.Repetition == 1 {
			r.Invalid = []string{"swap was in use"}
		}
		return true
	}
	unused, used := 0, 0
	for _, q := range studied(t, p).Arms[1].Boundaries[0].Probes {
		switch {
		case q.Unusable != "":
			unused++
			if q.Trial.Repetition != 1 || slices.Min(q.Margins) < -math.Log(2) {
				t.Errorf("%+v is not used", q)
			}
		case q.Trial.Repetition == 1:
			used++
		}
	}
	if unused == 0 || used == 0 {
		t.Errorf("%d invalid trials are not used, and %d that are far beyond a limit are", unused, used)
	}
}
