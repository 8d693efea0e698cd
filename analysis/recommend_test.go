package analysis

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/loadgen/result"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// edit applies f to the trials of one arm and load ("" for all loads).
func edit(arm, load string, f func(*record.Trial, []result.Request)) func(*record.Trial, []result.Request) bool {
	return func(t *record.Trial, requests []result.Request) bool {
		if t.Key.Arm == arm && (load == "" || t.Key.Load == load) {
			f(t, requests)
		}
		return true
	}
}

func fail(n int) func(*record.Trial, []result.Request) {
	return func(_ *record.Trial, requests []result.Request) {
		for i := range n {
			requests[i*4].Outcome = result.Timeout
		}
	}
}

func wantContains(t *testing.T, name, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%s: %q does not contain %q", name, text, p)
		}
	}
}

func TestWhyExcluded(t *testing.T) {
	for _, c := range []struct {
		name string
		plan func(*recordtest.Plan)
		arm  string
		want []string
	}{
		{"dearer", func(*recordtest.Plan) {}, "slow", []string{"times as much per token", "poisson 20/s", "poisson 40/s"}},
		{"misses at the lowest rate", func(p *recordtest.Plan) { p.Edit = edit("slow", "", fail(10)) }, "slow",
			[]string{"misses a limit already at poisson 20/s", "10 of 60 requests over it", "limit 100 ms"}},
		{"loses quality", func(p *recordtest.Plan) { p.Arms[1].Loss = 0.02 }, "fast", []string{"raises perplexity by 2", "95 % interval", "bound of 1 %"}},
		{"invalid", func(p *recordtest.Plan) {
			p.Edit = edit("slow", "", func(t *record.Trial, _ []result.Request) { t.Invalid = []string{"the clock jumped"} })
		}, "slow", []string{"No valid measurement", "the clock jumped"}},
		{"not proven", func(p *recordtest.Plan) { p.Edit = edit("slow", "", fail(1)) }, "slow",
			[]string{"Not proven at poisson 20/s", "1 of 60 requests over the limit of p95", "33 requests more"}},
		{"not run", func(p *recordtest.Plan) {
			p.Edit = func(t *record.Trial, _ []result.Request) bool { return t.Key.Arm != "slow" }
		}, "slow", []string{"None of its trials has finished"}},
		{"busier at the same capacity", func(p *recordtest.Plan) { p.Arms[0].Capacity = 60 }, "slow",
			[]string{"same load", "no difference in cost was measured", "30 ms a request against 20 ms"}},
	} {
		p := recordtest.Small()
		c.plan(&p)
		wantContains(t, c.name, armOf(t, study(t, p), c.arm).Excluded, c.want...)
	}
}

func TestBusyTimeBreaksTiesAndIsSaid(t *testing.T) {
	p := recordtest.Small()
	p.Arms[0].Capacity, p.Arms[0].Busy = 60, p.Arms[1].Busy/2
	s := study(t, p)
	if s.Choice.Arm != "slow" {
		t.Errorf("recommends %q, but slow keeps the engine less busy at the same capacity", s.Choice.Arm)
	}
	wantContains(t, "paragraph", s.Choice.Paragraph, "2 arms hold this load, so their cost was not told apart", "10 ms a request")
	wantContains(t, "runner-up", s.Choice.RunnerUpWhy, "though its p95 E2E is lower")
}

// One miss of sixty leaves a p95 undecided, and 93 - 60 = 33 more would prove it.
func TestNotProven(t *testing.T) {
	p := recordtest.Small()
	p.Edit = func(_ *record.Trial, requests []result.Request) bool { fail(1)(nil, requests); return true }
	s := study(t, p)
	c := s.Choice
	if c.Arm != "fast" || c.Proven || c.NeedMore != 33 {
		t.Errorf("choice %+v", c)
	}
	wantContains(t, "paragraph", c.Paragraph, "Not proven", "poisson 40/s", "33 requests more")
	fast := armOf(t, s, "fast")
	if fast.Capacity.Rate != 0 || fast.Capacity.Verdict != Undecided || !fast.Cost.PerMillion.Estimated {
		t.Errorf("capacity %+v, cost %+v", fast.Capacity, fast.Cost.PerMillion)
	}
}

func TestNoArm(t *testing.T) {
	p := recordtest.Small()
	p.Edit = func(_ *record.Trial, requests []result.Request) bool { fail(12)(nil, requests); return true }
	s := study(t, p)
	if s.Choice.Arm != "" || s.Choice.Proven {
		t.Errorf("choice %+v", s.Choice)
	}
	wantContains(t, "paragraph", s.Choice.Paragraph, "No arm can be recommended: of 2 arms, 2 missed a limit")
}

