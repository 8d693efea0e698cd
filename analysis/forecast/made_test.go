package forecast

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/demand"
)

// berlin changes its clocks, so that days of 23 and 25 hours are in every history of half a year.
func berlin(t testing.TB) *time.Location {
	t.Helper()
	z, err := demand.LoadZone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// made is a history whose requests a function gives; a request has 800 input and 200 output tokens.
func made(t testing.TB, start time.Time, weeks int, requests func(i int, at time.Time) float64) *demand.History {
	h := &demand.History{File: "made.csv", Zone: start.Location().String(), Location: start.Location(), Step: time.Hour}
	for i := range weeks * week {
		at := start.Add(time.Duration(i) * time.Hour)
		v := requests(i, at)
		h.Hours = append(h.Hours, demand.Hour{Start: at, Requests: v, InputTokens: 800 * v, OutputTokens: 200 * v})
	}
	h.Rows = len(h.Hours)
	return h
}

// busy is a shape of the week by the clocks of a zone, with nights at which nobody asks.
func busy(at time.Time) float64 {
	if at.Hour() < 4 {
		return 0
	}
	day := 2 + math.Sin(2*math.Pi*float64(at.Hour()-9)/24)
	if w := at.Weekday(); w == time.Saturday || w == time.Sunday {
		return day / 3
	}
	return day
}

// noisy has a level that wanders from week to week and hours that differ, with their neighbours alike.
func noisy(seed uint64, growth float64) func(i int, at time.Time) float64 {
	rng := rand.New(rand.NewPCG(seed, 7))
	level, near := 0.0, 0.0
	return func(i int, at time.Time) float64 {
		if i%week == 0 {
			level = 0.5*level + 0.05*rng.NormFloat64()
		}
		near = 0.6*near + 0.1*rng.NormFloat64()
		return 1000 * busy(at) * math.Exp(growth*float64(i)/week+level+near)
	}
}

func forecastOf(t testing.TB, h *demand.History, o Options) *Forecast {
	t.Helper()
	if o.Draws == 0 {
		o.Draws = leastDraws
	}
	f, err := FromHistory(h, o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// modelled is what one model makes of a history, untested.
func modelled(t testing.TB, h *demand.History, name string, months int) *Forecast {
	t.Helper()
	p, err := takeApart(h.Hours)
	if err != nil {
		t.Fatal(err)
	}
	m := Models()[slices.Index(modelNames(), name)]
	to := newHorizon(h.End(), firstMonth(h.End()), months, h.Location)
	to.supported = p.weeks
	f := &Forecast{Model: name, Low: 0.1, High: 0.9}
	f.conclude(to, to.draw(p.futures(m), name, leastDraws, 1))
	return f
}

func closeTo(a, b, relative float64) bool { return math.Abs(a-b) <= relative*math.Abs(b) }

// naiveMonth adds a function up over the hours of a month, one by one.
func naiveMonth(month time.Time, of func(at time.Time) float64) (total, top float64, hours int) {
	for at := month; at.Month() == month.Month(); at = at.Add(time.Hour) {
		total += of(at)
		top = max(top, of(at))
		hours++
	}
	return total, top, hours
}

// holds compares every scenario of a forecast with what is known to come.
func holds(t *testing.T, f *Forecast, of func(at time.Time) float64) {
	t.Helper()
	for _, s := range f.Scenarios {
		for _, m := range s.Months {
			if m.Widened {
				continue
			}
			total, top, hours := naiveMonth(m.Month, of)
			if !closeTo(m.Requests, total, 1e-9) || !closeTo(m.InputTokens, 800*total, 1e-9) || !closeTo(m.OutputTokens, 200*total, 1e-9) || len(m.Hours) != hours {
				t.Errorf("%s, %s, %s: %g requests, %g and %g tokens in %d hours, want %g, and 800 and 200 times as many, in %d", f.Model, s.Name, m.Month.Format("2006-01"),
					m.Requests, m.InputTokens, m.OutputTokens, len(m.Hours), total, hours)
			}
			if p := m.Peak; !closeTo(3600*p.Low, top, 1e-9) || !closeTo(3600*p.Expected, top, 1e-9) || !closeTo(3600*p.High, top, 1e-9) {
				t.Errorf("%s, %s, %s: the busiest hour has %+v requests/s, want %g", f.Model, s.Name, m.Month.Format("2006-01"), p, top/3600)
			}
		}
	}
}
