package experiments

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/sweep"
	"github.com/assaylab/assay/experiments/testkit"
	"github.com/assaylab/assay/loadgen/workload"
)

// mixedLoad is the rest of a load of three classes; rows of rows.jsonl are needed.
const mixedLoad = `team = "ops"
class = [
  { name = "chat", weight = 2, team = "web", priority = -1, corpus = { file = "rows.jsonl", max_prompt_tokens = 96, max_output_tokens = 8 }, conversation = { turns = 3, at_once = 2 } },
  { name = "code", shared_prefix = { groups = 3, tokens = 8 }, prompt_tokens = 24 },
  { name = "alone", prompt_tokens = { distribution = "empirical", values = [12, 20] } },
]`

// newMixed is a run of two loads of classes, twice, on one corpus and one text.
func newMixed(t testing.TB, more string) *run {
	t.Helper()
	l, p, _ := newPlanIn(t, func(s *testkit.Scenario, dir string) {
		var rows strings.Builder
		for i := range 300 {
			fmt.Fprintf(&rows, `{"conversations": [{"from": "human", "value": "row %d?"}, {"from": "gpt", "value": "no"}, {"from": "human", "value": "and %d?"}]}`+"\n", i, i)
		}
		testkit.WriteFile(t, filepath.Join(dir, "rows.jsonl"), rows.String())
		s.Rates, s.Requests, s.Warmup, s.Run, s.Load = []int{40, 60}, 60, 9, "repetitions = 2", mixedLoad+"\n"+more
	})
	r := &run{Lab: l, plan: p, drawn: newDrawn(), weights: map[string]string{"BF16": "a.gguf", "Q8_0": "b.gguf"}}
	t.Cleanup(func() { _ = r.drawn.close() })
	return r
}

// TestMixedCells: the requests of a load of classes are those of its classes, each with its name and team; no prompt of
// one cell is another's, whichever is drawn first; and the warm-up of a warm cache has every prefix.
func TestMixedCells(t *testing.T) {
	r := newMixed(t, `cache = "warm"`)
	seen := map[string]record.TrialKey{}
	keys := append(r.plan.Matrix.Order(1), sweep.Key(r.plan.Matrix.Arms[0], r.plan.Matrix.Loads[1], record.Confirmation)) // there is one of these in a run
	slices.Reverse(keys)
	for _, key := range keys {
		if key.Arm != r.plan.Matrix.Arms[0].Record.ID {
			continue
		}
		c := r.mustConfig(t, key)
		count := map[string]int{}
		for i, p := range c.Attack.Prompts {
			count[p.Class]++
			if want := map[string]string{"chat": "web", "code": "ops", "alone": "ops"}[p.Class]; p.Team != want || (p.Priority == -1) != (p.Class == "chat") {
				t.Errorf("request %d of class %s, team %s, priority %d", i, p.Class, p.Team, p.Priority)
			}
			switch n := len(p.Tokens); {
			case p.Class == "code" && (n != 24 || p.Group < 0), p.Class == "alone" && n != 12 && n != 20, p.Class == "chat" && (n > 96 || p.Turn < 1):
				t.Errorf("request %d of class %s has %d tokens, group %d, turn %d", i, p.Class, n, p.Group, p.Turn)
			}
			if other, dup := seen[p.Text]; dup || p.Repeat {
				t.Errorf("cells %v and %v have a prompt in common: %q", key, other, p.Text)
			}
			seen[p.Text] = key
		}
		if count["chat"] < 15 || count["code"] < 5 || count["alone"] < 5 {
			t.Errorf("%v", count)
		}
		groups := map[int]bool{}
		for _, p := range c.Warmup.Prompts {
			if p.Class == "code" {
				groups[p.Group] = true
			}
		}
		if len(groups) != 3 {
			t.Errorf("the warm-up has %d of 3 prefixes", len(groups))
		}
		if err := c.Attack.Validate(); err == nil || !strings.Contains(err.Error(), "server URL") { // which a trial fills in
			t.Error(err)
		}
	}
	if len(seen) != 60*5 {
		t.Errorf("%d prompts", len(seen))
	}
}

