package gate

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/baseline"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
)

func stored(t *testing.T, set *record.Set) *baseline.Summary {
	t.Helper()
	s, err := baseline.Of(set, "main")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestStoredIsAsGoodAsRun: with three repetitions or more a summary gives what the run directory itself does.
func TestStoredIsAsGoodAsRun(t *testing.T) {
	before := made(t, nil)
	after := made(t, func(p *recordtest.Plan) { p.Arms[1].TPOT = time.Duration(float64(p.Arms[1].TPOT) * 1.08) })
	s := stored(t, before)
	for _, b := range []Budget{budget(t, "p50 tpot", none, 1.05), budget(t, "p95 ttft", none, 1.1), budget(t, "throughput", none, .9), budget(t, Perplexity, none, 1.01)} {
		want, got := one(t, after, b, Options{Baseline: before}), one(t, after, b, Options{Stored: s})
		if got.Verdict != want.Verdict || math.Abs(got.Estimate/want.Estimate-1) > 1e-9 || math.Abs(got.Low/want.Low-1) > 1e-9 || math.Abs(got.High/want.High-1) > 1e-9 {
			t.Errorf("%s: stored %+v, run %+v", b, got, want)
		}
	}
}

func TestStoredBaselineIsRefused(t *testing.T) {
	set := made(t, nil)
	judged := func(s *baseline.Summary, b Budget, other bool) error {
		_, err := Judge(set, []Budget{b}, Options{Stored: s, OtherMachine: other})
		return err
	}
	tpot := budget(t, "p50 tpot", none, 1.05)
	far := stored(t, set)
	far.Host.Fingerprint = "elsewhere"
	if err := judged(far, tpot, false); err == nil || !strings.Contains(err.Error(), "another machine") {
		t.Errorf("another machine: %v", err)
	}
	if err := judged(far, tpot, true); err != nil {
		t.Errorf("another machine, as told: %v", err)
	}
	if err := judged(stored(t, set), budget(t, "p97 ttft", none, 1.05), false); err == nil || !strings.Contains(err.Error(), "has no p97 ttft") {
		t.Errorf("a percentile that is not kept: %v", err)
	}
	lacking := stored(t, set)
	lacking.Cells = nil
	if err := judged(lacking, tpot, false); err == nil || !strings.Contains(err.Error(), "has no fast at poisson 20/s") {
		t.Errorf("a cell that is not kept: %v", err)
	}
	few := stored(t, set)
	for i := range few.Cells {
		few.Cells[i].Trials = few.Cells[i].Trials[:2]
	}
	if c := one(t, set, tpot, Options{Stored: few}); c.Verdict != Undecided || !strings.Contains(c.Reason, "fewer than 3") {
		t.Errorf("two repetitions: %+v", c)
	}
}

// answered gives every arm two answers.
func answered(set *record.Set, second string) *record.Set {
	set.Outputs = map[string]*record.Outputs{}
	for _, a := range set.Run.Arms {
		set.Outputs[a.ID] = &record.Outputs{Arm: a.ID, Items: []record.Output{{Prompt: "one", Text: "a"}, {Prompt: "two", Text: second}}}
	}
	return set
}

func TestEquality(t *testing.T) {
	b := OutputsBudget("equality", "fast")
	before := answered(made(t, nil), "return nil, errors.New(\"größer\")")
	for _, o := range []Options{{Baseline: before}, {Stored: stored(t, before)}} {
		if c := one(t, answered(made(t, nil), "return nil, errors.New(\"größer\")"), b, o); c.Verdict != Pass || !strings.Contains(c.Reason, "all 2 answers are the same") {
			t.Errorf("the same answers: %+v", c)
		}
		c := one(t, answered(made(t, nil), "return nil, errors.New(\"grüßer\")"), b, o)
		if c.Verdict != Fail || c.Estimate != 1 || !strings.Contains(c.Reason, "1 of 2 answers differ; the first, to prompt 2, after 27 bytes") || !strings.Contains(c.Reason, `grüßer`) {
			t.Errorf("another answer: %+v", c)
		}
		longer := one(t, answered(made(t, nil), "return nil, errors.New(\"größer\")\n"), b, o)
		if longer.Verdict != Fail || !strings.Contains(longer.Reason, `became`) {
			t.Errorf("a longer answer: %+v", longer)
		}
	}
	for _, c := range []struct {
		name   string
		change func(before, now *record.Set)
		want   string
	}{
		{"other prompts", func(_, now *record.Set) { now.Outputs["fast"].Items[0].Prompt = "three" }, "prompt 1 is not the baseline's"},
		{"fewer", func(_, now *record.Set) { now.Outputs["fast"].Items = now.Outputs["fast"].Items[:1] }, "1 prompts, the baseline had 2"},
		{"none", func(_, now *record.Set) { now.Outputs = nil }, "the run has no answers of fast"},
		{"none before", func(before, _ *record.Set) { before.Outputs = nil }, "the baseline has no answers of fast"},
	} {
		was, now := answered(made(t, nil), "b"), answered(made(t, nil), "b")
		c.change(was, now)
		if _, err := Judge(now, []Budget{b}, Options{Baseline: was}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := Judge(before, []Budget{b}, Options{}); err == nil {
		t.Error("answers are judged without a baseline")
	}
}

// TestExactFirst: what cannot be wrong by chance is judged before what can.
func TestExactFirst(t *testing.T) {
	set := answered(made(t, nil), "b")
	r, err := Judge(set, []Budget{budget(t, "p95 ttft", 1e9, none), budget(t, Perplexity, 1e6, none), budget(t, "failures", 0, none), OutputsBudget("equality", "fast")},
		Options{Baseline: set})
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, c := range r.Checks {
		order = append(order, c.Budget.Metric.Name)
	}
	if got := strings.Join(order, " "); got != "outputs failures perplexity ttft" {
		t.Errorf("judged in the order %s", got)
	}
}
