package demand

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

func good() Stated {
	return Stated{
		Zone: "Europe/Berlin", Now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Rate: 1000, Growth: Growth{0.02, 0.06, 0.1},
		Shape: Shape{PeakToMean: 2, PeakHour: 14, Weekend: 0.4}, Noise: 0.1, InputTokens: 800, OutputTokens: 200,
	}
}

func TestStatedIsChecked(t *testing.T) {
	s := good()
	if all := s.Check(); len(all) > 0 {
		t.Fatal(all)
	}
	nan := math.NaN()
	for key, change := range map[string]func(*Stated){
		"zone":               func(s *Stated) { s.Zone = "Mars" },
		"now":                func(s *Stated) { s.Now = time.Time{} },
		"rate":               func(s *Stated) { s.Rate = nan },
		"growth.low":         func(s *Stated) { s.Growth.Low = 0.07 },
		"growth.high":        func(s *Stated) { s.Growth.High = 0.05 },
		"noise":              func(s *Stated) { s.Noise = -1 },
		"input_tokens":       func(s *Stated) { s.InputTokens = -1 },
		"output_tokens":      func(s *Stated) { s.OutputTokens = math.Inf(1) },
		"shape.day":          func(s *Stated) { s.Shape.Day[3] = -1 },
		"shape.week":         func(s *Stated) { s.Shape.Week[3] = nan },
		"shape.peak_to_mean": func(s *Stated) { s.Shape.PeakToMean = 0.9 },
		"shape.peak_hour":    func(s *Stated) { s.Shape.PeakHour = 24 },
		"shape.weekend":      func(s *Stated) { s.Shape.Weekend = -0.1 },
	} {
		s := good()
		change(&s)
		all := s.Check()
		if len(all) != 1 || all[0].Key != key || !strings.Contains(all[0].Error(), ": expected ") {
			t.Errorf("%s: %v", key, all)
		}
	}
	s.Growth = Growth{nan, nan, nan}
	if all := s.Check(); len(all) != 3 {
		t.Errorf("growth that is no number: %v", all)
	}
}

// TestShape holds the shape of a week to what was stated of it.
func TestShape(t *testing.T) {
	for _, peak := range []float64{1, 1.3, 2, 5, 12} {
		s := Shape{PeakToMean: peak, PeakHour: 9, Weekend: 0.5}
		week := s.Hours()
		mean, days := 0.0, [7]float64{}
		for h, x := range week {
			mean += x / Week
			days[h/24] += x / 24
		}
		if math.Abs(mean-1) > 1e-12 || math.Abs(days[0]/days[1]-0.5) > 1e-12 || math.Abs(days[6]/days[5]-0.5) > 1e-12 {
			t.Errorf("peak %g: the mean is %g, days are %v", peak, mean, days)
		}
		if top := week[24+9] / days[1]; math.Abs(top-peak) > 1e-9 || week[24+9] != slices.Max(week[:]) {
			t.Errorf("the busiest hour is %g of the day's mean, stated was %g", top, peak)
		}
	}
	s := Shape{}
	for h := range s.Day {
		s.Day[h] = float64(h)
	}
	s.Week = [7]float64{0, 2, 2, 2, 2, 2, 1}
	week := s.Hours()
	if week[5] != 0 || math.Abs(week[24+10]/week[24+5]-2) > 1e-12 || math.Abs(week[24+10]/week[6*24+10]-2) > 1e-12 {
		t.Errorf("lists: %v", week)
	}
}
