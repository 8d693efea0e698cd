package chart

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
)

// syntheticBoundary is arms whose margins fall through 0 at some rate.
func syntheticBoundary(arms int) Boundary {
	f := Boundary{Limits: []string{"p95 TTFT", "p95 TPOT"}}
	for a := range arms {
		at := 30 * float64(a+1)
		p := BoundaryPanel{Title: "1 arm", Rate: Estimate{at, .9 * at, 1.12 * at}}
		for l := range f.Limits {
			var c BoundaryCurve
			for i := range 16 {
				rate := 8 * math.Pow(2, float64(i)/4)
				m := math.Max(-1.386, math.Min(1.386, -2*math.Log(rate/(at*(1+.5*float64(l))))))
				c.Curve = append(c.Curve, BoundaryPoint{Rate: rate, Margin: m})
				c.Probes = append(c.Probes, BoundaryPoint{Rate: rate, Margin: m + .1*math.Sin(float64(7*i)), Idle: i%5 == 3})
			}
			p.Limits = append(p.Limits, c)
		}
		f.Panels = append(f.Panels, p)
	}
	return f
}

func syntheticTrend(panels int) Trend {
	f := Trend{Name: "trend", Metric: "p50 tpot", Unit: "ns"}
	for range panels {
		p := TrendPanel{Title: "base at poisson 20/s", Levels: []TrendLevel{{To: 14, Mean: 5e6}, {From: 14, To: 20, Mean: 5.6e6, Change: "+12 %", Worse: true}}}
		for i := range 20 {
			v := p.Levels[i/14].Mean * (1 + .02*math.Sin(float64(5*i)))
			p.Points = append(p.Points, TrendPoint{Day: "2030-01-01", Value: Estimate{v, .97 * v, 1.03 * v}})
		}
		f.Panels = append(f.Panels, p)
	}
	return f
}

func TestGoldenBoundaryAndTrend(t *testing.T) {
	for name, f := range map[string]Figure{"boundary": syntheticBoundary(2), "trend": syntheticTrend(2)} {
		for width, at := range map[string]vg.Length{"wide": Wide, "narrow": Narrow} {
			t.Run(name+", "+width, func(t *testing.T) { golden(t, name+"-"+width+".svg", render(t, f, at)) })
		}
	}
}

// TestOpenBoundaries: what has no upper end, or nothing probed, is drawn without a number that is none.
func TestOpenBoundaries(t *testing.T) {
	f := syntheticBoundary(3)
	f.Panels[0].Rate = Estimate{math.Inf(1), 40, math.Inf(1)}
	f.Panels[1].Rate = Estimate{30, 0, math.Inf(1)}
	f.Panels[2] = BoundaryPanel{Title: "nothing yet"}
	one := syntheticTrend(1)
	one.Panels[0].Points = one.Panels[0].Points[:1]
	one.Panels[0].Levels = []TrendLevel{{To: 1, Mean: 5e6}}
	for _, svg := range []string{render(t, f, Wide), render(t, one, Narrow)} {
		for _, bad := range []string{"NaN", "Inf", "e+"} {
			if strings.Contains(svg, bad) {
				t.Errorf("the drawing has %q", bad)
			}
		}
	}
}
