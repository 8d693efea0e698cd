package scenarios

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/demand"
	"github.com/assaylab/assay/analysis/plan"
	"github.com/assaylab/assay/experiments/planning"
	"github.com/assaylab/assay/experiments/scenario"
)

var update = flag.Bool("update", false, "write data/plan-demand.csv again")

// The example of a capacity plan can be made from what is shipped with it.
func TestPlan(t *testing.T) {
	file, err := scenario.LoadPlan("plan.toml")
	if err != nil {
		t.Fatal(err)
	}
	in, err := planning.Read(file, file.Start)
	if err != nil {
		t.Fatal(err)
	}
	o, err := plan.Make(*in, plan.Effort{Reach: 1})
	if err != nil {
		t.Fatal(err)
	}
	if o.Chosen() == nil || len(o.Chosen().Plan.Months) != file.Months || len(o.Over) > 0 {
		t.Errorf("%q, over budget: %q", o.Answer, o.Over)
	}
	for _, a := range o.Assumptions {
		if strings.Contains(a.Doubt, "requests of the demand have") {
			t.Errorf("the demand's requests are not those that were measured: %+v", a)
		}
	}
}

// planDemand is half a year that nobody measured: 40 requests a second that grow by 6 % a month, busy afternoons and quiet
// weekends, weeks that differ by 4 % and hours by 8 %, of 40 prompt and 32 output tokens.
func planDemand() string {
	shape := (&demand.Shape{PeakToMean: 1.9, PeakHour: 15, Weekend: 0.5}).Hours()
	rng := rand.New(rand.NewPCG(2026, 12))
	var b strings.Builder
	b.WriteString("# Made up for plan.toml (scenarios/plan_test.go): nobody asked for any of this.\ntime,requests,input_tokens,output_tokens\n")
	start, level := time.Date(2026, 5, 25, 0, 0, 0, 0, time.UTC), 0.0
	for i := range 26 * demand.Week {
		at := start.Add(time.Duration(i) * time.Hour)
		if i%demand.Week == 0 {
			level = 0.04 * rng.NormFloat64()
		}
		n := math.Round(40 * 3600 * math.Pow(1.06, float64(i)/730.5) * shape[demand.HourOfWeek(at)] * math.Exp(level+0.08*rng.NormFloat64()))
		fmt.Fprintf(&b, "%s,%.0f,%.0f,%.0f\n", at.Format("2006-01-02T15:04Z07:00"), n, n*40*math.Exp(0.04*rng.NormFloat64()), n*32*math.Exp(0.04*rng.NormFloat64()))
	}
	return b.String()
}

// TestPlanDemand holds the example's history to what made it.
func TestPlanDemand(t *testing.T) {
	const file = "data/plan-demand.csv"
	want := planDemand()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what this test makes; make golden rewrites it", file)
	}
}
