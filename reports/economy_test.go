package reports

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/cost"
	exact "github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/price"
)

func syntheticDay(text string) price.Date {
	d, err := price.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

// syntheticAPIs are one that machines beat, one that they never do, with a stale price, and one between.
func syntheticAPIs() []price.API {
	api := func(name, date string, input, output int64) price.API {
		return price.API{Row: price.Row{Name: name, Source: "a price list", Date: syntheticDay(date), Trust: price.Primary, Currency: "USD"},
			Rates: price.Rates{Input: exact.New(input, -4, "USD"), Output: exact.New(output, -4, "USD")}}
	}
	return []price.API{api("dear", "2026-11-20", 30_000, 150_000), api("between", "2026-09-01", 170, 275), api("cheap", "2026-05-01", 5, 10)}
}

func syntheticEconomy(c *analysis.Cost, tokens float64) {
	within := func(x float64) cost.Estimate { return cost.Estimate{Value: x, Low: x * .97, High: x * 1.03} }
	plan := cost.Plan{PerHour: exact.New(85, -3, "USD"), Utilisation: .6}
	r := cost.Rates{Requests: within(tokens / 96), Tokens: within(tokens), Input: within(tokens * 2 / 3), Output: within(tokens / 3)}
	c.ByUse = cost.ByUse(plan.PerHour, r.Tokens, []float64{.1, .25, .5, .75, 1})
	bill := cost.Fleet{Replicas: 1, Spares: 1, Use: .6}.Month(plan.PerHour)
	c.Month = &bill
	for _, a := range syntheticAPIs() {
		b, err := cost.Against(plan, r, 1, a)
		if err != nil {
			panic(err)
		}
		c.BreakEvens = append(c.BreakEvens, b)
	}
	e, err := cost.DeclaredEnergy(35, .6, r.Tokens)
	if err != nil {
		panic(err)
	}
	e = e.Priced(exact.New(12, -2, "USD"))
	c.Energy, c.NoEnergy = &e, "The machine's energy counters were not read: the system shows none."
}

// The report says which price is stale, and against which API machines pay.
func TestEconomySection(t *testing.T) {
	s := syntheticStudy(4)
	var page strings.Builder
	if err := Markdown(&page, Build(s, Options{})); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"can pay from", "stale: 206 days old", "stale: 83 days", "machines pay from there on", "undecided within the interval", "the API is cheaper at every volume", "A month of one machine", "Redundancy", "Estimated, not measured: 35 W"} {
		if has := strings.Contains(page.String(), want); has == (want == "stale: 83 days") {
			t.Errorf("%q: %v in\n%s", want, has, page.String())
		}
	}
	if !slices.ContainsFunc(s.Arms, func(a analysis.Arm) bool { return a.Cost.Energy != nil }) {
		t.Error("no arm has energy")
	}
}

func TestVolumeCells(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		e         cost.Estimate
		text, sub string
	}{
		{cost.Estimate{Value: 365e6, Low: 365e6, High: 365e6}, "365", ""},
		{cost.Estimate{Value: 1.2345e12, Low: 1e9, High: 1.3e12}, "1,230,000", "1,000 to 1,300,000"},
		{cost.Estimate{Value: 2.5e6, Low: 1.25e6, High: inf}, "2.50", "1.25 or more"},
		{cost.Estimate{Value: inf, Low: 1e7, High: inf}, "none", "10.0 at the interval's best end"},
		{cost.Estimate{Value: inf, Low: inf, High: inf}, "none", ""},
	} {
		if got := volume(c.e); got.Text != c.text || got.Sub != c.sub {
			t.Errorf("%+v: %q, %q", c.e, got.Text, got.Sub)
		}
	}
}
