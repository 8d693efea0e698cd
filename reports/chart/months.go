package chart

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
)

// monthsAxis has month i from i to i+1, and as many names as there is room for. It begins at from, which is below 0
// where something has to be done before the first month.
func monthsAxis(names []string, from float64, width vg.Length) axis {
	a := axis{min: min(0, from), max: float64(max(1, len(names))), scale: plot.LinearScale{}}
	every := max(1, int(math.Ceil(float64(len(names))/math.Max(2, float64(width)/58))))
	for i := 0; i < len(names); i += every {
		a.ticks = append(a.ticks, plot.Tick{Value: float64(i), Label: names[i]})
	}
	return a
}

// amounts labels the ticks of a linear axis with Amount.
func amounts(a axis) axis {
	for i := range a.ticks {
		a.ticks[i].Label = Amount(a.ticks[i].Value)
	}
	return a
}

// Amount is a number in at most three digits and a letter: 1.25M for a million and a quarter.
func Amount(x float64) string {
	size, letter := math.Abs(x), ""
	for _, step := range []struct {
		from   float64
		letter string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if size >= step.from*(1-5e-4) {
			x, letter = x/step.from, step.letter
			break
		}
	}
	if x == 0 {
		return "0"
	}
	decimals := max(0, 2-int(math.Floor(math.Log10(math.Abs(x))+1e-9)))
	if letter == "" && math.Abs(x) >= 1 {
		decimals = min(decimals, 2)
	}
	return trimZeros(fmt.Sprintf("%.*f", decimals, x)) + letter
}

// trimZeros takes what says nothing off a decimal.
func trimZeros(s string) string {
	dot := false
	for _, c := range s {
		dot = dot || c == '.'
	}
	for dot && s[len(s)-1] == '0' {
		s = s[:len(s)-1]
	}
	if s[len(s)-1] == '.' {
		s = s[:len(s)-1]
	}
	return s
}

// amountAxis covers positive values over decades, its labels as many as have room.
func amountAxis(low, high float64, n int) axis {
	if !(low > 0) || !(high >= low) || math.IsInf(high, 1) {
		low, high = 1, 10
	}
	a := axis{min: low / 1.15, max: high * 1.15, scale: logScale{}}
	for _, v := range plainLogTicks(a.min, a.max, n) {
		a.ticks = append(a.ticks, plot.Tick{Value: v, Label: Amount(v)})
	}
	return a
}
