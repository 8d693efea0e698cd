//go:build vllm || triton

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/testkit"
)

// swept runs a scenario of real systems, and reads what came of it. The run directory, with its report, stays in runs/NAME.
func swept(t *testing.T, name, scenario string, args ...string) (dir string, set *record.Set) {
	t.Helper()
	root := testkit.Root(t)
	dir = filepath.Join(root, "runs", name)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	p := testkit.Start(t, root, slices.Concat([]string{"run", filepath.Join("scenarios", scenario), "--out", dir}, args)...)
	for !p.Ended() { // longer than testkit lets a command run
		time.Sleep(time.Second)
	}
	r := p.Wait()
	t.Logf("exit code %d\n%s\n%s", r.Code, r.Stderr, r.Stdout)
	if r.Code != exitOK && r.Code != exitBad && r.Code != exitUndecided {
		t.Fatal("the run did not take place")
	}
	noOrphans(t, p)
	t.Logf("the report is in %s", filepath.Join(dir, "report.html"))
	return dir, readSet(t, dir)
}

// commandOf is the argument that says how target i is started.
func commandOf(i int, command ...string) []string {
	quoted := make([]string, len(command))
	for k, c := range command {
		quoted[k] = fmt.Sprintf("%q", c)
	}
	return []string{"--set", fmt.Sprintf("target[%d].command=[%s]", i, strings.Join(quoted, ", "))}
}

// finished are the trials of a system, each held to what any of them must be. One that failed is an error.
func finished(t *testing.T, set *record.Set, system string, check func(*testing.T, record.Arm, *record.Trial)) (arms map[string]bool) {
	t.Helper()
	arms = map[string]bool{}
	for i := range set.Trials {
		trial := &set.Trials[i]
		arm := armOf(t, set, trial.Key.Arm)
		switch {
		case arm.Deployment == nil && system != "" || arm.Deployment != nil && arm.Deployment.System != system:
		case trial.Status != record.StatusOK:
			t.Errorf("%s: %s", arm.Name, trial.Reason)
		default:
			arms[arm.Name] = true
			check(t, arm, trial)
		}
	}
	return arms
}

// shown says that the report has each of the texts.
func shown(t *testing.T, dir string, texts ...string) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(dir, "report.html"))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range texts {
		if !strings.Contains(string(page), text) {
			t.Errorf("the report does not say %q", text)
		}
	}
}
