package analysis

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/loadgen/result"
)

func arm(id string, settings ...string) record.Arm {
	a := record.Arm{ID: id, Name: id}
	for _, s := range settings {
		name, value, _ := strings.Cut(s, "=")
		a.Settings = append(a.Settings, record.Setting{Name: name, Value: value})
	}
	return a
}

// Loads of which nothing can be said are not said to have been tested.
func TestDraftEdgeLeavesOutWhatIsNotJudged(t *testing.T) {
	level := func(rate float64, judged bool, best string) DraftLevel {
		return DraftLevel{Rate: rate, Judged: judged, Best: best}
	}
	for want, levels := range map[string][]DraftLevel{
		"on. A gain is proven at every tested load, up to 40 requests/s.":                                 {level(5, true, "a"), level(40, true, "a")},
		"on. A gain is proven at every load that was measured validly, up to 40 requests/s.":              {level(5, false, ""), level(20, true, "a"), level(40, true, "a")},
		"off. At no load that was measured validly is a gain proven.":                                     {level(5, false, ""), level(20, true, ""), level(40, true, "")},
		"off above 20 requests/s. That is the highest load that was measured validly with a proven gain;": {level(20, true, "a"), level(40, true, ""), level(60, false, "")},
	} {
		if got := draftEdge("greedy", levels); !strings.HasPrefix(got, "Speculation, greedy: "+want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// An arm is compared with the one that is equal but for drafting, whatever settings of drafting there will be.
func TestDraftGroups(t *testing.T) {
	for _, c := range []struct {
		name string
		arms []record.Arm
		want string
	}{
		{"auto with and without a model", []record.Arm{arm("a", "drafter=auto", "draft_model=", "q=8"), arm("b", "drafter=auto", "draft_model=m", "q=8")}, "[a:[b]]"},
		{"the order of settings", []record.Arm{arm("a", "q=8", "drafter=none", "batch=1"), arm("b", "batch=1", "q=8", "drafter=ngram")}, "[a:[b]]"},
		{"settings that are not there yet", []record.Arm{arm("a", "drafter=none"), arm("b", "drafter=self", "draft_layers=3"), arm("c", "drafter=ngram", "acceptance=typical", "draft_tree=4")}, "[a:[b c]]"},
		{"other settings differ", []record.Arm{arm("a", "drafter=none", "q=8"), arm("b", "drafter=ngram", "q=4")}, "[]"},
		{"two groups", []record.Arm{arm("a", "drafter=ngram", "q=8"), arm("b", "drafter=none", "q=4"), arm("c", "drafter=none", "q=8"), arm("d", "drafter=suffix", "q=4")}, "[b:[d] c:[a]]"},
		{"two that draft nothing", []record.Arm{arm("a", "drafter=none", "draft_length=2"), arm("b", "drafter=none", "draft_length=4"), arm("c", "drafter=ngram")}, "[a:[c]]"},
		{"length 0", []record.Arm{arm("a", "drafter=ngram", "draft_length=0"), arm("b", "drafter=ngram", "draft_length=2")}, "[a:[b]]"},
		{"nobody drafts", []record.Arm{arm("a", "drafter=none", "q=8"), arm("b", "drafter=none", "q=4")}, "[]"},
		{"all draft", []record.Arm{arm("a", "drafter=ngram"), arm("b", "drafter=suffix")}, "[]"},
	} {
		var got []string
		for _, g := range draftGroups(c.arms) {
			got = append(got, fmt.Sprintf("%s:%v", g.Baseline, g.Arms))
		}
		if s := fmt.Sprint(got); s != c.want {
			t.Errorf("%s: %s, want %s", c.name, s, c.want)
		}
	}
}

// What the plan makes up is what comes out, interval included; and the model finds it, whose assumptions the plan keeps.
func TestSpeculationOfAPlan(t *testing.T) {
	p := recordtest.Speculation()
	s := study(t, p)
	g := s.Speculation.Main("none")
	if len(s.Speculation.Groups) != 1 || g.Baseline != "none" || len(g.Arms) != 6 || len(g.Levels) != 3 {
		t.Fatalf("%+v", s.Speculation)
	}
	covered := 0
	for i, l := range g.Levels {
		n := []float64{1, 2, 6}[i]
		for k, c := range l.Arms {
			d := p.Arms[k+1].Draft
			tokens := 0.0
			for j := range d.Length + 1 {
				tokens += math.Pow(d.Accept, float64(j))
			}
			want := tokens / (1 + d.Overhead + d.Row*n*float64(d.Length))
			v := c.Speedup
			if c.Pairs < 55 || math.Abs(v.Estimate/want-1) > 0.04 || v.High/v.Low > 1.1 || v.Low >= v.High {
				t.Errorf("%s at %g/s: %v of %d pairs, want %.3f", c.Arm, l.Rate, v, c.Pairs, want)
			}
			if v.Low <= want && want <= v.High {
				covered++
			}
			if e := c.Expected; !e.Estimated || math.Abs(e.Estimate/want-1) > 0.02 {
				t.Errorf("%s at %g/s: expected %v, want %.3f", c.Arm, l.Rate, e, want)
			}
			if math.Abs(c.Steps.Rate-d.Accept) > 0.01 || math.Abs(c.Steps.Tokens/tokens-1) > 0.02 || c.Steps.Batch != n || math.Abs(c.Steps.Drafted-float64(d.Length)) > 1e-9 {
				t.Errorf("%s at %g/s: %+v", c.Arm, l.Rate, c.Steps)
			}
			if ps := c.Steps.Positions; len(ps) != d.Length || math.Abs(ps[0].Stood.Estimate-d.Accept) > 0.01 || ps[0].Stood.Low >= ps[0].Stood.High {
				t.Errorf("%s at %g/s: positions %+v", c.Arm, l.Rate, ps)
			}
		}
	}
	if covered < 16 { // of 18 intervals at 95 %
		t.Errorf("%d of 18 intervals hold what was made up", covered)
	}
	if bests := []string{g.Levels[0].Best, g.Levels[1].Best, g.Levels[2].Best}; !slices.Equal(bests, []string{"suffix, adaptive", "suffix, adaptive", ""}) {
		t.Errorf("best: %q", bests)
	}
}

// Whose gain is proven, by levels: the words follow from it.
func TestDraftAdvice(t *testing.T) {
	two := func(rows ...float64) recordtest.Plan { // what a drafted row costs; all else is free
		p := recordtest.Speculation()
		p.Arms = slices.Clone(p.Arms[:1])
		for i, row := range rows {
			a := recordtest.Speculation().Arms[4]
			a.ID = []string{"ngram", "suffix"}[i]
			a.Draft = &recordtest.Draft{Length: 2, Accept: 0.7, Row: row}
			p.Arms = append(p.Arms, a)
		}
		return p
	}
	for _, c := range []struct {
		name string
		plan func() recordtest.Plan
		want []string
		not  []string
	}{
		{"pays everywhere", func() recordtest.Plan { return two(0.01) }, []string{"Speculation, poisson: on. A gain is proven at every tested load, up to 60 requests/s.", "At poisson 2/s, draft with ngram (drafter ngram): ", "requests in pairs)"}, []string{"flatters", "draft nothing"}},
		{"off above", func() recordtest.Plan { return two(0.15) }, []string{"Speculation, poisson: off above 20 requests/s. That is the highest tested load with a proven gain; the next, 60 requests/s, has none.", "At poisson 60/s, draft nothing: ngram, the best, is 0.", "which is slower"}, nil},
		{"pays nowhere", func() recordtest.Plan { return two(1.2) }, []string{"Speculation, poisson: off. At no tested load is a gain proven."}, []string{"draft with"}},
		{"no difference", func() recordtest.Plan {
			p := two(0)
			p.Arms[1].Draft.Accept = 0
			return p
		}, []string{"At poisson 2/s, draft nothing: ngram, the best, is ", "which is not proven to be a gain"}, []string{"draft with"}},
		{"two that are alike", func() recordtest.Plan { return two(0.01, 0.0101) }, []string{"Not told apart from it: ", "flatters it a little"}, nil},
		{"quality is lost", func() recordtest.Plan {
			p := two(0.01)
			p.Arms[1].QualityID, p.Arms[1].Loss = "lossy", 0.5
			return p
		}, []string{"At poisson 2/s nothing can be said of speculation: the quality of the arms that draft is not within its bound."}, []string{"draft with"}},
		{"the baseline is not valid", func() recordtest.Plan {
			p := two(0.01)
			p.Edit = func(tr *record.Trial, _ []result.Request) bool {
				if tr.Key.Arm == "none" {
					tr.Invalid = []string{"made up"}
				}
				return true
			}
			return p
		}, []string{"nothing can be said of speculation: the measurements are not valid."}, []string{"draft with"}},
		{"quality is as bad without drafts", func() recordtest.Plan {
			p := two(0.01)
			p.Arms = append(p.Arms, recordtest.Arm{ID: "reference", QualityID: "better", Swept: []record.Setting{{Name: "drafter", Value: "none"}, {Name: "q", Value: "16"}}})
			p.Arms[0], p.Arms[2] = p.Arms[2], p.Arms[0]
			p.Arms[0].TTFT, p.Arms[0].TPOT, p.Arms[0].Capacity = 1e6, 1e6, 80
			p.Arms[1].Loss, p.Arms[2].Loss = 0.5, 0.5
			return p
		}, []string{"At poisson 2/s, draft with ngram"}, nil},
		{"a gain that the counters contradict", func() recordtest.Plan {
			p := two(1.2)
			p.Edit = func(tr *record.Trial, all []result.Request) bool {
				tr.Engine.RunningNS = 0 // leave Little's law unchecked
				for i := range all {
					if tr.Key.Arm == "none" { // its steps took what they took, and its requests six times that
						slow(&all[i], 6)
					}
				}
				return true
			}
			return p
		}, []string{"poisson: off. At no tested load", "something else differed between the two runs, and nothing is proven."}, []string{"draft with"}},
		{"a gain of doubtful size", func() recordtest.Plan {
			p := two(0.01)
			p.Edit = func(tr *record.Trial, all []result.Request) bool {
				tr.Engine.RunningNS = 0
				for i := range all {
					if tr.Key.Arm == "none" {
						slow(&all[i], 2)
					}
				}
				return true
			}
			return p
		}, []string{"At poisson 2/s, draft with ngram", "What its engine counted makes 2.", "take the size of the gain with care."}, []string{"nothing is proven"}},
		{"requests fail", func() recordtest.Plan {
			p := two(0.01)
			p.Edit = func(tr *record.Trial, all []result.Request) bool {
				for i := range all {
					if i%4 == 0 && tr.Key.Arm == "ngram" {
						all[i].Outcome, all[i].First, all[i].Last = result.Timeout, result.Never, result.Never
					}
				}
				return true
			}
			return p
		}, []string{"nothing can be said of speculation: too many requests have no pair."}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Join(study(t, c.plan()).Speculation.Advice, "\n")
			for _, w := range c.want {
				if !strings.Contains(text, w) {
					t.Errorf("does not say %q:\n%s", w, text)
				}
			}
			for _, w := range c.not {
				if strings.Contains(text, w) {
					t.Errorf("says %q:\n%s", w, text)
				}
			}
		})
	}
}

// Records from before steps were counted by batch read, are compared, and have no expectation.
func TestSpeculationOfOldRecords(t *testing.T) {
	p := recordtest.Speculation()
	p.Edit = func(tr *record.Trial, _ []result.Request) bool {
		e := &tr.Engine
		e.Batches, e.DraftedAt, e.DraftsFallen, e.DraftNS, e.VerifyNS, e.VerifySteps = nil, nil, 0, 0, 0, 0
		return true
	}
	for _, l := range study(t, p).Speculation.Main("").Levels {
		for _, c := range l.Arms {
			if _, ok := c.Error(); ok || !c.Speedup.Known() || c.Expected.Known() || c.Steps.Rate != 0 || len(c.Steps.Positions) != 0 || c.Steps.Cost != 0 {
				t.Errorf("%s: %+v", c.Arm, c)
			}
		}
	}
}

// A model whose assumption does not hold is off by what does not.
func TestExpectedSpeedupErrs(t *testing.T) {
	plain := []stepTime{{1, 1000}, {3, 1400}}
	s := stepCounts{drafts: 100, fallen: 40, drafted: 400, accepted: 60, draftedAt: []int64{100, 100, 100, 100}, acceptedAt: []int64{60},
		batches: []record.BatchSteps{{Steps: 50, Sequences: 100, Rows: 500, Tokens: 160, BusyNS: 50 * 1500, DraftNS: 50 * 100}}}
	d := draftSteps(&s, plain)
	if d.Cost != 1500.0/1200 || d.Drafted != 4 || d.Tokens != 1.6 || d.Batch != 2 || d.Rate != 0.6 {
		t.Fatalf("%+v", d)
	}
	want := (1 + 0.6 + 0.36 + 0.216 + 0.1296) / 1.25
	if got := expectedSpeedup(&s, &d); math.Abs(got.Estimate-want) > 1e-12 {
		t.Errorf("%v, want %v", got.Estimate, want)
	}
	c := DraftCell{Expected: expectedSpeedup(&s, &d), Speedup: Value{Estimate: 1.6 / 1.25, Unit: "times"}}
	if e, ok := c.Error(); !ok || math.Abs(e-(2.3056/1.6-1)) > 1e-12 {
		t.Errorf("error %v", e)
	}
	s.batches[0].Sequences = 400 // beyond what the baseline had
	d = draftSteps(&s, plain)
	if got := expectedSpeedup(&s, &d); got.Known() {
		t.Errorf("an expectation beyond the baseline's batches: %+v", got)
	}
}

// slow stretches an answer behind its first token.
func slow(r *result.Request, factor int64) {
	for i := range r.Events {
		r.Events[i].At = r.First + factor*(r.Events[i].At-r.First)
	}
	r.Last, r.End = r.First+factor*(r.Last-r.First), r.First+factor*(r.End-r.First)
}

func TestKind(t *testing.T) {
	for _, l := range []struct {
		record.Load
		want string
	}{
		{record.Load{Name: "greedy poisson 20/s", Rate: 20}, "greedy poisson"}, {record.Load{Name: "poisson 0.5/s", Rate: .5}, "poisson"},
		{record.Load{Name: "edits closed, 4 in flight", Concurrency: 4}, "edits closed"}, {record.Load{Name: "closed, thinking 1s, 4 in flight", Concurrency: 4}, "closed, thinking 1s"}, {record.Load{Name: "x"}, "x"}, {record.Load{Name: "a, b poisson 2/s", Rate: 2}, "a, b poisson"},
	} {
		if got := kind(l.Load); got != l.want {
			t.Errorf("%q: %q, want %q", l.Name, got, l.want)
		}
	}
}

// The demo's paragraph of drafting, as a whole.
func TestSpeculationGolden(t *testing.T) {
	s := study(t, recordtest.Speculation())
	got := strings.Join(s.Speculation.Advice, "\n") + "\n"
	path := filepath.Join("testdata", "speculation.golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || got != string(want) {
		t.Errorf("%v: got\n%s\nwant\n%s", err, got, want)
	}
}
