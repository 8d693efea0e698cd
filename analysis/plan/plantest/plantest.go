// Package plantest makes up inputs of plans for tests: nobody measured, published or offered any of it.
package plantest

import (
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/capacity"
	"github.com/assaylab/assay/analysis/cost"
	"github.com/assaylab/assay/analysis/demand"
	"github.com/assaylab/assay/analysis/forecast"
	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/plan"
	"github.com/assaylab/assay/analysis/predict"
	"github.com/assaylab/assay/analysis/price"
)

// Today is the day of the decision.
var Today = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)

func usd(t testing.TB, text string) money.Amount {
	t.Helper()
	a, err := money.Parse(text, "USD")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func row(name string, date string) price.Row {
	d, err := price.ParseDate(date)
	if err != nil {
		panic(err)
	}
	return price.Row{Name: name, Source: "made up", Date: d, Trust: price.Secondary, Currency: "USD"}
}

// Stated is demand that grows by 4 to 8 % a month from 30 requests a second, with a busy afternoon and quiet weekends.
func Stated(perSecond float64) *demand.Stated {
	return &demand.Stated{Zone: "UTC", Now: Today, Rate: perSecond * 3600, Growth: demand.Growth{Low: 0.04, Expected: 0.06, High: 0.08},
		Shape: demand.Shape{PeakToMean: 2, PeakHour: 14, Weekend: 0.5}, InputTokens: 800, OutputTokens: 200}
}

// Forecast is that of stated demand, with a launch in the fourth month.
func Forecast(t testing.TB, s *demand.Stated, months int) *forecast.Forecast {
	t.Helper()
	f, err := forecast.FromStated(s, forecast.Options{Months: months, Start: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), Seed: 1, Draws: 100,
		Launches: []forecast.Launch{{Name: "app", At: time.Date(2027, 2, 10, 0, 0, 0, 0, time.UTC), Factor: 2, Ramp: 48 * time.Hour, Hold: 120 * time.Hour, Half: 240 * time.Hour, Lasting: 1.1}}})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Curve is of a replica that holds Limits up to a rate.
func Curve(name string, rate float64) capacity.Curve {
	c := capacity.Curve{Name: name, Origin: predict.Measured, Source: `run "made-up" of 2026-11-30`, Arrivals: "poisson", InputTokens: 800, OutputTokens: 200}
	for i, share := range []float64{0.25, 0.5, 1, 1.5} {
		ms := []float64{60, 80, 250, 900}[i] * 1e6
		c.Points = append(c.Points, capacity.Point{Rate: rate * share, Trials: []string{name + "-trial"}, Latencies: []capacity.Latency{
			{Metric: "ttft", Percentile: 0.95, NS: cost.Estimate{Value: ms, Low: ms * 0.9, High: ms * 1.1}},
			{Metric: "tpot", Percentile: 0.95, NS: cost.Estimate{Value: 20e6, Low: 19e6, High: 21e6}}}})
	}
	return c
}

// Limits are p95 TTFT of 250 ms, which a Curve's replica holds up to its rate, and p95 TPOT of 50 ms.
func Limits() []capacity.SLO {
	return []capacity.SLO{{Metric: "ttft", Percentile: 0.95, LimitNS: 250e6}, {Metric: "tpot", Percentile: 0.95, LimitNS: 50e6}}
}

// Options are a server to buy, a machine to reserve or to rent, and an API.
func Options(t testing.TB, arms ...string) []plan.Option {
	t.Helper()
	each := func(n int) map[string]int {
		m := map[string]int{}
		for _, a := range arms {
			m[a] = n
		}
		return m
	}
	server := price.Purchase{Row: row("server", "2026-10-01"), GPU: "H100", GPUs: 8, Price: usd(t, "300000"), Residual: 0.1, Months: 48, CapitalPerYear: 0.08,
		PowerKW: 10, PUE: 1.2, PerKWh: usd(t, "0.10"), MaintenancePerYear: 0.05, StaffPerYear: 0.05, LeadWeeks: 16}
	machine := price.Rental{Row: row("machine", "2026-06-01"), GPU: "H100", GPUs: 1, Terms: price.Terms{OnDemand: usd(t, "3.50"), Reserved1: usd(t, "2.20")}}
	api := price.API{Row: row("model", "2026-11-01"), Rates: price.Rates{Input: usd(t, "0.50"), Output: usd(t, "2.00")}}
	offer := func(name string, kind capacity.Kind, lead int) capacity.Option {
		return capacity.Option{Name: name, Kind: kind, LeadDays: lead, Spread: capacity.Spread{Low: 0.8, High: 1.25}}
	}
	return []plan.Option{
		{Row: server, Replicas: each(8), Offer: offer("own server", capacity.Own, 70)},
		{Row: machine, Term: price.Reserved1, Replicas: each(1), Offer: offer("reserve machine", capacity.Hold, 7)},
		{Row: machine, Term: price.OnDemand, Replicas: each(1), Offer: offer("rent machine", capacity.Rent, 0)},
		{Row: api, Offer: offer("api model", capacity.API, 0)},
	}
}

// Inputs are a plan's for so many months, with one arm whose replica holds the limits up to 6 requests a second.
func Inputs(t testing.TB, months int) plan.Inputs {
	t.Helper()
	s := Stated(30)
	return plan.Inputs{Name: "assistant", File: "plan.toml", Currency: "USD", Today: Today, Discount: 0.08, Tail: 1,
		Demand: plan.Demand{PlanFor: forecast.High, Forecast: Forecast(t, s, months), Stated: s, Input: s.InputTokens, Output: s.OutputTokens},
		Limits: Limits(), Reserve: capacity.Reserve{Headroom: 0.2, Spares: 1}, Arms: []plan.Arm{{Name: "full", Curve: Curve("full", 6)}}, Options: Options(t, "full", "small")}
}
