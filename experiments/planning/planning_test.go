package planning

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/plan"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/experiments/scenario"
)

var today = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)

// minePrices are in place of the shipped ones.
const minePrices = `currency = "USD"
[[machine]]
name = "mine"
cpus = 2
on_demand = "0.10"
source = "made up"
date = 2026-11-01
trust = "unverified"
[[api]]
name = "mine-api"
input = "1"
output = "2"
source = "made up"
date = 2026-11-01
trust = "unverified"
`

const planText = `name = "t"
currency = "USD"
prices = ["prices.toml"]
[horizon]
start = "2027-01"
months = 3
discount_rate = 0.08
tail = 1
[demand]
plan_for = "expected"
DEMAND
[slo]
[[slo.limit]]
metric = "ttft"
percentile = 0.95
limit = "400ms"
[redundancy]
spares = 1
headroom = 0.1
[[arm]]
name = "q8"
run = "run"
arm = "ARM"
[[option]]
kind = "rent"
price = "mine"
replicas = 1
lead_days = 0
[[option]]
kind = "api"
price = "mine-api"
lead_days = 0
`

const stated = `[demand.stated]
zone = "UTC"
now = "2026-12-01"
requests_per_hour = 180000
prompt_tokens = 60
output_tokens = 24
growth = { low = 0.02, expected = 0.05, high = 0.08 }
peak_to_mean = 2
peak_hour = 14
weekend = 0.5`

// history is nine weeks of hours in UTC, which a test may spoil.
func history(spoil func(hour int, line string) string) string {
	var b strings.Builder
	b.WriteString("time,requests,input_tokens,output_tokens\n")
	at := time.Date(2026, 9, 28, 0, 0, 0, 0, time.UTC)
	for i := range 9 * 7 * 24 {
		n := 1000 + 500*((i%24)/6) + i%7
		b.WriteString(spoil(i, fmt.Sprintf("%s,%d,%d,%d\n", at.Add(time.Duration(i)*time.Hour).Format(time.RFC3339), n, n*60, n*24)))
	}
	return b.String()
}

func intact(_ int, line string) string { return line }

// folder is a directory with a plan, prices, a history and a run.
func folder(t *testing.T, text, prices, csv string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{"plan.toml": text, "prices.toml": prices, "demand.csv": csv} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := recordtest.Write(filepath.Join(dir, "run"), recordtest.Small()); err != nil {
		t.Fatal(err)
	}
	return dir
}

func read(t *testing.T, dir string) (*plan.Inputs, error) {
	t.Helper()
	file, err := scenario.LoadPlan(filepath.Join(dir, "plan.toml"))
	if err != nil {
		t.Fatal(err)
	}
	return Read(file, today)
}

func with(demand, arm string) string {
	return strings.NewReplacer("DEMAND", demand, "ARM", arm).Replace(planText)
}

