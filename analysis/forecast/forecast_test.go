package forecast

import (
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/demand"
)

func contains(notes []string, part string) bool {
	return slices.ContainsFunc(notes, func(n string) bool { return strings.Contains(n, part) })
}

func someHistory(t testing.TB, growth float64) *demand.History {
	return made(t, time.Date(2026, 8, 3, 0, 0, 0, 0, berlin(t)), 14, noisy(3, growth))
}

// TestMonths holds what is said of a month to itself.
func TestMonths(t *testing.T) {
	launch := Launch{Name: "release", At: time.Date(2027, 1, 10, 9, 0, 0, 0, time.UTC), Factor: 3, Ramp: 24 * time.Hour, Half: 96 * time.Hour, Lasting: 1.2}
	f := forecastOf(t, someHistory(t, 0.02), Options{Months: 13, Launches: []Launch{launch}})
	lengths := map[string]int{"2027-03": 743, "2027-10": 745, "2027-02": 672, "2026-12": 744}
	for _, s := range f.Scenarios {
		if len(s.Months) != 13 {
			t.Fatalf("%s has %d months", s.Name, len(s.Months))
		}
		for _, m := range s.Months {
			if !closeTo(sum(m.Hours)*3600, m.Requests, 1e-9) || !closeTo(sum(m.Hours)/float64(len(m.Hours)), m.Mean, 1e-9) || !slices.IsSorted(m.Hours) {
				t.Errorf("%s, %v: hours with %g requests of %g", s.Name, m.Month, sum(m.Hours)*3600, m.Requests)
			}
			if p := m.Peak; !(p.Low <= p.Expected && p.Expected <= p.High) || p.Expected != slices.Max(m.Hours) {
				t.Errorf("%s, %v: peak %+v, busiest hour %g", s.Name, m.Month, p, slices.Max(m.Hours))
			}
			if want, known := lengths[m.Month.Format("2006-01")]; known && len(m.Hours) != want {
				t.Errorf("%v has %d hours, want %d", m.Month, len(m.Hours), want)
			}
		}
	}
	for i, x := range f.Scenarios[1].Months {
		low, high, l := f.Scenarios[0].Months[i], f.Scenarios[2].Months[i], f.Scenarios[3].Months[i]
		if !(low.Requests < x.Requests && x.Requests < high.Requests && low.Peak.High < high.Peak.High) {
			t.Errorf("%v: %g, %g, %g", x.Month, low.Requests, x.Requests, high.Requests)
		}
		if before := l.Month.Before(launch.At.AddDate(0, -1, 0)); before && !reflect.DeepEqual(l, x) || !before && !(l.Requests > 1.1*x.Requests) {
			t.Errorf("%v: %g with the launch, %g without", x.Month, l.Requests, x.Requests)
		}
		if v := f.Fan[i].Values; !slices.IsSorted(v[:]) || v[1] != low.Requests || v[2] != x.Requests || v[3] != high.Requests {
			t.Errorf("fan %v", v)
		}
	}
	if f.Source != "made.csv" || f.Zone != "Europe/Berlin" || f.Supported != 2 || f.Checked != 3 {
		t.Errorf("%+v", f)
	}
}

func TestLaunch(t *testing.T) {
	at := time.Date(2027, 1, 10, 0, 0, 0, 0, time.UTC)
	l := Launch{At: at, Factor: 5, Ramp: 10 * time.Hour, Hold: 4 * time.Hour, Half: 2 * time.Hour, Lasting: 2}
	for hours, want := range map[float64]float64{-1: 1, 0: 1, 5: 3, 10: 5, 13: 5, 14: 5, 16: 3.5, 18: 2.75, 1000: 2} {
		if got := l.Multiplier(at.Add(time.Duration(hours * float64(time.Hour)))); math.Abs(got-want) > 1e-12 {
			t.Errorf("after %g h: %g, want %g", hours, got, want)
		}
	}
	if got := (Launch{At: at, Factor: 3, Lasting: 1}).Multiplier(at); got != 1 {
		t.Errorf("no ramp, no hold and no decay is no launch, not %g", got)
	}
	// twice as much from the start on is twice as much in every month and hour
	h := someHistory(t, 0)
	double := Launch{At: h.End(), Factor: 2, Lasting: 2}
	f := forecastOf(t, h, Options{Months: 3, Launches: []Launch{double}})
	for i, m := range f.Scenario(Launched).Months {
		x := f.Scenario(Expected).Months[i]
		if !closeTo(m.Requests, 2*x.Requests, 1e-12) || !closeTo(m.Peak.High, 2*x.Peak.High, 1e-12) || !closeTo(m.OutputTokens, 2*x.OutputTokens, 1e-12) || !closeTo(m.Hours[5], 2*x.Hours[5], 1e-12) {
			t.Errorf("%v: %g, want twice %g", m.Month, m.Requests, x.Requests)
		}
	}
}

