package experiments

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/sweep"
	"github.com/assaylab/assay/experiments/testkit"
	"github.com/assaylab/assay/experiments/trial"
)

// The first arm at the first load has as many trials without a profile as the scenario asks for, each beside the one with
// it and first in every other pair, with the same requests; no other cell has any.
func TestTwins(t *testing.T) {
	_, p, _ := newPlan(t, func(s *testkit.Scenario) {
		s.Rates, s.Run, s.Profile = []int{20, 40}, "repetitions = 3", "cost_pairs = 2\nrate_hz = 250\nheap = true"
	})
	r := &run{plan: p, drawn: newDrawn()}
	twins := 0
	for _, key := range p.Matrix.Orders(1, 3) {
		pair := r.withTwin(key)
		if r.profile(key) != (trial.Profile{RateHz: 250, Heap: true}) || unprofiled(key) != "" {
			t.Errorf("%+v is not profiled", key)
		}
		first := key.Arm == p.Matrix.Arms[0].Record.ID && key.Load == p.Matrix.Loads[0].Record.ID
		if want := map[bool]int{true: 2, false: 1}[first && key.Repetition < 2]; len(pair) != want {
			t.Fatalf("%+v: %d trials, want %d", key, len(pair), want)
		}
		if len(pair) == 1 {
			continue
		}
		twins++
		at := slices.IndexFunc(pair, func(k record.TrialKey) bool { return k.Repetition >= record.Unprofiled })
		twin := pair[at]
		if at != 1-key.Repetition%2 || twin.ID == key.ID || twin.Arm != key.Arm || twin.Load != key.Load || twin.Repetition != record.Unprofiled+key.Repetition ||
			r.profile(twin) != (trial.Profile{}) || unprofiled(twin) == "" {
			t.Errorf("%+v and %+v", key, pair)
		}
		sameRequests(t, r, p.Matrix.Loads[0], key, twin)
	}
	if twins != 2 {
		t.Errorf("%d twins", twins)
	}
}

func sameRequests(t *testing.T, r *run, load sweep.Load, a, b record.TrialKey) {
	t.Helper()
	for _, part := range []string{"warm-up", "measured"} {
		x, err := r.attack(a, load, part)
		if err != nil {
			t.Fatal(err)
		}
		y, err := r.attack(b, load, part)
		if err != nil || !reflect.DeepEqual(x.Prompts, y.Prompts) || !reflect.DeepEqual(x.Schedule, y.Schedule) {
			t.Errorf("%s: a trial and its twin have other requests, %v", part, err)
		}
	}
}

// Trials without a profile are in the estimate, and an engine is told to give profiles only where one is taken.
func TestProfileArguments(t *testing.T) {
	l, p, _ := newPlan(t, func(s *testkit.Scenario) { s.Profile = "cost_pairs = 1" })
	with := p.Matrix.EstimateTime(sweep.DefaultAllowances()).Trials
	if want := len(p.Matrix.Arms) + 1; with != want {
		t.Errorf("%d trials are estimated, want %d", with, want)
	}
	r := &run{Lab: l, plan: p, drawn: newDrawn()}
	for _, key := range r.withTwin(sweep.Key(p.Matrix.Arms[0], p.Matrix.Loads[0], 0)) {
		c, err := r.config(t.Context(), key, p.Matrix.Arms[0], p.Matrix.Loads[0], t.TempDir(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if has := strings.Contains(c.Command, "--pprof"); has != (key.Repetition < record.Unprofiled) {
			t.Errorf("%d: %s", key.Repetition, c.Command)
		}
	}
}
