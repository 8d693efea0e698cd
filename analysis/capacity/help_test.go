package capacity

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/cost"
	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/predict"
)

func dollars(t testing.TB, text string) money.Amount {
	t.Helper()
	a, err := money.Parse(text, "USD")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func date(t testing.TB, text string) time.Time {
	t.Helper()
	d, err := time.Parse("2006-01-02", text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// rates are months of one bin each.
func rates(t testing.TB, first string, rates ...float64) []Month {
	t.Helper()
	var months []Month
	for i, r := range rates {
		months = append(months, Month{First: date(t, first).AddDate(0, i, 0), Bins: []Bin{{Rate: r, Hours: 730}}})
	}
	return months
}

// holds is a replica that holds the limits at a rate that is known exactly.
func holds(rate float64) PerReplica {
	return PerReplica{Rate: cost.Estimate{Value: rate, Low: rate, High: rate}, Origin: predict.Measured, Broken: true, Saturated: rate}
}

// base is a problem with one of each.
func base(t testing.TB) *Problem {
	return &Problem{
		Now:        date(t, "2027-01-01"),
		Months:     rates(t, "2027-01-01", 20, 22, 25, 30, 33, 36, 40, 44, 48, 52, 57, 62, 68, 75, 82, 90, 99, 110),
		PerReplica: holds(5), Reserve: Reserve{Headroom: 0.2, Spares: 1}, Discount: 0.08, Tail: 1,
		Options: []Option{
			{Name: "server", Kind: Own, Replicas: 4, Price: dollars(t, "310000"), Upkeep: dollars(t, "2900"), Months: 48, Residual: 0.1, LeadDays: 112, Spread: Spread{0.8, 1.2}},
			{Name: "node-1y", Kind: Hold, Replicas: 4, Price: dollars(t, "14600"), Months: 12, LeadDays: 7, Spread: Spread{0.9, 1.1}},
			{Name: "gpu-hour", Kind: Rent, Replicas: 1, Price: dollars(t, "7.90"), Spread: Spread{0.7, 1.5}},
			{Name: "api", Kind: API, Price: dollars(t, "0.0042"), Spread: Spread{0.5, 1}},
		},
	}
}

// small is a random problem that can be solved by trying everything.
func small(t testing.TB, rng *rand.Rand) *Problem {
	p := &Problem{Now: date(t, "2027-01-01"), PerReplica: holds(1 + 4*rng.Float64()), Tail: float64(rng.IntN(3)) / 2,
		Discount: 0.2 * rng.Float64(), Reserve: Reserve{Headroom: 0.3 * rng.Float64(), Spares: rng.IntN(2)}}
	for i := range 2 + rng.IntN(2) {
		m := Month{First: date(t, "2027-01-01").AddDate(0, i, 0)}
		for range 1 + rng.IntN(3) {
			m.Bins = append(m.Bins, Bin{Rate: 8 * rng.Float64(), Hours: 1 + float64(rng.IntN(200))})
		}
		p.Months = append(p.Months, m)
	}
	cents := func(most int64) money.Amount { return money.New(1+rng.Int64N(most*100), -2, "USD") }
	p.Options = []Option{
		{Name: "own", Kind: Own, Replicas: 1 + rng.IntN(3), Price: cents(1500), Upkeep: cents(100), Months: 1 + rng.IntN(4), Residual: rng.Float64(), LeadDays: rng.IntN(2) * 20, PaidAtOrder: rng.IntN(2) == 0, MinUnits: rng.IntN(3)},
		{Name: "held", Kind: Hold, Replicas: 1 + rng.IntN(2), Price: cents(400), Months: 1 + rng.IntN(4), Upfront: float64(rng.IntN(3)) / 2},
		{Name: "rent", Kind: Rent, Replicas: 1 + rng.IntN(2), Price: cents(4), MaxUnits: rng.IntN(4), LeadDays: rng.IntN(2) * 20},
		{Name: "spot", Kind: Spot, Replicas: 1, Price: cents(3), Availability: 0.4 + 0.6*rng.Float64(), MaxUnits: 1 + rng.IntN(4)},
		{Name: "api", Kind: API, Price: money.New(1+rng.Int64N(300), -5, "USD"), MaxRate: float64(rng.IntN(5))},
		{Name: "lesser", Kind: Degrade, Price: money.New(1+rng.Int64N(200), -5, "USD"), Gain: 0.2 + rng.Float64(), MaxShare: 0.1 + 0.9*rng.Float64()},
	}
	if k := rng.IntN(5); k < 2 {
		p.Options[2+2*k].Minimum = cents(300)
	}
	if rng.IntN(3) == 0 {
		p.Holdings = []Holding{{Option: "own", Units: 1, From: 0, Until: 1 + rng.IntN(3)}}
	}
	return p
}
