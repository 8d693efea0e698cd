package showback

import (
	"math"
	"strings"
	"testing"
	"time"
)

// steady is a month in which team a uses as much on each day until a time, of a node for $300 and an API.
func steady(t *testing.T, until time.Time, scale func(day int) int64) *Statement {
	t.Helper()
	p := month(t, "2026-11")
	b := &Bill{Name: "b", Period: p, Currency: "USD", Weights: Weights{Basis: ByTokens, Prefill: 1, Decode: 1},
		Shared: []Shared{{Name: "node", Amount: usd(t, "300.00"), Models: []string{"own"}, Idle: Idle{Rule: IdleProportional, Share: "0.5"}}},
		APIs:   []API{{Name: "api", Models: []string{"gpt"}, Prices: true, Input: usd(t, "1.00"), Cached: usd(t, "1.00"), Output: usd(t, "1.00")}}}
	var uses []Use
	for d := 0; p.Start.AddDate(0, 0, d).Before(until) && d < 30; d++ {
		at := p.Start.AddDate(0, 0, d).Add(time.Hour)
		uses = append(uses, Use{Time: at, Team: "a", Model: "own", Source: "assay", Requests: 1, Prompt: 1000},
			Use{Time: at, Team: "a", Model: "gpt", Source: "openai", Requests: 1, Prompt: scale(d)})
	}
	s, err := Attribute(b, uses, until)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func evenly(int) int64 { return 2_000_000 }

// TestSpendingsOfASteadyMonth: $10 of the node and $2 of the API a day, so that all is known.
func TestSpendingsOfASteadyMonth(t *testing.T) {
	p := month(t, "2026-11")
	for _, c := range []struct {
		days    int
		budget  string
		spent   string
		crossed int
		over    bool
	}{
		{10, "240.00", "120.00", 50, false},
		{20, "240.00", "240.00", 100, false}, // all of it, and not a cent more
		{21, "240.00", "252.00", 100, true},
		{30, "1000.00", "360.00", 0, false},
	} {
		s := steady(t, p.Start.AddDate(0, 0, c.days), evenly)
		got := s.Spendings([]Budget{{Team: "a", Amount: usd(t, c.budget), Alerts: []int{50, 80, 100}}})[0]
		if got.Spent.Fixed(2) != c.spent || got.Crossed != c.crossed || got.Over != c.over {
			t.Errorf("after %d days %s spent of %s, alert %d, over %v", c.days, got.Spent, got.Budget, got.Crossed, got.Over)
		}
		f := got.Forecast
		if (f == nil) != (c.days == 30) {
			t.Fatalf("after %d days the forecast is %+v", c.days, f)
		}
		if f != nil && (math.Abs(f.Cost-360) > .02 || !f.Interval || f.High-f.Low > .1 || !strings.Contains(f.Text, "estimate") || f.Days != c.days) {
			t.Errorf("after %d days: %+v, want 360", c.days, f)
		}
	}
}

// TestForecastsOfUnevenDays have the interval of Student's t for the sum of the days ahead.
func TestForecastsOfUnevenDays(t *testing.T) {
	p := month(t, "2026-11")
	s := steady(t, p.Start.AddDate(0, 0, 10), func(d int) int64 { return int64(1+d%2*2) * 1_000_000 }) // $1, $3, $1, ...
	f := s.Spendings([]Budget{{Team: "a", Amount: usd(t, "1.00")}})[0].Forecast
	variance := 10. / 9 // of ten days, half of them a dollar above the mean, half below
	half := 2.2622 * math.Sqrt(variance*(20+400./10))
	if math.Abs(f.Cost-360) > .05 || math.Abs(f.High-f.Cost-half) > .05 || math.Abs(f.Cost-f.Low-half) > .05 {
		t.Errorf("%+v, want 360 and %.2f either way", f, half)
	}
}

func TestForecastsOfFewDays(t *testing.T) {
	p := month(t, "2026-11")
	for hours, interval := range map[int]bool{5: false, 30: false, 49: false, 72: true} {
		s := steady(t, p.Start.Add(time.Duration(hours)*time.Hour), evenly)
		if f := s.Spendings([]Budget{{Team: "a", Amount: usd(t, "1.00")}})[0].Forecast; f.Interval != interval || f.Cost <= 0 {
			t.Errorf("after %d hours: %+v", hours, f)
		}
	}
	s := steady(t, p.End, evenly)
	if got := s.Spendings([]Budget{{Team: "nobody", Amount: usd(t, "1.00"), Alerts: []int{1}}})[0]; got.Spent.Sign() != 0 || got.Crossed != 0 || got.Over {
		t.Errorf("%+v", got)
	}
}
