package forecast

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/stat"
)

func TestOrigins(t *testing.T) {
	for weeks := 8; weeks < 200; weeks++ {
		all, ahead := origins(weeks), tested(weeks)
		if n := len(all); n < 1 || n > mostOrigins || !slices.IsSorted(all) || all[n-1]+ahead != weeks || all[0] < leastFitted || ahead > mostTested {
			t.Errorf("%d weeks: origins %v, %d ahead", weeks, all, ahead)
		}
	}
}

// TestScores compares scores with hand-made ones.
func TestScores(t *testing.T) {
	var s sums
	draws := make([]float64, 200)
	for i := range draws {
		draws[i] = float64(i + 1) // quantiles: 5, 20, 100, 180, 195
	}
	s.add(150, draws, 10) // above the median by 50
	s.add(190, draws, 10) // above the 80 % interval
	s.add(0, draws, 10)   // below all
	e := s.errors()
	if want := (50 + 90 + 100) / 30.0; !closeTo(e.MASE, want, 1e-12) {
		t.Errorf("MASE %g, want %g", e.MASE, want)
	}
	if want := (100/250.0 + 180/290.0 + 2) / 3; !closeTo(e.SMAPE, want, 1e-12) {
		t.Errorf("sMAPE %g, want %g", e.SMAPE, want)
	}
	if e.Covered80 != 1/3.0 || e.Covered95 != 2/3.0 || e.Compared != 3 || !closeTo(e.Bias, 300.0/340-1, 1e-12) {
		t.Errorf("%+v", e)
	}
	loss := 0.0
	for _, came := range []float64{150, 190, 0} {
		for i, q := range []float64{5, 20, 100, 180, 195} {
			loss += max(FanLevels[i]*(came-q), (FanLevels[i]-1)*(came-q)) / 10 / 15
		}
	}
	if !closeTo(e.Pinball, loss, 1e-12) {
		t.Errorf("pinball loss %g, want %g", e.Pinball, loss)
	}
	if s := (&shares{}); s.smape() != 0 {
		t.Error("nothing has an error")
	}
}

// TestPinballPrefersTheTruth is why models are chosen by it: of forecasts with the right middle, those as wide as what comes
// are best.
func TestPinballPrefersTheTruth(t *testing.T) {
	loss := func(width float64) (total float64) {
		for i := range 199 {
			came := float64(i+1) / 200
			for _, q := range FanLevels {
				total += pinball(came, 0.5+width*(q-0.5), q)
			}
		}
		return total
	}
	if !(loss(1) < loss(0.8) && loss(1) < loss(1.25) && loss(1) < loss(0)) {
		t.Errorf("loss of the true width %g, narrower %g, wider %g, none %g", loss(1), loss(0.8), loss(1.25), loss(0))
	}
}

// TestScales computes the scale of hours by hand, and leaves filled ones out.
func TestScales(t *testing.T) {
	h := made(t, time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC), 8, func(i int, _ time.Time) float64 { return float64(100 + i/week*i/week) })
	h.Hours[3*week].Filled, h.Hours[3*week].Requests = true, 1e9
	p, err := takeApart(h.Hours)
	if err != nil {
		t.Fatal(err)
	}
	want, n := 0.0, 0.0
	for i := week; i < len(h.Hours); i++ {
		if i != 3*week && i != 4*week {
			want += math.Abs(h.Hours[i].Requests - h.Hours[i-week].Requests)
			n++
		}
	}
	if got := p.scales().hour; !closeTo(got, want/n, 1e-12) {
		t.Errorf("%g, want %g", got, want/n)
	}
}

// TestNothingLeaks changes what comes after an origin: what is fitted and drawn before it stays.
func TestNothingLeaks(t *testing.T) {
	h := someHistory(t, 0.02)
	draw := func() []float64 {
		p, err := takeApart(h.Hours)
		if err != nil {
			t.Fatal(err)
		}
		trial, err := p.trial(9)
		if err != nil {
			t.Fatal(err)
		}
		var all []float64
		for _, m := range Models() {
			for _, d := range trial.draw(trial.fitted.futures(m)[requests], m.Name(), 1)[:3] {
				all = append(all, d...)
			}
		}
		return all
	}
	before := draw()
	for i := 9 * week; i < len(h.Hours); i++ {
		h.Hours[i].Requests *= 3
	}
	if !slices.Equal(before, draw()) {
		t.Error("what came after the origin is known before")
	}
}