func TestRead(t *testing.T) {
	for name, demand := range map[string]string{"stated": stated, "history": `history = "demand.csv"`} {
		in, err := read(t, folder(t, with(demand, "2"), minePrices, history(intact)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(in.Arms) != 1 || in.Arms[0].ID != "fast" || in.Arms[0].Curve.Name != "q8" || len(in.Arms[0].Curve.Points) != 2 {
			t.Errorf("%s: arms %+v", name, in.Arms)
		}
		if in.Demand.Input != 60 || in.Demand.Output != 24 {
			t.Errorf("%s: %v and %v tokens, want 60 and 24", name, in.Demand.Input, in.Demand.Output)
		}
		if f := in.Demand.Forecast; len(f.Scenarios) != 3 || len(f.Scenarios[0].Months) != 3 || f.Scenarios[0].Months[0].Month.Format("2006-01") != "2027-01" {
			t.Errorf("%s: forecast %+v", name, f)
		}
		o, err := plan.Make(*in, plan.Effort{Reach: 1})
		if err != nil || o.Chosen() == nil {
			t.Fatalf("%s: %v %q", name, err, o.Answer)
		}
		k, err := Check(context.Background(), o, func(int, int) {})
		if err != nil || k.Skipped == "" {
			t.Errorf("%s: a run without steps was simulated: %+v, %v", name, k, err)
		}
	}
}

// What is wrong with the files that a plan names is an error that names file, line and key, and never a plan.
func TestBadInputs(t *testing.T) {
	past := history(func(i int, line string) string {
		if i == 500 {
			return ""
		}
		return line
	})
	twice := history(func(i int, line string) string {
		if i == 500 {
			return line + line
		}
		return line
	})
	moved := history(func(i int, line string) string {
		if i >= 500 {
			return strings.Replace(line, "Z,", "+02:00,", 1)
		}
		return line
	})
	short := strings.Join(strings.SplitAfter(history(intact), "\n")[:200], "")
	csv := `history = "demand.csv"`
	for name, c := range map[string]struct {
		text, prices, csv string
		want              []string
	}{
		"gap":              {with(csv, "2"), minePrices, past, []string{"demand.csv", "gap"}},
		"duplicate":        {with(csv, "2"), minePrices, twice, []string{"demand.csv:", "duplicate"}},
		"zone":             {with(csv, "2"), minePrices, moved, []string{"demand.csv", "zone"}},
		"short":            {with(csv, "2"), minePrices, short, []string{"demand.csv", "short"}},
		"no history":       {with(`history = "deman.csv"`, "2"), minePrices, "", []string{"plan.toml:11: demand.history: no file", "deman.csv"}},
		"no price":         {strings.Replace(with(stated, "2"), `"mine"`, `"mines"`, 1), minePrices, "", []string{"option[0].price", `did you mean "mine"?`}},
		"negative price":   {with(stated, "2"), strings.Replace(minePrices, `"0.10"`, `"-0.10"`, 1), "", []string{"prices.toml:5", "on_demand"}},
		"other currency":   {with(stated, "2"), strings.Replace(minePrices, "USD", "EUR", 1), "", []string{"option[0].price: a price in EUR", "prices.toml:", "one in USD", "never converted"}},
		"wrong kind":       {strings.Replace(with(stated, "2"), `price = "mine"`, `price = "mine-api"`, 1), minePrices, "", []string{"option[0].price", "kind rent"}},
		"no such term":     {strings.Replace(with(stated, "2"), `kind = "rent"`, "kind = \"reserve\"\nterm = \"reserved_3y\"\nupfront = 0", 1), minePrices, "", []string{"option[0].price", "reserved_3y"}},
		"no run":           {strings.Replace(with(stated, "2"), `run = "run"`, `run = "rum"`, 1), minePrices, "", []string{"arm[0].run", "no run in", "rum", "assay run"}},
		"no arm":           {with(stated, "fsat"), minePrices, "", []string{"arm[0].arm", `no arm "fsat"`}},
		"number too high":  {with(stated, "9"), minePrices, "", []string{"arm[0].arm", `no arm "9"`, "or its number"}},
		"no percentile":    {strings.Replace(with(stated, "2"), `"ttft"`, `"ttft"`+"\npercentile = 0.999\nlimit = \"1s\"\n[[slo.limit]]\nmetric = \"tpot\"", 1), minePrices, "", []string{"arm[0].run: no p99.9_ttft on the curve"}},
		"months are over":  {strings.Replace(with(stated, "2"), `"2027-01"`, `"2026-11"`, 1), minePrices, "", []string{"horizon.start: 2026-11", "--day"}},
		"growth backwards": {with(strings.Replace(stated, "low = 0.02", "low = 0.2", 1), "2"), minePrices, "", []string{"demand.stated.growth.low: 0.2"}},
		"no such zone":     {with(strings.Replace(stated, `"UTC"`, `"Mars/Olympus"`, 1), "2"), minePrices, "", []string{"demand.stated.zone", "Mars/Olympus"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(t, folder(t, c.text, c.prices, c.csv))
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("no %q in: %v", want, err)
				}
			}
		})
	}
}

// A limit that no load of the curve holds is no error but an answer: infeasible, and because of what.
func TestInfeasibleLimit(t *testing.T) {
	in, err := read(t, folder(t, strings.Replace(with(stated, "2"), "400ms", "1ms", 1), minePrices, ""))
	if err != nil {
		t.Fatal(err)
	}
	o, err := plan.Make(*in, plan.Effort{Reach: 1})
	if err != nil || o.Chosen() != nil || !strings.Contains(o.Answer, "infeasible because p95 of ttft") {
		t.Errorf("%v: %q", err, o.Answer)
	}
}

func TestCheckEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	file, err := scenario.LoadPlan("../../scenarios/plan.toml")
	if err != nil {
		t.Fatal(err)
	}
	in, err := Read(file, today)
	if err != nil {
		t.Fatal(err)
	}
	o, err := plan.Make(*in, plan.Effort{Reach: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Check(ctx, o, func(int, int) {}); err == nil {
		t.Error("went on")
	}
}