// TestSeriesAreDrawnTogether has tokens in proportion to requests, which they keep in every draw.
func TestSeriesAreDrawnTogether(t *testing.T) {
	h := someHistory(t, 0.01)
	p, err := takeApart(h.Hours)
	if err != nil {
		t.Fatal(err)
	}
	to := newHorizon(h.End(), firstMonth(h.End()), 2, h.Location)
	for _, m := range Models() {
		d := to.draw(p.futures(m), m.Name(), 20, 1).plain
		for month := range to.months {
			for i, r := range d.totals[requests][month] {
				if !closeTo(d.totals[inputTokens][month][i], 800*r, 1e-9) || !closeTo(d.totals[outputTokens][month][i], 200*r, 1e-9) {
					t.Errorf("%s, draw %d: %g input tokens of %g requests, want 800 each", m.Name(), i, d.totals[inputTokens][month][i], r)
				}
			}
		}
	}
}

// TestMoreGrowthIsMoreDemand adds growth to a noisy history: each month of each scenario of each model becomes larger.
func TestMoreGrowthIsMoreDemand(t *testing.T) {
	for _, m := range modelNames() {
		var before *Forecast
		for _, growth := range []float64{-0.01, 0, 0.03} {
			f := modelled(t, someHistory(t, growth), m, 3)
			for i, s := range f.Scenarios {
				for k, x := range s.Months {
					if before != nil && !(x.Requests > before.Scenarios[i].Months[k].Requests && x.Peak.Expected > before.Scenarios[i].Months[k].Peak.Expected) && !(m == "seasonal-naive" && s.Name == Low) {
						t.Errorf("%s, %s, growth of %g a week: %g requests, less than with less growth, %g", m, s.Name, growth, x.Requests, before.Scenarios[i].Months[k].Requests)
					}
				}
			}
			before = f
		}
	}
}

// TestAskedFor uses the model that was asked for, whichever does best.
func TestAskedFor(t *testing.T) {
	h := someHistory(t, 0.01)
	h.Hours = h.Hours[:8*week]
	for _, m := range modelNames() {
		if f := forecastOf(t, h, Options{Months: 1, Model: m}); f.Model != m || !strings.Contains(f.Why, "asked for") {
			t.Errorf("%s was used, %s was asked for: %s", f.Model, m, f.Why)
		}
	}
}

// TestScale holds that ten times the history is ten times the forecast, and the same choice.
func TestScale(t *testing.T) {
	h := someHistory(t, 0.01)
	h.Hours = h.Hours[:9*week]
	a := forecastOf(t, h, Options{Months: 2})
	for i := range h.Hours {
		x := &h.Hours[i]
		x.Requests, x.InputTokens, x.OutputTokens = 10*x.Requests, 10*x.InputTokens, 10*x.OutputTokens
	}
	b := forecastOf(t, h, Options{Months: 2})
	for i, s := range b.Scenarios {
		for k, m := range s.Months {
			if x := a.Scenarios[i].Months[k]; !closeTo(m.Requests, 10*x.Requests, 1e-9) || !closeTo(m.Peak.High, 10*x.Peak.High, 1e-9) {
				t.Errorf("%g, ten times %g expected", m.Requests, x.Requests)
			}
		}
	}
	if a.Model != b.Model || !closeTo(a.Backtests[1].Loss, b.Backtests[1].Loss, 1e-9) {
		t.Errorf("%s and %s", a.Model, b.Model)
	}
}

func TestSeeds(t *testing.T) {
	h := someHistory(t, 0.01)
	h.Hours = h.Hours[:9*week]
	a, again, b := forecastOf(t, h, Options{Months: 2, Seed: 5}), forecastOf(t, h, Options{Months: 2, Seed: 5}), forecastOf(t, h, Options{Months: 2, Seed: 6})
	if !reflect.DeepEqual(a, again) {
		t.Error("the same seed gives another forecast")
	}
	if a.Fan[0] == b.Fan[0] {
		t.Error("another seed gives the same forecast")
	}
}

// TestBeyondTheHistory widens what is further ahead than the history reaches back, and says so.
func TestBeyondTheHistory(t *testing.T) {
	start := time.Date(2026, 9, 7, 0, 0, 0, 0, time.UTC)
	h := made(t, start, 9, func(i int, at time.Time) float64 { return 100 * math.Exp(0.01*float64(i)/week) })
	f := forecastOf(t, h, Options{Months: 18, Draws: 300})
	if f.Supported != 1 || !contains(f.Notes, "The history supports 1 of 18 months") || !contains(f.Notes, "tested up to 2 weeks ahead") {
		t.Errorf("%d months supported; %q", f.Supported, f.Notes)
	}
	for i, fan := range f.Fan {
		width := math.Log(fan.Values[3] / fan.Values[1])
		if supported := i < 1; supported != !f.Scenarios[0].Months[i].Widened || supported && width > 1e-9 || !supported && width < 1e-3 {
			t.Errorf("month %d: logarithmic width %g", i, width)
		}
		// in the middle of a month so far beyond the history, 80 % of a normal change of growth is 2.56 standard deviations wide
		beyond := f.Fan[i].Month.AddDate(0, 0, 15).Sub(h.End()).Hours()/monthHours - 9/monthWeeks
		if want := 2 * 1.2816 * changeOfGrowth * beyond; i > 4 && !closeTo(width, want, 0.15) {
			t.Errorf("month %d: logarithmic width %g, want %g", i, width, want)
		}
	}
}

