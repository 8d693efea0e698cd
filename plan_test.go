package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/plan"
)

const planDay = "2026-12-01"

func runPlan(t *testing.T, ctx context.Context, o planOptions) (string, error) {
	t.Helper()
	if o.day == "" {
		o.day = planDay
	}
	if o.reach == 0 {
		o.reach = 1
	}
	var out strings.Builder
	err := makePlan(ctx, &out, io.Discard, "scenarios/plan.toml", o)
	return out.String(), err
}

// planExit is the code that the program would end with.
func planExit(t *testing.T, err error) int {
	if err == nil {
		return exitOK
	}
	return exitCode(t.Context(), err)
}

// The example is planned, simulated and written; a second time it takes the place of the first.
func TestPlanExample(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	text, err := runPlan(t, t.Context(), planOptions{out: dir, simulate: true, reach: plan.DefaultReach})
	if code := planExit(t, err); code != exitOK && code != exitUndecided {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, want := range []string{"Serve with gopherling Q8_0", "simulation", "What weakens this plan", "Month by month", "Dec 2026", "report: " + filepath.Join(dir, planHTML)} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "note"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	object, err := runPlan(t, t.Context(), planOptions{out: dir, json: true})
	if err != nil {
		t.Fatal(err)
	}
	var got jsonPlan
	if err := json.Unmarshal([]byte(object), &got); err != nil {
		t.Fatal(err)
	}
	if !got.Feasible || len(got.Months) != 18 || got.Totals == nil || got.Totals.Paid.Sign() <= 0 || got.PerReplica.Origin != "measured" {
		t.Errorf("%+v", got)
	}
	names := map[string]bool{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names[e.Name()] = true
	}
	if len(names) != 4 || !names[planHTML] || !names[planMarkdown] || !names[planCSV] || !names[planJSON] {
		t.Errorf("files %v", names)
	}
	left, err := os.ReadDir(filepath.Dir(dir))
	if err != nil || len(left) != 1 {
		t.Errorf("left beside the plan: %v, %v", left, err)
	}
}

// A plan that is interrupted leaves what was there, and nothing beside it.
func TestPlanInterrupted(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "out")
	if _, err := runPlan(t, t.Context(), planOptions{out: dir}); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join(dir, planJSON))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := runPlan(t, ctx, planOptions{out: dir, day: "2026-12-15"}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	after, err := os.ReadFile(filepath.Join(dir, planJSON))
	if err != nil || string(after) != string(before) {
		t.Errorf("the earlier plan changed: %v", err)
	}
	if left, _ := os.ReadDir(parent); len(left) != 1 {
		t.Errorf("left beside the plan: %v", left)
	}
}

func TestPlanRefuses(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		o    planOptions
		want string
	}{
		{planOptions{out: dir}, "holds no plan"},
		{planOptions{out: filepath.Join(dir, "mine.txt")}, "--out"},
		{planOptions{out: filepath.Join(dir, "new"), day: "tomorrow"}, "--day"},
		{planOptions{out: filepath.Join(dir, "new"), day: "2031-01-01"}, "horizon.start"},
		{planOptions{out: filepath.Join(dir, "new"), reach: 1000}, "--reach"},
	} {
		if _, err := runPlan(t, t.Context(), c.o); err == nil || !strings.Contains(err.Error(), c.want) || planExit(t, err) != exitUsage {
			t.Errorf("%+v: %v", c.o, err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left: %v", left)
	}
}

// --dry-run reads everything and writes nothing.
func TestPlanDryRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	text, err := runPlan(t, t.Context(), planOptions{out: dir, dryRun: true})
	if err != nil || !strings.Contains(text, "arm gopherling Q8_0: measured") || !strings.Contains(text, "would be written to "+dir) {
		t.Errorf("%v\n%s", err, text)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("written: %v", err)
	}
}
