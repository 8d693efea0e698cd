package demand

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Stated is demand that nobody measured: somebody says what it is now and how it will grow.
type Stated struct {
	Zone         string    // IANA name
	Now          time.Time // the instant that Rate is of
	Rate         float64   // requests an hour, mean over the week
	Growth       Growth    // a month (730.5 hours), compounded: 0.08 is 8 %
	Shape        Shape     // of the week
	Noise        float64   // standard deviation of the logarithm of an hour's demand around the shape; 0: none
	InputTokens  float64   // a request
	OutputTokens float64
}

// Growth is stated with the range that it lies in with 80 % probability. A range of no width is taken at its word, and the
// forecast says that no error was stated.
type Growth struct{ Low, Expected, High float64 }

// Shape is how demand is spread over the week. Day and Week are relative; either may be stated instead by how much busier
// the busiest hour is than the day's mean, and how busy a day of the weekend is compared with another.
type Shape struct {
	Day        [24]float64 // hour 0 to 23; all zero: PeakToMean and PeakHour
	Week       [7]float64  // Sunday to Saturday; all zero: Weekend
	PeakToMean float64     // 1 to 12: the busiest hour over the mean hour of a day
	PeakHour   int         // when that is
	Weekend    float64     // demand of a Saturday or Sunday over that of another day
}

// Wrong is a key whose value cannot be used, for whoever knows the file and the line that it is in.
type Wrong struct{ Key, Found, Wanted string }

func (w Wrong) Error() string { return fmt.Sprintf("%s = %s: expected %s", w.Key, w.Found, w.Wanted) }

// Bounds of what may be stated. Growth is a month's: tenfold is a decimal point that was lost.
const (
	mostGrowth  = 10
	mostNoise   = 2
	mostToMean  = 12
	mostWeekend = 24
)

// Check returns all that is wrong.
func (s *Stated) Check() []Wrong {
	var all []Wrong
	is := func(ok bool, key string, found any, wanted string) {
		if !ok {
			all = append(all, Wrong{key, fmt.Sprint(found), wanted})
		}
	}
	if _, err := LoadZone(s.Zone); err != nil {
		is(false, "zone", fmt.Sprintf("%q", s.Zone), `an IANA name such as "Europe/Berlin" or "UTC"`)
	}
	is(s.Now.Year() >= 2000 && s.Now.Year() < 2100, "now", s.Now.Format(time.DateOnly), "the date that the rate is of")
	is(s.Rate > 0 && s.Rate <= MostValue, "rate", s.Rate, "requests an hour, above 0")
	g := s.Growth
	is(-1 < g.Low && g.Low <= g.Expected, "growth.low", g.Low, "a number above -1 and not above the expected growth: 0.05 is 5 % a month")
	is(g.Expected > -1 && g.Expected <= mostGrowth, "growth.expected", g.Expected, "a number above -1: 0.08 is 8 % a month")
	is(g.High >= g.Expected && g.High <= mostGrowth, "growth.high", g.High, "a number not below the expected growth")
	is(s.Noise >= 0 && s.Noise <= mostNoise, "noise", s.Noise, fmt.Sprintf("a standard deviation of logarithms from 0 to %d: 0.1 is about 10 %%", mostNoise))
	is(s.InputTokens >= 0 && s.InputTokens <= MostValue, "input_tokens", s.InputTokens, "tokens a request")
	is(s.OutputTokens >= 0 && s.OutputTokens <= MostValue, "output_tokens", s.OutputTokens, "tokens a request")
	return append(all, s.Shape.check()...)
}

func (s *Shape) check() []Wrong {
	var all []Wrong
	for key, list := range map[string][]float64{"shape.day": s.Day[:], "shape.week": s.Week[:]} {
		if slices.ContainsFunc(list, func(x float64) bool { return !(x >= 0 && x <= MostValue) }) {
			all = append(all, Wrong{key, fmt.Sprint(list), "numbers that are not negative"})
		}
	}
	if !stated(s.Day[:]) {
		if !(s.PeakToMean >= 1 && s.PeakToMean <= mostToMean) {
			all = append(all, Wrong{"shape.peak_to_mean", fmt.Sprint(s.PeakToMean), fmt.Sprintf("the busiest hour over the day's mean, from 1 to %d", mostToMean)})
		}
		if s.PeakHour < 0 || s.PeakHour > 23 {
			all = append(all, Wrong{"shape.peak_hour", fmt.Sprint(s.PeakHour), "an hour from 0 to 23"})
		}
	}
	if !stated(s.Week[:]) && !(s.Weekend >= 0 && s.Weekend <= mostWeekend) {
		all = append(all, Wrong{"shape.weekend", fmt.Sprint(s.Weekend), "demand of a weekend day over another's, such as 0.4"})
	}
	slices.SortFunc(all, func(a, b Wrong) int { return strings.Compare(a.Key, b.Key) })
	return all
}

func stated(list []float64) bool {
	return slices.ContainsFunc(list, func(x float64) bool { return x != 0 })
}

// Hours is the demand of each hour of the week over the mean of all.
func (s *Shape) Hours() [Week]float64 {
	day, week := s.day(), s.week()
	var all [Week]float64
	for h := range all {
		all[h] = day[h%24] * week[h/24]
	}
	return all
}

// day is each hour over the day's mean.
func (s *Shape) day() [24]float64 {
	if stated(s.Day[:]) {
		return [24]float64(overMean(s.Day[:]))
	}
	return bell(s.concentration(), s.PeakHour)
}

// week is each day over the week's mean.
func (s *Shape) week() [7]float64 {
	if stated(s.Week[:]) {
		return [7]float64(overMean(s.Week[:]))
	}
	return [7]float64(overMean([]float64{s.Weekend, 1, 1, 1, 1, 1, s.Weekend}))
}

func overMean(list []float64) []float64 {
	sum := 0.0
	for _, x := range list {
		sum += x
	}
	out := make([]float64, len(list))
	for i, x := range list {
		out[i] = x * float64(len(list)) / sum
	}
	return out
}

// bell is a day whose logarithm is a cosine that is highest at the peak hour: never 0, one peak, and as sharp as one likes
// (von Mises' density, at whole hours).
func bell(concentration float64, peak int) [24]float64 {
	var all [24]float64
	for h := range all {
		all[h] = math.Exp(concentration * (math.Cos(2*math.Pi*float64(h-peak)/24) - 1))
	}
	return [24]float64(overMean(all[:]))
}

// concentration is that of the bell whose peak is as high over the mean as was stated. The peak rises with it, from 1 to 24.
func (s *Shape) concentration() float64 {
	low, high := 0.0, 1.0
	for bell(high, 0)[0] < s.PeakToMean {
		high *= 2
	}
	for range 60 {
		if mid := (low + high) / 2; bell(mid, 0)[0] < s.PeakToMean {
			low = mid
		} else {
			high = mid
		}
	}
	return (low + high) / 2
}