// TestWildHistories has demand that no model is made for: what comes out is still finite and in order.
func TestWildHistories(t *testing.T) {
	start := time.Date(2026, 8, 3, 0, 0, 0, 0, time.UTC)
	for _, seed := range []uint64{0, 3, 7} {
		rng := rand.New(rand.NewPCG(seed, 5))
		scale := math.Pow(10, float64(4*seed)-12)
		h := made(t, start, 8, func(i int, _ time.Time) float64 {
			if rng.IntN(3) == 0 {
				return 0
			}
			return min(scale*math.Exp(4*rng.NormFloat64()+float64(seed)*float64(i)/week), demand.MostValue)
		})
		for _, name := range modelNames() {
			for _, s := range modelled(t, h, name, 6).Scenarios {
				for _, m := range s.Months {
					if p := m.Peak; !(m.Requests >= 0 && p.Low <= p.Expected && p.Expected <= p.High && m.Mean <= p.Expected*(1+1e-9)) || math.IsInf(p.High, 0) || math.IsInf(m.InputTokens, 0) {
						t.Fatalf("seed %d, %s, %s: %g requests, peak %+v", seed, name, s.Name, m.Requests, p)
					}
				}
			}
		}
		if seed < 7 {
			continue
		}
		if f := forecastOf(t, h, Options{Months: 1}); math.IsNaN(f.Backtests[2].Loss) || math.IsInf(f.Backtests[2].Loss, 0) {
			t.Errorf("seed %d: %+v", seed, f.Backtests)
		}
	}
}

func TestBadOptions(t *testing.T) {
	h := someHistory(t, 0)
	nan := math.NaN()
	at := h.End()
	for want, o := range map[string]Options{
		"months = 0: expected 1 to 36": {},
		"months = 37":                  {Months: 37},
		"draws = 99: expected 100 to":  {Months: 1, Draws: 99},
		"low = 0.5":                    {Months: 1, Low: 0.5, High: 0.9},
		"high = 0":                     {Months: 1, Low: 0.2},
		"start = 2026-10: expected a month that begins when":       {Months: 1, Start: time.Date(2026, 10, 20, 0, 0, 0, 0, time.UTC)},
		"start = 2036-10: expected a month within five years":      {Months: 1, Start: time.Date(2036, 10, 20, 0, 0, 0, 0, time.UTC)},
		`model = "prophet": expected one of ["seasonal-naive"`:     {Months: 1, Model: "prophet"},
		"launch[0].at = 0001-01-01: expected a date before the en": {Months: 1, Launches: []Launch{{Factor: 2}}},
		"launch[0].at = 2028":      {Months: 1, Launches: []Launch{{At: at.AddDate(2, 0, 0)}}},
		"launch[0].factor = NaN":   {Months: 1, Launches: []Launch{{At: at, Factor: nan}}},
		"launch[1].lasting = -1":   {Months: 1, Launches: []Launch{{At: at}, {At: at, Lasting: -1}}},
		"launch[0].ramp = -1h0m0s": {Months: 1, Launches: []Launch{{At: at, Ramp: -time.Hour}}},
	} {
		_, err := FromHistory(h, o)
		var w demand.Wrong
		if !errors.As(err, &w) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nwant %q", err, want)
		}
	}
}

func TestUnfitHistories(t *testing.T) {
	start := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	if _, err := FromHistory(made(t, start, 7, noisy(1, 0)), Options{Months: 1}); !errors.Is(err, demand.ErrShort) {
		t.Error(err)
	}
	dead := func(from int) func(int, time.Time) float64 {
		return func(i int, at time.Time) float64 {
			if i/week >= from {
				return 0
			}
			return 10
		}
	}
	for from, want := range map[int]string{11: "made.csv: weeks without demand: no request in the last week, from 2026-05-18 on", 12: ""} {
		_, err := FromHistory(made(t, start, 12, dead(from)), Options{Months: 1, Draws: 100})
		if want == "" && err != nil || want != "" && (!errors.Is(err, ErrEmptyWeeks) || !strings.Contains(err.Error(), want)) {
			t.Errorf("dead from week %d on: %v", from, err)
		}
	}
	_, err := FromHistory(made(t, start, 12, func(i int, _ time.Time) float64 { return float64(i / week % 2) }), Options{Months: 1})
	if !errors.Is(err, ErrEmptyWeeks) || !strings.Contains(err.Error(), "in 6 of 12 weeks") {
		t.Error(err)
	}
}
