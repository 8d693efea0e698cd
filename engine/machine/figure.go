package machine

import (
	"fmt"
	"slices"
)

// Figure sums up repeated measurements of one thing. The unit is the measurement's.
type Figure struct {
	Median  float64   `json:"median"`
	Min     float64   `json:"min"`
	Max     float64   `json:"max"`
	Samples []float64 `json:"samples"` // in the order they were taken
}

// FigureOf sums up samples; without any it is the zero Figure.
func FigureOf(samples []float64) Figure {
	if len(samples) == 0 {
		return Figure{}
	}
	s := slices.Sorted(slices.Values(samples))
	n := len(s)
	return Figure{Median: (s[(n-1)/2] + s[n/2]) / 2, Min: s[0], Max: s[n-1], Samples: samples}
}

// Known reports whether there was a sample.
func (f Figure) Known() bool { return len(f.Samples) > 0 }

// In words the figure in units of the given size: the median, and the range where it
// is wider than 2 % of that.
func (f Figure) In(unit float64) string {
	if !f.Known() {
		return "not measured"
	}
	s := short(f.Median / unit)
	if f.Max-f.Min > 0.02*f.Median {
		s += fmt.Sprintf(" [%s-%s]", short(f.Min/unit), short(f.Max/unit))
	}
	return s
}

// short has three digits at least.
func short(x float64) string {
	switch {
	case x >= 100:
		return fmt.Sprintf("%.0f", x)
	case x >= 10:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.2f", x)
}