// TestNaiveRepeats holds the median of seasonal naive in the test to the week before the origin, and its error to an independent
// one.
func TestNaiveRepeats(t *testing.T) {
	h := someHistory(t, 0.01)
	p, err := takeApart(h.Hours)
	if err != nil {
		t.Fatal(err)
	}
	all, err := test(p, 1)
	if err != nil {
		t.Fatal(err)
	}
	absolute, n := 0.0, 0.0
	for _, o := range origins(p.weeks) {
		cut := o * week
		scale, k := 0.0, 0.0
		for i := week; i < cut; i++ {
			scale += math.Abs(h.Hours[i].Requests - h.Hours[i-week].Requests)
			k++
		}
		for i := cut; i < cut+tested(p.weeks)*week; i++ {
			label := p.labels[i]
			last := cut - 1
			for p.labels[last] != label {
				last--
			}
			absolute += math.Abs(h.Hours[i].Requests-h.Hours[last].Requests) / (scale / k)
			n++
		}
	}
	if got, want := all[0].Hourly.MASE, absolute/n; !closeTo(got, want, 0.05) { // medians of 200 draws are not exactly that
		t.Errorf("MASE %g, want %g", got, want)
	}
	for _, b := range all {
		if len(b.Origins) != len(origins(14)) || b.Weeks != 3 || b.Hourly.Compared != len(b.Origins)*3*week || b.Peaks.Compared != len(b.Origins)*3 || b.Loss != b.Hourly.Pinball || !(b.Input > 0) || !closeTo(b.Input, b.Weekly.SMAPE, 1e-9) {
			t.Errorf("%+v", b)
		}
	}
}

// TestFilledHoursAreNotScored changes only hours that were interpolated.
func TestFilledHoursAreNotScored(t *testing.T) {
	h := someHistory(t, 0.01)
	h.Hours = h.Hours[:9*week]
	losses := func() (all []float64) {
		p, err := takeApart(h.Hours)
		if err != nil {
			t.Fatal(err)
		}
		backtests, err := test(p, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range backtests {
			all = append(all, b.Loss, b.Weekly.MASE, b.Input)
		}
		return all
	}
	for i := 12*week + 30; i < 8*week+40; i++ {
		h.Hours[i].Filled = true
	}
	before := losses()
	for i := 12*week + 30; i < 8*week+40; i++ {
		h.Hours[i].Requests *= 100
		h.Hours[i].InputTokens *= 100
	}
	if !slices.Equal(before, losses()) {
		t.Error("filled hours are scored")
	}
}

func TestChoice(t *testing.T) {
	of := func(losses ...float64) *Forecast {
		f := &Forecast{}
		for i, m := range Models() {
			f.Backtests = append(f.Backtests, Backtest{Model: m.Name(), Loss: losses[i]})
		}
		return f
	}
	for _, c := range []struct {
		losses []float64
		asked  string
		want   string
	}{
		{[]float64{1, 0.9, 0.8}, "", "bootstrap-ensemble"},
		{[]float64{1, 0.805, 0.8}, "", "log-linear"},
		{[]float64{0.5, 0.805, 0.8}, "", "seasonal-naive"},
		{[]float64{0, 0, 0}, "", "seasonal-naive"},
		{[]float64{0.5, 0.805, 0.8}, "log-linear", "log-linear"},
	} {
		f := of(c.losses...)
		if m := f.choose(c.asked); m.Name() != c.want || f.Model != c.want || f.Why == "" {
			t.Errorf("losses %v: %s, want %s", c.losses, f.Model, c.want)
		}
	}
}

// TestNarrowRangesAreSaid gives the chosen model a test that it did badly in.
func TestNarrowRangesAreSaid(t *testing.T) {
	f := &Forecast{Model: "x", Backtests: []Backtest{{Model: "x", Weeks: 100, Weekly: Errors{Covered80: 0.4, Compared: 10}, Peaks: Errors{Covered80: 0.8, Compared: 10}}}}
	h := &horizon{months: []span{{to: 10}}}
	f.testNotes(h)
	if len(f.Notes) != 1 || !strings.Contains(f.Notes[0], "held 40 % of the weeks' totals") {
		t.Errorf("%q", f.Notes)
	}
	f.Notes, f.Backtests[0].Weekly.Covered80, f.Backtests[0].Peaks.Bias = nil, 0.6, -0.12
	if f.testNotes(h); len(f.Notes) != 1 || !strings.Contains(f.Notes[0], "busiest hours were forecast -12 % off") {
		t.Errorf("%q", f.Notes)
	}
}

// TestQuantiles holds nearest ranks of draws to the order.
func TestQuantiles(t *testing.T) {
	if got := rangeOf([]float64{5, 1, 4, 2, 3}, 0.1, 0.9); got != (Range{1, 3, 5}) {
		t.Errorf("%+v", got)
	}
	if got := stat.NearestRank([]float64{1, 2, 3, 4}, 0.5); got != 2 {
		t.Errorf("%g", got)
	}
}
