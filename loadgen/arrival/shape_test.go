package arrival

import (
	"math"
	"slices"
	"testing"
	"time"
)

// Gaps of a gamma process have the mean and the coefficient of variation that were asked for; at 1 they are
// exponential. The bounds are three standard errors of what normal theory gives (Delta method: Var(cv) is about
// cv²(1+2cv²+...)/n, of which tails make more: hence the wide factor for bursts).
func TestGammaGaps(t *testing.T) {
	const n, rate = 50_000, 20.0
	for _, cv := range []float64{.05, .5, 1, 2, 3} {
		s, err := Gamma(rate, cv, n, 7)
		if err != nil {
			t.Fatal(err)
		}
		mean, sq, last := 0.0, 0.0, int64(0)
		for _, at := range s.offsets {
			gap := float64(at-last) / 1e9
			mean, sq, last = mean+gap/n, sq+gap*gap/n, at
		}
		got := math.Sqrt(sq-mean*mean) / mean
		if math.Abs(mean*rate-1) > 3*cv/math.Sqrt(n) || math.Abs(got/cv-1) > 3*(1+2*cv)/math.Sqrt(n) {
			t.Errorf("cv %g: mean %g of 1/%g, cv %g", cv, mean, rate, got)
		}
	}
	a, _ := Gamma(rate, 2, 50, 1)
	b, _ := Gamma(rate, 2, 60, 1)
	c, _ := Gamma(rate, 2, 50, 2)
	if !slices.Equal(a.offsets, b.offsets[:50]) || slices.Equal(a.offsets, c.offsets) {
		t.Error("the seed is not what decides")
	}
	for _, cv := range []float64{0, -1, math.NaN(), math.Inf(1), 11} {
		if _, err := Gamma(1, cv, 1, 1); err == nil {
			t.Errorf("cv %g is accepted", cv)
		}
	}
}

func shaped(t *testing.T, rate float64, n int, s Shape, err error) Schedule {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	c, err := Constant(rate, n)
	if err != nil {
		t.Fatal(err)
	}
	return c.Shaped(s)
}

// Requests per tenth of the schedule are the integral of the shape over it, and the schedule is as long as
// without a shape.
func TestShapes(t *testing.T) {
	const rate, n = 100, 100_000
	ramp, errRamp := Ramp(1, 3)
	steps, errSteps := Steps(0, 1, 4)
	day, errDay := Day(.5, 2)
	flat, errFlat := Ramp(2, 2)
	tri, errTri := Ramp(0, 1)
	for _, row := range []struct {
		shape Shape
		err   error
		until func(u float64) float64 // share of requests by the share u of the time
	}{
		{ramp, errRamp, func(u float64) float64 { return (u + u*u) / 2 }},
		{tri, errTri, func(u float64) float64 { return u * u }},
		{flat, errFlat, func(u float64) float64 { return u }},
		{steps, errSteps, func(u float64) float64 { return max(0, min(u-1./3, 1./3))*.6 + max(0, u-2./3)*2.4 }},
		{day, errDay, func(u float64) float64 { return u - .5*math.Sin(4*math.Pi*u)/(4*math.Pi) }},
	} {
		s := shaped(t, rate, n, row.shape, row.err)
		if !slices.IsSorted(s.offsets) || s.Window() > n/rate*time.Second+1 || s.Window() < n/rate*time.Second-time.Millisecond {
			t.Errorf("%s: window %v", row.shape, s.Window())
		}
		for u := .1; u < 1; u += .1 {
			at, _ := slices.BinarySearch(s.offsets, int64(u*n/rate*1e9))
			if want := row.until(u); math.Abs(float64(at)/n-want) > 2e-4 {
				t.Errorf("%s: %g of the requests by %.1f of the time, want %g", row.shape, float64(at)/n, u, want)
			}
		}
	}
}

// A schedule that runs over, as a Poisson process may, goes on with the shape from the beginning.
func TestShapeBeginsAgain(t *testing.T) {
	steps, err := Steps(1, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range [][2]float64{{0, 0}, {.125, .25}, {.25, .5}, {.625, .75}, {1, 1}, {1.125, 1.25}, {2.625, 2.75}} {
		if got := steps.at(row[0]); math.Abs(got-row[1]) > 1e-12 {
			t.Errorf("at %g: %g, want %g", row[0], got, row[1])
		}
	}
}

func TestBadShapes(t *testing.T) {
	for name, err := range map[string]error{
		"no steps":       second(Steps()),
		"nothing at all": second(Steps(0, 0)),
		"negative":       second(Ramp(-1, 2)),
		"NaN":            second(Ramp(math.NaN(), 2)),
		"infinite":       second(Ramp(1, math.Inf(1))),
		"too high a day": second(Day(1.5, 1)),
		"no day":         second(Day(.5, 0)),
	} {
		if err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func second(_ Shape, err error) error { return err }

// A record keeps its shape at another rate, and its window is n/rate.
func TestRecorded(t *testing.T) {
	s, err := Recorded([]time.Duration{3 * time.Second, 4 * time.Second, 7 * time.Second}, 2)
	if err != nil {
		t.Fatal(err)
	}
	if want := []int64{5e8, 75e7, 15e8}; !slices.Equal(s.offsets, want) || s.String() != "recorded 2/s, 3 requests" {
		t.Errorf("%v %v", s, s.offsets)
	}
	for _, bad := range [][]time.Duration{nil, {1}, {1, 1}, {2, 1}, {1, 3, 2, 4}} {
		if s, err := Recorded(bad, 1); err == nil {
			t.Errorf("%v gives %v", bad, s)
		}
	}
}
