package chart

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// syntheticSystems has n arms of five systems. Quality is not known of every third, cost not of the second; one latency is beyond.
func syntheticSystems(n int) Systems {
	f := Systems{Latency: "p95 E2E at poisson 20/s", Limit: 700 * ms, Quality: "Quality loss, % of perplexity against the reference", Bound: 1, Cost: "Cost per thousand requests, USD",
		Groups: []SystemGroup{{Name: "the included engine (1, 6): this machine, $0.50 an hour"}, {Name: "vLLM 0.32.0 (2, 7): this machine, $0.50 an hour", Shape: Square},
			{Name: "h100 (3, 8): 1x H100 SXM, $2.95 an hour, of 2026-11-01", Shape: Triangle}, {Name: "mini (4, 9): the provider's machines, list price of 2026-11-20", Shape: Diamond, Listed: true},
			{Name: "large (5, 10): the provider's machines, list price of 2026-05-01, stale", Shape: Diamond, Listed: true}}}
	around := func(x float64) *Estimate { return &Estimate{x, x * .9, x * 1.15} }
	for i := range n {
		a := SystemArm{Number: i + 1, Name: fmt.Sprintf("arm-%d of a system", i+1), Group: i % 5, Latency: *around(float64(150+70*(i*7%11)) * ms), Quality: around([]float64{0, .3, .05, 1.6}[i%4]),
			Cost: around(.004 * math.Pow(2.2, float64(i*5%9)))}
		a.CostText = fmt.Sprintf("$%.3f", a.Cost.Value)
		switch {
		case i == 1:
			a.Cost, a.CostText = nil, ""
		case i == 2:
			a.Quality, a.Cost.High = nil, math.Inf(1)
		case i == 3:
			a.Standing = Recommended
		case i == 6:
			a.Latency = Estimate{math.Inf(1), 800 * ms, math.Inf(1)}
		case i%3 == 0:
			a.Quality, a.Standing = nil, Front
		}
		f.Arms = append(f.Arms, a)
	}
	return f
}

func TestGoldenSystems(t *testing.T) {
	golden(t, "systems-wide.svg", render(t, syntheticSystems(12), Wide))
	golden(t, "systems-narrow.svg", render(t, syntheticSystems(5), Narrow))
}

// An arm of which neither is known is not drawn at 0, and a panel without arms is not drawn.
func TestSystemsPanels(t *testing.T) {
	f := syntheticSystems(12)
	if got := len(f.panels()); got != 2 {
		t.Errorf("%d panels", got)
	}
	for _, a := range f.shown(true) {
		if a.Quality == nil || !a.Latency.finite() {
			t.Errorf("drawn: %+v", a)
		}
	}
	before := f.Height(Wide)
	for i := range f.Arms {
		f.Arms[i].Quality = nil
	}
	if p := f.panels(); len(p) != 1 || p[0] || before-f.Height(Wide) != systemsPanel {
		t.Errorf("without quality: %v", p)
	}
	for i := range f.Arms {
		f.Arms[i].Cost = nil
	}
	svg := render(t, f, Wide)
	if len(f.panels()) != 0 || strings.Contains(svg, "arm-1") && strings.Contains(svg, "<circle") {
		t.Error("arms of which nothing is known are drawn")
	}
}

// A point has the same place on the latency axis in both panels.
func TestSystemsShareTheLatencyAxis(t *testing.T) {
	f := syntheticSystems(12)
	axis := f.xAxis(Wide)
	only := f
	only.Arms = f.shown(true)
	for _, a := range f.shown(false) {
		if a.Latency.Value < axis.min || a.Latency.Value > axis.max {
			t.Errorf("%v is outside of %v to %v", a.Latency.Value, axis.min, axis.max)
		}
	}
	if axis.max < only.xAxis(Wide).max {
		t.Error("the axis does not cover both panels")
	}
}

func hostileSystems(evil string) Systems {
	f := syntheticSystems(12)
	f.Latency, f.Quality, f.Cost, f.Groups[1].Name, f.Arms[3].Name, f.Arms[3].CostText = evil, evil, evil, evil, evil, evil
	f.Arms[0].Cost.Low, f.Arms[0].Quality = 0, &Estimate{.5, math.Inf(-1), math.Inf(1)}
	return f
}
