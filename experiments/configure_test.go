package experiments

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/sweep"
	"github.com/assaylab/assay/experiments/testkit"
	"github.com/assaylab/assay/experiments/trial"
	"github.com/assaylab/assay/loadgen"
	"github.com/assaylab/assay/loadgen/workload"
)

// newRun is a run of two arms at two loads, twice, that has not begun.
func newRun(t testing.TB) *run {
	t.Helper()
	l, p, _ := newPlan(t, func(s *testkit.Scenario) {
		s.Rates, s.SharedPrefix, s.PromptTokens, s.Run = []int{40, 60}, 8, 24, "repetitions = 2"
	})
	return &run{Lab: l, plan: p, drawn: newDrawn(), weights: map[string]string{"BF16": "a.gguf", "Q8_0": "b.gguf"}}
}

func (r *run) mustConfig(t testing.TB, key record.TrialKey) trial.Config {
	t.Helper()
	arm, load := r.find(key)
	c, err := r.config(t.Context(), key, arm, load, t.TempDir(), &loadgen.Live{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func texts(ps []workload.Prompt) (all []string) {
	for _, p := range ps {
		all = append(all, p.Text)
	}
	return all
}

// TestPairedArms: all arms of a cell get the same prompts at the same times; another
// load, another repetition and the confirmation get others.
func TestPairedArms(t *testing.T) {
	r := newRun(t)
	order := slices.Clone(r.plan.Matrix.Order(r.plan.Scenario.Run.Seed))
	for _, l := range r.plan.Matrix.Loads {
		for _, a := range r.plan.Matrix.Arms {
			order = append(order, sweep.Key(a, l, record.Confirmation))
		}
	}
	type cell struct {
		load       string
		repetition int
	}
	first := map[cell]trial.Config{}
	for _, key := range order {
		c := r.mustConfig(t, key)
		if len(c.Attack.Prompts) != 12 || len(c.Warmup.Prompts) != 2 {
			t.Fatalf("%d prompts after %d", len(c.Attack.Prompts), len(c.Warmup.Prompts))
		}
		for _, p := range c.Attack.Prompts {
			if len(p.Tokens) != 24 || p.MaxTokens != 8 || p.Group < 0 || p.Group > 1 {
				t.Errorf("prompt of %d tokens, answer of %d, group %d", len(p.Tokens), p.MaxTokens, p.Group)
			}
		}
		k := cell{key.Load, key.Repetition}
		was, seen := first[k]
		if !seen {
			first[k] = c
			continue
		}
		if !reflect.DeepEqual(was.Attack.Prompts, c.Attack.Prompts) || !reflect.DeepEqual(was.Warmup.Prompts, c.Warmup.Prompts) ||
			!reflect.DeepEqual(was.Attack.Schedule, c.Attack.Schedule) || !reflect.DeepEqual(was.Warmup.Schedule, c.Warmup.Schedule) {
			t.Errorf("two arms of %+v have different attacks", k)
		}
	}
	if len(first) != 6 {
		t.Fatalf("%d cells and repetitions", len(first))
	}
	owner := map[string]cell{}
	for k, c := range first {
		same := 0
		for _, text := range texts(c.Attack.Prompts) {
			if _, taken := owner[text]; taken {
				same++
			}
			owner[text] = k
		}
		if same > 0 {
			t.Errorf("%d of 12 prompts of %+v are another's", same, k)
		}
		for _, warm := range texts(c.Warmup.Prompts) {
			if slices.Contains(texts(c.Attack.Prompts), warm) {
				t.Errorf("warm-up prompt %q is measured too", warm)
			}
		}
	}
}

// TestSameAgain: a run that is resumed draws what it would have drawn.
func TestSameAgain(t *testing.T) {
	a := newRun(t)
	for _, key := range a.plan.Matrix.Order(1) {
		b := newRun(t)
		b.mustConfig(t, sweep.Key(b.plan.Matrix.Arms[0], b.plan.Matrix.Loads[1], record.Confirmation))
		x, y := a.mustConfig(t, key), b.mustConfig(t, key)
		if !reflect.DeepEqual(x.Attack.Prompts, y.Attack.Prompts) || !reflect.DeepEqual(x.Attack.Schedule, y.Attack.Schedule) {
			t.Errorf("trial %+v is drawn differently", key)
		}
	}
}

// TestConversations: a load of conversations is planned as turns, at the times of its
// schedule, and says whose replies they carry.
func TestConversations(t *testing.T) {
	for _, replies := range []string{scenario.RepliesServed, scenario.RepliesScripted} {
		l, p, _ := newPlan(t, func(s *testkit.Scenario) {
			s.SharedPrefix, s.PromptTokens = 8, 24
			s.Conversation = `{ turns = 3, user_tokens = 5, at_once = 2, think = "30ms", replies = "` + replies + `" }`
		})
		r := &run{Lab: l, plan: p, drawn: newDrawn(), weights: map[string]string{"BF16": "a.gguf", "Q8_0": "b.gguf"}}
		c := r.mustConfig(t, r.plan.Matrix.Order(1)[0])
		if err := c.Attack.Validate(); err == nil || !strings.Contains(err.Error(), "server URL") { // which a trial fills in
			t.Errorf("%v", err)
		}
		last := 0
		for i, q := range c.Attack.Prompts {
			if want := 24 + (q.Turn-1)*(8+5); q.Turn < 1 || len(q.Tokens) != want {
				t.Errorf("request %d, turn %d has %d tokens, want %d", i, q.Turn, len(q.Tokens), want)
			}
			last = max(last, q.Turn)
		}
		if last != 3 || c.Attack.ServedReplies != (replies == scenario.RepliesServed) || c.Warmup.ServedReplies != c.Attack.ServedReplies || c.Warmup.Prompts[0].Turn != 1 {
			t.Errorf("%s: turns up to %d, served %v", replies, last, c.Attack.ServedReplies)
		}
	}
}

// TestArrivals: each kind of load becomes its kind of schedule, and a Poisson process
// is drawn anew for each seed.
func TestArrivals(t *testing.T) {
	for _, c := range []struct {
		load  scenario.Workload
		want  string
		drawn bool
	}{
		{scenario.Workload{Arrival: scenario.Constant}, "constant 40/s", false},
		{scenario.Workload{Arrival: scenario.Constant, Shape: scenario.Shape{Kind: scenario.RampShape, Proportions: []float64{1, 3}}}, "constant with ramp 1 to 3", false},
		{scenario.Workload{Arrival: scenario.Poisson}, "poisson", true},
		{scenario.Workload{Arrival: scenario.Gamma, CV: 3}, "gamma (cv 3)", true},
		{scenario.Workload{Arrival: scenario.Closed}, "closed loop of 3, 12", false},
		{scenario.Workload{Arrival: scenario.Closed, Think: time.Second}, "closed loop of 3, thinking 1s", false},
	} {
		t.Run(c.want, func(t *testing.T) {
			load := sweep.Load{Record: record.Load{Rate: 40, Concurrency: 3}, Workload: c.load}
			p, err := process(load, 12, 1)
			if err != nil || p.Requests() != 12 || !strings.HasPrefix(p.String(), c.want) {
				t.Fatalf("%v, %v", p, err)
			}
			q, err := process(load, 12, 2)
			if err != nil || reflect.DeepEqual(p, q) == c.drawn {
				t.Errorf("drawn again: %v, %v", q, err)
			}
		})
	}
}

// TestLengths: a scenario's prompt includes the shared prefix, the load generator's
// does not.
func TestLengths(t *testing.T) {
	l := scenario.Length{Distribution: scenario.Uniform, Mean: 30, Min: 20, Max: 40}
	got := specOf(scenario.Class{PromptTokens: l, SharedPrefix: scenario.SharedPrefix{Groups: 1, Tokens: 16}}).Prompt
	if want := (workload.Length{Kind: workload.Kind(scenario.Uniform), Mean: 14, Min: 4, Max: 24}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestServeArgs: every setting of the arm is on the command line, the weights are
// those of its format, and the engine leaves a processor to the lab where it can.
func TestServeArgs(t *testing.T) {
	r := newRun(t)
	r.cores = cores{lab: 0, engine: []int{1}}
	for _, arm := range r.plan.Matrix.Arms {
		args := r.serveArgs(arm)
		line := strings.Join(args, " ") + " "
		for _, want := range []string{"--listen 127.0.0.1:0 ", "--supervised ", "--pin 1 ", "--quantization=as-shipped ", "--threads=1 ", "--context=256 ",
			"--model " + r.weights[arm.Settings.Quantization] + " "} {
			if !strings.Contains(line, want) {
				t.Errorf("%q is not in %s", want, line)
			}
		}
		for _, d := range scenario.EngineSettings() {
			if n := strings.Count(line, "--"+strings.ReplaceAll(d.Name, "_", "-")+"="); n != 1 {
				t.Errorf("%s is there %d times: %s", d.Name, n, line)
			}
		}
	}
	many := r.plan.Matrix.Arms[0]
	many.Settings.Threads = 2
	if line := strings.Join(r.serveArgs(many), " "); strings.Contains(line, "--pin") || r.cores.apart(many.Settings) {
		t.Errorf("an engine of two threads is bound to one processor: %s", line)
	}
}

// TestConfirming: the winner runs again at its capacity, or at the lowest load where
// it has none, as a trial that the sweep does not have.
func TestConfirming(t *testing.T) {
	r := newRun(t)
	m := r.plan.Matrix
	arm, high := m.Arms[1], m.Loads[1]
	study := func(winner, capacity string) *analysis.Study {
		s := &analysis.Study{Choice: analysis.Recommendation{Arm: winner}}
		for _, a := range m.Arms {
			x := analysis.Arm{Arm: a.Record}
			x.Capacity.Load = capacity
			s.Arms = append(s.Arms, x)
		}
		return s
	}
	for _, c := range []struct {
		name  string
		study *analysis.Study
		load  string
		ok    bool
	}{
		{"at its capacity", study(arm.Record.ID, high.Record.ID), high.Record.ID, true},
		{"without a capacity", study(arm.Record.ID, ""), m.Loads[0].Record.ID, true},
		{"no winner", study("", high.Record.ID), "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			key, ok := r.confirming(c.study)
			if ok != c.ok || ok && (key.Arm != arm.Record.ID || key.Load != c.load || key.Repetition != record.Confirmation) {
				t.Errorf("%+v, %v", key, ok)
			}
			if slices.ContainsFunc(m.Order(1), func(k record.TrialKey) bool { return k.ID == key.ID }) {
				t.Error("the sweep has this trial already")
			}
		})
	}
}