func TestConfirmation(t *testing.T) {
	p := recordtest.Small()
	p.Confirm, p.ConfirmLoad = "fast", "r40"
	s := study(t, p)
	c := s.Choice.Confirmed
	if c == nil || !c.Agrees || c.Verdict != Met || c.Load != "r40" || !s.Choice.Proven {
		t.Fatalf("confirmation %+v", c)
	}
	if c.Fresh == c.InSweep || s.Finished != 4 || len(s.Cells) != 4 {
		t.Errorf("the confirming trial is part of the sweep: %+v, %d finished, %d cells", c, s.Finished, len(s.Cells))
	}
	wantContains(t, "paragraph", s.Choice.Paragraph, "Run again on fresh prompts", "which agrees")

	p.Edit = func(t *record.Trial, requests []result.Request) bool {
		if t.Key.Repetition == record.Confirmation {
			fail(12)(t, requests)
		}
		return true
	}
	s = study(t, p)
	if c := s.Choice.Confirmed; c == nil || c.Verdict != Missed || c.Agrees || s.Choice.Proven || s.Choice.Arm != "fast" {
		t.Errorf("a contradicted winner: %+v, %+v", s.Choice, c)
	}
	wantContains(t, "paragraph", s.Choice.Paragraph, "not confirmed")
}

// The cost of MEASUREMENT, computed here from the requests: in a window of W seconds
// the good requests but the last, whose issue ends the window, carry T tokens.
func TestCostIsTheFormula(t *testing.T) {
	set := read(t, recordtest.Small())
	requests, err := set.Requests("fast.r40.0")
	if err != nil {
		t.Fatal(err)
	}
	tokens, window := 0, 0.0
	for _, r := range requests {
		window = max(window, float64(r.Intended)/1e9)
	}
	for _, r := range requests {
		if float64(r.Intended)/1e9 < window {
			tokens += r.PromptTokens + r.OutputTokens
		}
	}
	want := 0.50 * 1e6 / (3600 * 0.6 * (float64(tokens) / window))
	got := armOf(t, analyse(t, set), "fast").Cost
	if math.Abs(got.PerMillion.Estimate-want) > 1e-9*want {
		t.Errorf("%v per million tokens, want %v", got.PerMillion.Estimate, want)
	}
	if got.PerMillion.Estimated || !got.PerMillionInput.Estimated || !got.PerMillionOutput.Estimated {
		t.Errorf("only the split is an approximation: %+v", got)
	}
	wantContains(t, "formula", got.Formula, "$0.50/h", "0.6", "per million tokens")
}

func TestCostNeedsPriceAndUtilisation(t *testing.T) {
	p := recordtest.Small()
	p.Price = ""
	if v := armOf(t, study(t, p), "fast").Cost.PerMillion; v.Note != NotPriced {
		t.Errorf("without a price: %+v", v)
	}
	p = recordtest.Small()
	p.Utilisation = 0
	s := study(t, p)
	if v := armOf(t, s, "fast").Cost.PerMillion; v.Note == "" || s.Choice.Arm != "fast" {
		t.Errorf("without a utilisation: %+v", v)
	}
}

func TestNonMonotoneArmIsNamed(t *testing.T) {
	p := recordtest.Small()
	p.Edit = edit("fast", "r20", fail(12))
	s := study(t, p)
	if c := armOf(t, s, "fast").Capacity; c.Rate != 40 {
		t.Errorf("capacity %+v", c)
	}
	wantWarning(t, s, "not a clean edge")
}

func TestInvalidCellIsNoCapacity(t *testing.T) {
	p := recordtest.Small()
	p.Edit = edit("fast", "r40", func(t *record.Trial, _ []result.Request) { t.Engine.RunningNS *= 3 })
	s := study(t, p)
	if c := armOf(t, s, "fast").Capacity; c.Rate != 20 || c.Next != 40 {
		t.Errorf("capacity %+v, want 20 with 40 above it", c)
	}
	wantContains(t, "reason", strings.Join(cellOf(t, s, "fast", "r40").Invalid, ";"), "Little's law")
	wantContains(t, "paragraph", s.Choice.Paragraph, "has no valid measurement")
}

// Closed loops have no offered rate: the ladder goes by concurrency, the capacity by
// the rate that came about.
func TestClosedLoop(t *testing.T) {
	p := recordtest.Small()
	p.EditRun = func(r *record.Run) {
		for i := range r.Loads {
			r.Loads[i].Arrival, r.Loads[i].Rate, r.Loads[i].Concurrency = "closed", 0, 4*(i+1)
		}
	}
	s := study(t, p)
	fast, cell := armOf(t, s, "fast"), cellOf(t, s, "fast", "r40")
	if fast.Capacity.Load != "r40" || fast.Capacity.Rate != cell.OfferedRate || s.Choice.Arm != "fast" {
		t.Errorf("capacity %+v, the rate was %v", fast.Capacity, cell.OfferedRate)
	}
}

// The words that a reader sees, in one place.
func TestProseGolden(t *testing.T) {
	p := recordtest.Demo()
	p.Confirm, p.ConfirmLoad = "Q8_0-b8-false", "r40"
	s := study(t, p)
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", s.Choice.Paragraph)
	for _, r := range s.Choice.Reasons {
		fmt.Fprintf(&b, "- %s\n", r)
	}
	for _, a := range s.Arms {
		fmt.Fprintf(&b, "%s: %s\n", a.Arm.Name, a.Excluded)
	}
	fmt.Fprintf(&b, "\n%s\n", strings.Join(armOf(t, s, s.Choice.Arm).Cost.Assumptions, "\n"))
	path := filepath.Join("testdata", "demo.golden")
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the words changed (run with -update where that is meant):\n%s", b.String())
	}
}