// TestColdWarmup: where nothing is warmed no measured prompt of a text begins as one of the warm-up does.
func TestColdWarmup(t *testing.T) {
	r := newMixed(t, "")
	c := r.mustConfig(t, r.plan.Matrix.Order(1)[0])
	for _, p := range c.Attack.Prompts {
		for _, w := range c.Warmup.Prompts {
			if p.Class != "chat" && w.Class != "chat" && slices.Equal(p.Tokens[:2], w.Tokens[:2]) {
				t.Errorf("%q begins as %q of the warm-up does", p.Text, w.Text)
			}
		}
	}
	alone := slices.DeleteFunc(slices.Clone(c.Attack.Prompts), func(p workload.Prompt) bool { return p.Class != "alone" })
	if n := workload.Shareable(alone, c.Warmup.Prompts); n >= 4*len(alone) {
		t.Errorf("%d prompts of nothing shared have %d tokens in common", len(alone), n)
	}
}

// TestSearchedLoads: levels that searches come to have prompts of their own, each repetition of each, and take none from the loads that
// are listed. They are the same for every arm, and in a run that is resumed.
func TestSearchedLoads(t *testing.T) {
	r, other := newMixed(t, ""), newMixed(t, "")
	probed := []record.TrialKey{{Load: "at 51"}, {Load: "at 80"}, {Load: "at 51", Repetition: 1}}
	found := map[record.TrialKey][]string{}
	for _, cell := range probed {
		r.searched(t, cell)
		found[cell] = r.mustPrompts(t, cell)
	}
	found[record.TrialKey{Load: "the winner's", Repetition: record.Confirmation}] = texts(r.mustConfig(t, sweep.Key(r.plan.Matrix.Arms[0], r.plan.Matrix.Loads[1], record.Confirmation)).Attack.Prompts)
	for _, key := range other.plan.Matrix.Order(1) {
		a, b := texts(r.mustConfig(t, key).Attack.Prompts), texts(other.mustConfig(t, key).Attack.Prompts)
		if !slices.Equal(a, b) {
			t.Errorf("%v has other prompts after a search", key)
		}
		found[cellOf(key)] = a
	}
	seen := map[string]record.TrialKey{}
	for cell, prompts := range found {
		for _, text := range prompts {
			if of, twice := seen[text]; twice {
				t.Errorf("%v and %v have %q in common", of, cell, text)
			}
			seen[text] = cell
		}
	}
	resumed := newMixed(t, "")
	for _, cell := range probed {
		resumed.searched(t, cell)
	}
	for _, cell := range []record.TrialKey{probed[2], probed[0], probed[1]} {
		cell.Arm = "of another arm"
		if !slices.Equal(resumed.mustPrompts(t, cell), found[cellOf(cell)]) {
			t.Errorf("%v has other prompts in a run that is resumed", cell)
		}
	}
}

// searched gives a run a level that a search came to.
func (r *run) searched(t testing.TB, cell record.TrialKey) {
	t.Helper()
	load := r.plan.Matrix.Loads[0]
	load.Record.ID, load.Record.Rate, load.Record.Search = cell.Load, 51, "boundary"
	r.addLevel(load)
	r.drawn.probe(cell)
}

// mustPrompts are the texts that a cell measures with.
func (r *run) mustPrompts(t testing.TB, cell record.TrialKey) []string {
	t.Helper()
	_, load := r.find(cell)
	schedule, err := r.schedule(cell, load, load.Record.Requests, "measured")
	if err != nil {
		t.Fatal(err)
	}
	prompts, err := r.prompts(cell, load, schedule, load.Record.Requests, false)
	if err != nil {
		t.Fatal(err)
	}
	return texts(prompts)
}
