package forecast

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/demand"
)

func growing(t testing.TB) *demand.Stated {
	return &demand.Stated{Zone: "Europe/Berlin", Now: time.Date(2026, 11, 15, 0, 0, 0, 0, berlin(t)), Rate: 1000, Growth: demand.Growth{Low: 0.06, Expected: 0.06, High: 0.06},
		Shape: demand.Shape{PeakToMean: 2, PeakHour: 14, Weekend: 0.4}, InputTokens: 800, OutputTokens: 200}
}

// TestStated adds the stated demand up hour by hour.
func TestStated(t *testing.T) {
	s := growing(t)
	f, err := FromStated(s, Options{Months: 18, Draws: 100})
	if err != nil {
		t.Fatal(err)
	}
	shape := s.Shape.Hours()
	holds(t, f, func(at time.Time) float64 {
		return 1000 * math.Pow(1.06, at.Sub(s.Now).Hours()/monthHours) * shape[demand.HourOfWeek(at)]
	})
	if f.Supported != 18 || f.Model != "stated" || len(f.Backtests) != 0 || !closeTo(f.Growth.Expected, 0.06, 1e-9) || f.Scenarios[0].Months[0].Month.Format("2006-01-02") != "2026-12-01" {
		t.Errorf("%+v", f)
	}
	for _, want := range []string{"stated, not measured", "No range of growth", "No noise"} {
		if !contains(f.Notes, want) {
			t.Errorf("%q do not say %q", f.Notes, want)
		}
	}
}

// TestStatedRange holds scenarios to the ends of the range that was stated, and noise to its size.
func TestStatedRange(t *testing.T) {
	s := growing(t)
	s.Growth, s.InputTokens, s.OutputTokens = demand.Growth{Low: 0.02, Expected: 0.06, High: 0.15}, 0, 0
	f, err := FromStated(s, Options{Months: 12, Draws: 400})
	if err != nil {
		t.Fatal(err)
	}
	months := f.Scenarios[0].Months[11].Month.AddDate(0, 0, 15).Sub(s.Now).Hours() / monthHours
	for i, g := range []float64{0.02, 0.06, 0.15} {
		want := math.Pow(1+g, months) / math.Pow(1.06, months)
		if got := f.Scenarios[i].Months[11].Requests / f.Scenarios[1].Months[11].Requests; !closeTo(got, want, 0.08) {
			t.Errorf("%s is %g of the expected one, want %g", f.Scenarios[i].Name, got, want)
		}
	}
	if g := f.Growth; !closeTo(g.Low, 0.02, 0.2) || !closeTo(g.Expected, 0.06, 0.1) || !closeTo(g.High, 0.15, 0.1) {
		t.Errorf("growth %+v", g)
	}
	s = growing(t)
	quiet, err := FromStated(s, Options{Months: 1, Draws: 200})
	if err != nil {
		t.Fatal(err)
	}
	s.Noise = 0.2
	loud, err := FromStated(s, Options{Months: 1, Draws: 200})
	if err != nil {
		t.Fatal(err)
	}
	a, b := quiet.Scenario(Expected).Months[0], loud.Scenario(Expected).Months[0]
	if !closeTo(b.Requests, a.Requests, 0.01) || !(b.Peak.Low > a.Peak.High) || !(b.Peak.High < 2*a.Peak.High) {
		t.Errorf("with noise %g requests and peak %+v, without %g and %+v", b.Requests, b.Peak, a.Requests, a.Peak)
	}
}

// TestMoreIsStated holds that more growth is more demand in each month, and a higher rate in proportion.
func TestMoreIsStated(t *testing.T) {
	requests := func(change func(*demand.Stated)) float64 {
		s := growing(t)
		change(s)
		f, err := FromStated(s, Options{Months: 6, Draws: 100})
		if err != nil {
			t.Fatal(err)
		}
		return f.Total.Expected
	}
	plain := requests(func(*demand.Stated) {})
	if more := requests(func(s *demand.Stated) { s.Growth = demand.Growth{Low: 0.07, Expected: 0.07, High: 0.07} }); !(more > plain) {
		t.Errorf("%g with more growth, %g with less", more, plain)
	}
	if twice := requests(func(s *demand.Stated) { s.Rate *= 2 }); !closeTo(twice, 2*plain, 1e-12) {
		t.Errorf("%g at twice the rate, %g at the rate", twice, plain)
	}
}

func TestStatedIsRefused(t *testing.T) {
	s := growing(t)
	s.Rate = -1
	var w demand.Wrong
	if _, err := FromStated(s, Options{Months: 1}); !errors.As(err, &w) || w.Key != "rate" {
		t.Error(err)
	}
	if _, err := FromStated(growing(t), Options{}); !errors.As(err, &w) || w.Key != "months" {
		t.Error(err)
	}
}
