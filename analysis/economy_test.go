package analysis

import (
	"math"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/price"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/loadgen/result"
)

func testDay(t *testing.T, text string) price.Date {
	t.Helper()
	d, err := price.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// priced is a run of 2026-01-01 that compares with one API, whose price is of the given day.
func priced(t *testing.T, day string, energy func(*record.Trial)) *Study {
	t.Helper()
	p := recordtest.Small()
	p.Repetitions = 3
	p.EditRun = func(r *record.Run) {
		r.Cost.Spares, r.Cost.UserMonth, r.Cost.Watts, r.Cost.PerKWh = 1, 40, 36, "0.10"
		r.Cost.APIs = []price.API{{Row: price.Row{Name: "api", Source: "a list", Date: testDay(t, day), Trust: price.Primary, Currency: "USD"},
			Rates: price.Rates{Input: money.New(100, -2, "USD"), Output: money.New(400, -2, "USD")}}}
	}
	p.Edit = func(tr *record.Trial, _ []result.Request) bool {
		energy(tr)
		return true
	}
	return study(t, p)
}

// Everything that follows from the price agrees with the price per million tokens.
func TestEconomy(t *testing.T) {
	s := priced(t, "2025-12-01", func(tr *record.Trial) { tr.Energy = &record.Energy{Unread: "nobody may"} })
	c := armOf(t, s, "fast").Cost
	near := func(name string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-9*math.Abs(want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	u := s.Run.Cost.Utilisation
	for _, b := range c.ByUse {
		near("by use", b.PerMillion.Value*b.Use, c.PerMillion.Estimate*u)
	}
	near("per user", c.PerUserMonth.Estimate, 40*c.PerThousandRequests.Estimate/1000)
	if c.PerThousandIssued.Estimate > c.PerThousandRequests.Estimate*(1+1e-9) || c.PerThousandIssued.Estimate <= 0 {
		t.Errorf("a request sent costs %v, one within the limits %v", c.PerThousandIssued.Estimate, c.PerThousandRequests.Estimate)
	}
	if c.Month.Total.Cmp(money.New(2*730*50, -2, "USD")) != 0 || c.Month.Work.Add(c.Month.Idle).Add(c.Month.Spares).Cmp(c.Month.Total) != 0 {
		t.Errorf("%+v", c.Month)
	}
	b := c.BreakEvens[0]
	near("equal at", b.Use.Value*b.PerMillion.Float(), c.PerMillion.Estimate*u)
	if p := b.PerMillion.Float(); p <= 1 || p >= 4 {
		t.Errorf("a mix of $1 and $4 costs %v", p)
	}
	if c.Energy == nil || c.Energy.Measured || !strings.Contains(c.NoEnergy, "nobody may") {
		t.Fatalf("%+v, %q", c.Energy, c.NoEnergy)
	}
	near("joules", c.Energy.PerToken.Value/36, c.PerMillion.Estimate/1e6*3600/.5)
	near("energy's price", c.Energy.PerMillion.Value, c.Energy.KWh*.1)
	for _, w := range s.Warnings {
		if strings.Contains(w, "stale") {
			t.Error(w)
		}
	}
}

// Counters are joules over tokens of the trials that the cost is of, and nothing is estimated beside them.
func TestEnergyMeasured(t *testing.T) {
	s := priced(t, "2025-12-01", func(tr *record.Trial) {
		tokens := tr.Engine.PromptTokens + tr.Engine.GeneratedTokens
		tr.Energy = &record.Energy{MicroJoules: tokens * int64(200_000+1000*(tr.Key.Repetition-1)), Domains: []string{"package-0", "package-0/dram"}}
	})
	c := armOf(t, s, "fast").Cost
	if c.Energy == nil || !c.Energy.Measured || c.NoEnergy != "" {
		t.Fatalf("%+v, %q", c.Energy, c.NoEnergy)
	}
	// 0.199, 0.2 and 0.201 J a token: 0.2 on average, and 4.30 standard errors of 0.001 / root of 3 to either side.
	e := c.Energy.PerToken
	if math.Abs(e.Value-.2) > 2e-4 || math.Abs(e.High-e.Value-.00248) > 4e-4 || math.Abs(e.Value-e.Low-.00248) > 4e-4 {
		t.Errorf("%+v", e)
	}
	wantContains(t, "how", c.Energy.How, "Measured", "package-0 and package-0/dram")
}

// A stale price is warned of, by its day and the run's.
func TestStalePriceIsWarnedOf(t *testing.T) {
	s := priced(t, "2025-10-01", func(*record.Trial) {})
	wantWarning(t, s, "The price of api (a list) was stale when the run began: 92 days old.")
	wantContains(t, "energy", armOf(t, s, "fast").Cost.NoEnergy, "did not read")
}

// What the catalogue's rows and the plan say must be of one currency.
func TestCostOfMixedCurrencies(t *testing.T) {
	p := recordtest.Small()
	p.EditRun = func(r *record.Run) {
		r.Cost.APIs = []price.API{{Row: price.Row{Name: "api", Currency: "EUR"}}}
	}
	dir := t.TempDir()
	if err := recordtest.Write(dir, p); err != nil {
		t.Fatal(err)
	}
	if _, err := record.Read(dir); err == nil || !strings.Contains(err.Error(), `"api" is priced in EUR and the machine in USD`) {
		t.Errorf("%v", err)
	}
}
