package scenario

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/capacity"
	"github.com/assaylab/assay/analysis/demand"
	"github.com/assaylab/assay/analysis/strict"
)

// TestBadPlans compares every message of every broken plan with its .err file.
func TestBadPlans(t *testing.T) {
	files, err := filepath.Glob("testdata/plans/*.toml")
	if err != nil || len(files) < 4 {
		t.Fatalf("%d files in testdata/plans: %v", len(files), err)
	}
	for _, file := range files {
		if filepath.Base(file) == "good.toml" {
			continue
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".toml"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = ParsePlan(filepath.Base(file), text)
			if err == nil {
				t.Fatal("accepted")
			}
			checkProblems(t, err)
			golden(t, strings.TrimSuffix(file, ".toml")+".err", err.Error()+"\n")
		})
	}
}

func goodPlan(t *testing.T) *CapacityPlan {
	t.Helper()
	p, err := LoadPlan("testdata/plans/good.toml")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPlan(t *testing.T) {
	p := goodPlan(t)
	if !p.Start.Equal(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)) || p.Months != 18 || p.Discount != 0.08 || p.Tail != 1 {
		t.Errorf("horizon %v %d %v %v", p.Start, p.Months, p.Discount, p.Tail)
	}
	if p.Demand.Read != (demand.Options{Zone: "Europe/Berlin", Gaps: demand.GapsInterpolated}) || len(p.Demand.Launches) != 1 || p.Demand.Launches[0].Half != 252*time.Hour {
		t.Errorf("demand %+v", p.Demand)
	}
	if got := p.Arms[1].Curve.Points; len(got) != 2 || got[0].Latencies[0].Metric != "ttft" || got[0].Latencies[0].NS.Value != 1e8 || got[1].Latencies[0].Percentile != 0.999 || got[1].Collapsed == "" {
		t.Errorf("points %+v", got)
	}
	if s := p.Arms[2].Scaled; s == nil || s.To.Bandwidth != 3.35e12 || s.Work.Ops != 16e9 {
		t.Errorf("scaling %+v", s)
	}
	if want := map[string]int{"full": 8, "scaled": 4}; !reflect.DeepEqual(p.Options[0].Replicas, want) {
		t.Errorf("replicas %v, want %v", p.Options[0].Replicas, want)
	}
	if p.Options[0].Name != "own 8x-h100-low" || p.Options[0].Spread != (capacity.Spread{Low: 0.9, High: 1.2}) {
		t.Errorf("option %+v", p.Options[0])
	}
	if want := (PlanHolding{"a year", 2, 0, 5}); p.Holdings[0] != want {
		t.Errorf("holding %+v, want %+v", p.Holdings[0], want)
	}
	if p.Budget.Total.Fixed(2) != "3000000.50" || p.Budget.Month.Currency() != "" {
		t.Errorf("budget %+v", p.Budget)
	}
	if got := p.Resolve("mine.toml"); got != filepath.Join("testdata", "plans", "mine.toml") {
		t.Errorf("resolved to %q", got)
	}
}

// Every key that decides something is required: a plan without it is refused with the line of its table.
func TestPlanNeeds(t *testing.T) {
	text, err := os.ReadFile("testdata/plans/good.toml")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{`currency = "USD"`, `start = "2027-01"`, "months = 18", "discount_rate = 0.08", "tail = 1.0", `plan_for = "launch"`, "spares = 1", "headroom = 0.2",
		`arm = "2"`, `date = "2026-08-01"`, `arrivals = "poisson"`, "max_share = 0.2", `cost_per_request = "0.0005"`, "lead_days = 112", `paid = "at delivery"`, "upfront = 0.5", `term = "reserved_1y"`,
		"prefill_share = 0.3", "factor = 3", "lasting = 1.2", "replicas = 1\n"} {
		without := strings.Replace(string(text), line, "", 1)
		if without == string(text) {
			t.Fatalf("the plan has no %q", line)
		}
		key, _, _ := strings.Cut(line, " ")
		_, err := ParsePlan("plan.toml", []byte(without))
		if err == nil || !strings.Contains(err.Error(), key+": missing") {
			t.Errorf("without %q: %v", line, err)
		}
	}
}

func FuzzPlan(f *testing.F) {
	files, _ := filepath.Glob("testdata/plans/*.toml")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePlan("plan.toml", []byte(text))
		if err == nil && (p.Currency == "" || len(p.Arms) == 0 || len(p.Options) == 0 || p.Months < 1) {
			t.Errorf("accepted without currency, arms, options or months: %+v", p)
		}
		for _, problem := range strict.Problems(err) {
			if problem.Line < 1 {
				t.Errorf("no line: %v", problem)
			}
		}
	})
}
