package scenario

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/strict"
)

func TestBudgets(t *testing.T) {
	all, err := ParseBudgets("b.toml", []byte(`
[[budget]]
metric = "p95 ttft"
limit = "100ms"
max_increase = 0.05
arm = "base"
load = "poisson 20/s"
[[budget]]
metric = "throughput"
max_decrease = 0.1
[[budget]]
metric = "failures"
limit = 0
[[budget]]
metric = "perplexity"
max_increase = 0.01
[[budget]]
metric = "capacity"
limit = 12.5
max_decrease = 0.1
`))
	if err != nil || len(all) != 5 {
		t.Fatalf("%v: %+v", err, all)
	}
	if b := all[0]; b.Limit != 1e8 || b.Ratio != 1.05 || b.Arm != "base" || b.Load != "poisson 20/s" || b.Metric.String() != "p95 ttft" || b.Key != "budget[0]" {
		t.Errorf("%+v", b)
	}
	if b := all[1]; b.Ratio != .9 || !math.IsNaN(b.Limit) {
		t.Errorf("%+v", b)
	}
	if b := all[4]; b.Limit != 12.5 || b.Ratio != .9 || b.Metric.Name != "capacity" {
		t.Errorf("%+v", b)
	}
	if b := all[2]; b.Limit != 0 || !math.IsNaN(b.Ratio) {
		t.Errorf("%+v", b)
	}
}

func TestBadBudgets(t *testing.T) {
	files, err := filepath.Glob("testdata/budgets/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, err = ParseBudgets(filepath.Base(file), text)
		if err == nil {
			t.Fatalf("%s is accepted", file)
		}
		checkProblems(t, err)
		golden(t, strings.TrimSuffix(file, ".toml")+".err", err.Error()+"\n")
	}
	if _, err := LoadBudgets("none.toml"); err == nil || len(strict.Problems(err)) != 1 {
		t.Error(err)
	}
}

func FuzzBudgets(f *testing.F) {
	f.Add("[[budget]]\nmetric = \"p95 ttft\"\nlimit = \"1s\"")
	f.Add("[[budget]]\nmetric = \"throughput\"\nmax_decrease = 1e9")
	f.Add("budget = [1]")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := ParseBudgets("f.toml", []byte(text))
		if err != nil {
			checkProblems(t, err)
			return
		}
		for _, b := range all {
			if b.Metric.Name == "" || math.IsNaN(b.Limit) && math.IsNaN(b.Ratio) {
				t.Errorf("%+v bounds nothing", b)
			}
		}
	})
}

// The budgets that are shipped are right.
func TestShippedBudgets(t *testing.T) {
	files, err := filepath.Glob("../../scenarios/budgets/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	for _, file := range files {
		if _, err := LoadBudgets(file); err != nil {
			t.Error(err)
		}
	}
}
