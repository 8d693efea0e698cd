package price

import (
	"math/rand/v2"
	"testing"

	"github.com/assaylab/assay/analysis/money"
)

func usd(cents int64) money.Amount { return money.New(cents, -2, "USD") }

func within(t *testing.T, name string, got money.Amount, want, by float64) {
	t.Helper()
	if d := got.Float() - want; d > by || d < -by {
		t.Errorf("%s: %s, want %v", name, got.Exact(), want)
	}
}

// The worked check of the survey: $38,750 a GPU over 4 years, 1.37 kW at $200 a
// month, 5 % upkeep a year: $1.11 + 0.38 + 0.22 = $1.70 an hour; with a fifth of the
// price left at the end $1.48.
func TestOwnedWorkedExample(t *testing.T) {
	p := Purchase{GPUs: 8, Price: usd(310_000_00), Months: 48, PowerKW: 8 * 1.37, ColocationPerKWMonth: usd(200_00), MaintenancePerYear: .05}
	m := p.Monthly()
	gpuHour := func(a money.Amount) money.Amount { return a.Per(8 * HoursPerMonth) }
	within(t, "depreciation", gpuHour(m.Depreciation), 1.106, .001)
	within(t, "colocation", gpuHour(m.Colocation), .375, .001)
	within(t, "upkeep", gpuHour(m.Maintenance), .221, .001)
	within(t, "total", p.PerHour(), 1.702, .001)
	p.Residual = .2
	within(t, "with a residual value", p.PerHour(), 1.481, .001)
}

// Every part by hand, on round numbers: 10 GPUs for 100,000.
func TestOwnedParts(t *testing.T) {
	p := Purchase{GPUs: 10, Price: usd(100_000_00), Residual: .4, Months: 60, CapitalPerYear: .06, PowerKW: 5, PUE: 1.2, PerKWh: usd(10),
		ColocationPerKWMonth: usd(20_00), MaintenancePerYear: .03, StaffPerYear: .12}
	want := Owned{
		Depreciation: usd(1_000_00), // 60,000 / 60
		Capital:      usd(350_00),   // 70,000 on average x 6 % / 12
		Energy:       usd(438_00),   // 5 kW x 1.2 x 730 h x 0.10
		Colocation:   usd(100_00),
		Maintenance:  usd(250_00),
		Staff:        usd(1_000_00),
	}
	got := p.Monthly()
	for name, pair := range map[string][2]money.Amount{
		"depreciation": {got.Depreciation, want.Depreciation}, "capital": {got.Capital, want.Capital}, "energy": {got.Energy, want.Energy},
		"colocation": {got.Colocation, want.Colocation}, "maintenance": {got.Maintenance, want.Maintenance}, "staff": {got.Staff, want.Staff},
		"total": {p.PerMonth(), usd(3_138_00)},
	} {
		if pair[0].Cmp(pair[1]) != 0 {
			t.Errorf("%s: %s, want %s", name, pair[0].Exact(), pair[1].Exact())
		}
	}
	if p.PerHour().Mul(7300).Round(6).Cmp(p.PerMonth()) != 0 {
		t.Errorf("an hour is %s", p.PerHour().Exact())
	}
}

// The capital that a loan over the months would bind, month by month.
func TestCapitalIsTheMeanOfWhatIsBound(t *testing.T) {
	p := Purchase{GPUs: 1, Price: usd(48_000_00), Residual: .25, Months: 48, CapitalPerYear: .12}
	interest := money.Zero("USD")
	for month := range 48 { // on the mean of the month's begin and its end
		left := p.Price.Sub(p.Monthly().Depreciation.Times(float64(month) + .5))
		interest = interest.Add(left.Times(.01))
	}
	if want := p.Monthly().Capital.Mul(48); interest.Cmp(want) != 0 {
		t.Errorf("%s, month by month %s", want.Exact(), interest.Exact())
	}
}

func TestAPICost(t *testing.T) {
	a := API{Rates: Rates{Input: usd(300), CachedInput: usd(30), CacheWrite: usd(375), Output: usd(1500)},
		Tiers: []Tier{{Above: 100, Rates: Rates{Input: usd(600), Output: usd(2250)}}, {Above: 1000, Rates: Rates{Input: usd(900), Output: usd(3000)}}}}
	for _, c := range []struct {
		t    Tokens
		want string
	}{
		{Tokens{Input: 1_000_000, Cached: 2_000_000, CacheWrite: 4_000_000, Output: 100_000}, "20.1"}, // 3 + 0.6 + 15 + 1.5
		{Tokens{Input: 1}, "0.000003"},
		{Tokens{Cached: 7, Prompt: 100}, "0.0000021"},
		{Tokens{Cached: 7, CacheWrite: 3, Output: 2, Prompt: 101}, "0.000105"}, // no cache price in the tier: 10 x 6 + 2 x 22.5
		{Tokens{Output: 2, Prompt: 1001}, "0.00006"},
		{Tokens{}, "0"},
	} {
		if got := a.Cost(c.t).Decimal(); got != c.want {
			t.Errorf("%+v: %s, want %s", c.t, got, c.want)
		}
	}
}

// The blends that the survey quotes, at 3:1 and without a cache.
func TestBlended(t *testing.T) {
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"gpt-5.6-luna": "0.45", "gpt-5.6-terra": "4.5", "gpt-5.6-sol": "11.25", "claude-sonnet-5": "6", "claude-haiku-4-5": "2",
		"gemini-3.5-flash-lite": "0.85", "deepseek-v4-flash": "0.175",
	} {
		a, err := c.API(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.Blended(3).Decimal(); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// A mix costs what its tokens cost one by one.
func TestPerMillionIsTheMeanCost(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 500 {
		a := API{Rates: Rates{Input: usd(rng.Int64N(1000)), CachedInput: usd(rng.Int64N(100)), Output: usd(rng.Int64N(3000))}}
		n := Tokens{Input: rng.Int64N(1000), Cached: rng.Int64N(1000), CacheWrite: rng.Int64N(1000), Output: 1 + rng.Int64N(1000)}
		all := n.Input + n.Cached + n.CacheWrite + n.Output
		mix := Mix{float64(n.Input), float64(n.Cached), float64(n.CacheWrite), float64(n.Output)}
		within(t, "mean", a.PerMillion(mix).Mul(all).Shift(-6), a.Cost(n).Float(), 1e-9)
	}
}

func TestTerms(t *testing.T) {
	r := Rental{GPUs: 8, Terms: Terms{OnDemand: usd(295), Spot: usd(125)}}
	if a, ok := r.PerMachineHour(OnDemand); !ok || a.Cmp(usd(8*295)) != 0 {
		t.Errorf("%s, %v", a, ok)
	}
	if a, ok := r.PerMachineHour(Reserved3); ok {
		t.Errorf("a term that is not on offer: %s", a)
	}
}
