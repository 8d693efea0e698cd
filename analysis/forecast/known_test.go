package forecast

import (
	"math"
	"testing"
	"time"
)

// TestConstant and the two after it hold forecasts to series whose future is known, to rounding.
func TestConstant(t *testing.T) {
	of := func(time.Time) float64 { return 360 }
	h := made(t, time.Date(2026, 7, 6, 0, 0, 0, 0, berlin(t)), 20, func(int, time.Time) float64 { return 360 })
	for _, m := range modelNames() {
		holds(t, modelled(t, h, m, 5), of)
	}
	if f := forecastOf(t, h, Options{Months: 1}); f.Model != (SeasonalNaive{}).Name() {
		t.Errorf("%s was chosen, where the simplest is as good: %s", f.Model, f.Why)
	}
}

// TestSeasonal has clocks that change in the history and in the months to come, and nights without demand.
func TestSeasonal(t *testing.T) {
	of := func(at time.Time) float64 { return 500 * busy(at) }
	for _, start := range []time.Time{
		time.Date(2026, 8, 31, 0, 0, 0, 0, berlin(t)), // 25 October lies in the history, 28 March in the months
		time.Date(2026, 3, 9, 13, 0, 0, 0, berlin(t)), // 29 March, 25 October; begins and ends in the middle of a day
	} {
		h := made(t, start, 22, func(_ int, at time.Time) float64 { return of(at) })
		for _, m := range modelNames() {
			holds(t, modelled(t, h, m, 4), of)
		}
	}
}

// TestGrowth has demand that doubles every so many months, which models with a trend reproduce and seasonal naive does not.
func TestGrowth(t *testing.T) {
	start := time.Date(2026, 3, 2, 0, 0, 0, 0, berlin(t))
	for _, doubles := range []float64{3, -6} { // a half in six months
		of := func(at time.Time) float64 {
			return 700 * busy(at) * math.Exp2(at.Sub(start).Hours()/monthHours/doubles)
		}
		h := made(t, start, 20, func(_ int, at time.Time) float64 { return of(at) })
		want := math.Exp2(1/doubles) - 1
		for _, m := range []string{"log-linear", "bootstrap-ensemble"} {
			f := modelled(t, h, m, 4)
			holds(t, f, of)
			if g := f.Growth; !closeTo(g.Low, want, 1e-9) || !closeTo(g.Expected, want, 1e-9) || !closeTo(g.High, want, 1e-9) {
				t.Errorf("%s: growth %+v, want %g", m, g, want)
			}
		}
		if doubles != 3 {
			continue
		}
		f := forecastOf(t, h, Options{Months: 1})
		if f.Model != "log-linear" || f.backtest("log-linear").Hourly.SMAPE > 1e-9 || f.backtest("seasonal-naive").Hourly.SMAPE < 0.01 {
			t.Errorf("doubled every %g months: %s was chosen, %s; %+v", doubles, f.Model, f.Why, f.Backtests)
		}
	}
}

// TestYear has two years in which the time of the year is known, which a line alone would take for growth.
func TestYear(t *testing.T) {
	start := time.Date(2024, 11, 4, 0, 0, 0, 0, time.UTC)
	of := func(at time.Time) float64 {
		x := at.Sub(start).Hours()
		return 1000 * busy(at) * math.Exp(0.004*x/week+0.3*math.Cos(2*math.Pi*x/8766)-0.1*math.Sin(4*math.Pi*x/8766))
	}
	h := made(t, start, 110, func(_ int, at time.Time) float64 { return of(at) })
	for _, m := range []string{"log-linear", "bootstrap-ensemble"} {
		for _, x := range modelled(t, h, m, 12).Scenario(Expected).Months {
			if total, _, _ := naiveMonth(x.Month, of); !closeTo(x.Requests, total, 0.02) { // within a week the year is taken for constant
				t.Errorf("%s, %s: %g, want %g", m, x.Month.Format("2006-01"), x.Requests, total)
			}
		}
	}
}

// TestSparse has hours in which nothing was asked for at random, and weeks without demand.
func TestSparse(t *testing.T) {
	start := time.Date(2026, 3, 2, 0, 0, 0, 0, berlin(t))
	h := made(t, start, 20, func(i int, at time.Time) float64 {
		if i/week == 7 || i*i%5 == 1 {
			return 0
		}
		return 3 * busy(at)
	})
	f := forecastOf(t, h, Options{Months: 2})
	for _, s := range f.Scenarios {
		for _, m := range s.Months {
			if !(m.Requests > 0) || math.IsInf(m.Peak.High, 0) || m.Hours[0] != 0 {
				t.Errorf("%s: %g requests, peak %+v, least %g", s.Name, m.Requests, m.Peak, m.Hours[0])
			}
		}
	}
	if !contains(f.Notes, "1 of 20 weeks have no demand") {
		t.Errorf("%q", f.Notes)
	}
	want := 0.0
	for _, x := range h.Hours[len(h.Hours)-12*week:] {
		want += x.Requests / 12
	}
	if got := f.Scenario(Expected).Months[0].Mean * 3600 * week; !closeTo(got, want, 0.1) {
		t.Errorf("%g requests a week, the history has %g", got, want)
	}
}
