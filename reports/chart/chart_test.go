package chart

import (
	"encoding/xml"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func render(t *testing.T, f Figure, width vg.Length) string {
	t.Helper()
	var b strings.Builder
	if err := SVG(&b, f, width); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; look at the figure, then run with -update", path)
	}
}

func TestGoldenFigures(t *testing.T) {
	tests := []struct {
		name  string
		f     Figure
		width vg.Length
	}{
		{"tradeoff-wide", syntheticTradeoff(16), Wide},
		{"tradeoff-narrow", syntheticTradeoff(6), Narrow},
		{"cdf-wide", syntheticCDF(3, 2, 12), Wide},
		{"cdf-narrow", syntheticCDF(2, 1, 8), Narrow},
		{"rate-wide", syntheticRate(3, 2), Wide},
		{"rate-narrow", syntheticRate(2, 3), Narrow},
		{"memory-wide", syntheticMemory(4), Wide},
		{"memory-narrow", syntheticMemory(2), Narrow},
		{"timeline-wide", syntheticTimeline(), Wide},
		{"timeline-narrow", syntheticTimeline(), Narrow},
		{"gauge", Gauge{"g", "p95 TTFT", "120 ms of 200 ms", Estimate{120 * ms, 100 * ms, 150 * ms}, 200 * ms}, GaugeWidth},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { golden(t, tt.name+".svg", render(t, tt.f, tt.width)) })
	}
}

// TestSVGIsWellFormed parses every figure, hostile names included, as XML.
func TestSVGIsWellFormed(t *testing.T) {
	evil := syntheticTradeoff(8)
	for i := range evil.Arms {
		evil.Arms[i].Name = "]]></title><script>alert(1)</script>\x00\x1b\" style=\"fill:#123456\u202e"
		evil.Arms[i].Standing = Front
	}
	evil.Latency = evil.Arms[0].Name
	cdf := syntheticCDF(3, 2, 40)
	cdf.Series[0].Name, cdf.Panels[0].Title, cdf.Metric = evil.Latency, evil.Latency, evil.Latency
	rate := syntheticRate(3, 2)
	memory := syntheticMemory(3)
	memory.Series[0].Name, memory.Panels[0].Title, memory.Panels[0].Note = evil.Latency, evil.Latency, evil.Latency
	memory.Panels[1].Lines[0][0].Quality = Estimate{math.Inf(1), 1, math.Inf(1)}
	rate.Series[0].Name, rate.Panels[0].Title = evil.Latency, evil.Latency
	bare := syntheticCDF(5, 2, 40) // a log axis, no limit, a request that took no time
	bare.Panels[0].Limit = Limit{}
	bare.Panels[0].Curves[0][0].NS = 0
	wide := syntheticTradeoff(8) // a log axis, intervals that reach below 0
	wide.Arms[0].Latency = Estimate{1 * ms, -3 * ms, 5 * ms}
	wide.Limit, wide.Bound = 0, 0
	lonely := syntheticRate(3, 1) // one rate
	lonely.Panels[0].Lines[1][0].Latency = Estimate{Value: 1e4, Low: -1}
	for _, f := range []Figure{evil, bare, wide, lonely, cdf, rate, memory, syntheticTradeoff(40), syntheticTradeoff(1), Memory{}, Tradeoff{}, CDF{Name: "c"}, Throughput{}, hostileSystems(evil.Latency), syntheticSystems(1), Systems{}} {
		for _, w := range []vg.Length{Wide, Narrow} {
			svg := render(t, f, w)
			for _, bad := range []string{"NaN", "Inf", "<script", "\x00"} {
				if strings.Contains(svg, bad) {
					t.Errorf("%s at %v contains %q", f.Key(), w, bad)
				}
			}
			dec := xml.NewDecoder(strings.NewReader(svg))
			for {
				_, err := dec.Token()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatalf("%s at %v: %v", f.Key(), w, err)
				}
			}
		}
	}
}

// TestFiguresFollowTheTheme: no colour but through a variable.
func TestFiguresFollowTheTheme(t *testing.T) {
	for _, f := range []Figure{syntheticTradeoff(16), syntheticCDF(5, 2, 40), syntheticRate(5, 2), syntheticMemory(4)} {
		svg := render(t, f, Wide)
		bare := strings.NewReplacer(",#", "").Replace(svg)
		if strings.Contains(bare, "#") {
			i := strings.Index(bare, "#")
			t.Errorf("%s: a colour of its own near %q", f.Key(), bare[max(0, i-40):i+10])
		}
		if strings.Contains(svg, "Liberation Sans;") {
			t.Errorf("%s: a font of its own", f.Key())
		}
	}
}

func TestSameInputSameBytes(t *testing.T) {
	a, b := render(t, syntheticTradeoff(40), Wide), render(t, syntheticTradeoff(40), Wide)
	if a != b {
		t.Error("two renderings differ")
	}
}

// drawnTags renders the tradeoff as far as its labels and returns boxes.
func drawnTags(f Tradeoff, width vg.Length) (bounds vg.Rectangle, ts []tag, at []placed, marks []vg.Rectangle) {
	canvas := vgsvg.New(width, f.Height(width))
	c := f.legend().draw(draw.New(canvas))
	c = draw.Crop(c, 0, 0, 0, -legendLine-6)
	x, y, _ := f.axes(width)
	p := frame(x, y, "x")
	c = p.DataCanvas(c)
	px, py := p.Transforms(&c)
	spots := f.spots(c, px, py)
	ts = tags(spots, width >= 600, c.Max.X-c.Min.X)
	labels := make([]label, len(ts))
	for i := range ts {
		labels[i] = ts[i].label
	}
	for _, s := range spots {
		marks = append(marks, around(s.at, s.outer()))
	}
	return c.Rectangle, ts, place(c.Rectangle, labels, marks, nil), marks
}

func TestLabelsDoNotOverlap(t *testing.T) {
	for _, n := range []int{1, 3, 16, 40} {
		for _, width := range []vg.Length{Wide, Narrow} {
			t.Run(fmt.Sprintf("%d arms at %.0f", n, float64(width)), func(t *testing.T) {
				bounds, ts, at, marks := drawnTags(syntheticTradeoff(n), width)
				dropped := 0
				for i, p := range at {
					if !p.ok {
						dropped++
						if ts[i].rank != Behind && width == Wide {
							t.Errorf("no room for arm %d, which is on the front", ts[i].first)
						}
						continue
					}
					if !inside(p.box, bounds) {
						t.Errorf("label %d leaves the figure: %v", ts[i].first, p.box)
					}
					if touchesAny(p.box, marks) {
						t.Errorf("label %d covers a mark", ts[i].first)
					}
					if touchesPlaced(p.box, at[:i]) {
						t.Errorf("label %d covers another", ts[i].first)
					}
				}
				if dropped > n/8 {
					t.Errorf("%d of %d labels found no room", dropped, len(at))
				}
			})
		}
	}
}

func TestCoincidingArmsShareALabel(t *testing.T) {
	f := syntheticTradeoff(4)
	for i := range f.Arms {
		f.Arms[i].Latency, f.Arms[i].Loss = Estimate{100 * ms, 90 * ms, 110 * ms}, Estimate{}
	}
	_, ts, _, _ := drawnTags(f, Wide)
	if len(ts) != 1 {
		t.Fatalf("%d labels for one place", len(ts))
	}
	var lines []string
	for _, l := range ts[0].lines {
		lines = append(lines, l.text)
	}
	got := strings.Join(lines, "\n")
	if !strings.HasPrefix(got, "2 Q8_0") || !strings.HasSuffix(got, "\n1, 4") || len(lines) != 3 {
		t.Errorf("want arm 2 first, arm 3 named, 1 and 4 by number:\n%s", got)
	}
}

func TestCrosses(t *testing.T) {
	box := vg.Rectangle{Min: vg.Point{X: 10, Y: 10}, Max: vg.Point{X: 20, Y: 20}}
	tests := []struct {
		name string
		s    segment
		want bool
	}{
		{"through", segment{vg.Point{X: 0, Y: 15}, vg.Point{X: 30, Y: 15}}, true},
		{"diagonal", segment{vg.Point{X: 5, Y: 5}, vg.Point{X: 25, Y: 25}}, true},
		{"inside", segment{vg.Point{X: 12, Y: 12}, vg.Point{X: 13, Y: 13}}, true},
		{"short of it", segment{vg.Point{X: 0, Y: 15}, vg.Point{X: 9, Y: 15}}, false},
		{"past the corner", segment{vg.Point{X: 0, Y: 12}, vg.Point{X: 12, Y: 30}}, false},
		{"parallel above", segment{vg.Point{X: 0, Y: 25}, vg.Point{X: 30, Y: 25}}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := crosses(tt.s, box); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestDurationTicks(t *testing.T) {
	tests := []struct {
		ns   float64
		want string
	}{{0, "0"}, {1, "1 ns"}, {1500, "1.5 µs"}, {1e6, "1 ms"}, {999.9999999 * 1e6, "1 s"}, {2.5e9, "2.5 s"}, {200e6, "200 ms"}}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			if got := Duration(tt.ns); got != tt.want {
				t.Errorf("Duration(%v) = %q", tt.ns, got)
			}
		})
	}
}

func TestAxes(t *testing.T) {
	if a := durationAxis([]float64{10 * ms, 150 * ms}, 5); a.note != "" || a.min != 0 || len(a.ticks) < 3 {
		t.Errorf("a span of 15 is linear from 0: %+v", a)
	}
	if a := durationAxis([]float64{1 * ms, 150 * ms, math.Inf(1)}, 5); a.note != "log scale" || len(a.ticks) < 3 {
		t.Errorf("a span of 150 is logarithmic: %+v", a)
	}
	a := percentAxis([]float64{-0.01, 0, 0.05, 2.5}, 5)
	if a.note == "" || a.min >= -0.01 || a.max <= 2.5 {
		t.Errorf("percent of both signs over decades: %+v", a)
	}
	s := a.scale.(symlog)
	for _, v := range []float64{-3, -0.01, 0, 0.2, 7} {
		if got := s.inverse(s.at(v)); math.Abs(got-v) > 1e-12 {
			t.Errorf("inverse of %v is %v", v, got)
		}
	}
	if a := percentAxis([]float64{0, 0}, 5); a.min >= 0 || a.max <= 0 {
		t.Errorf("all zero: %+v", a)
	}
}

// A curve never falls, and thinning keeps its end.
func TestStaircase(t *testing.T) {
	var steps []Step
	for i := range 5000 {
		steps = append(steps, Step{float64(i), float64(i+1) / 5000 * 0.9})
	}
	c := draw.Canvas{Rectangle: vg.Rectangle{Max: vg.Point{X: 300, Y: 200}}}
	id := func(scale float64) func(float64) vg.Length {
		return func(v float64) vg.Length { return vg.Length(v * scale) }
	}
	pts := staircase(steps, c, id(300.0/5000), id(200))
	if len(pts) > 1200 {
		t.Errorf("%d points for 300 pixels", len(pts))
	}
	for i := 1; i < len(pts); i++ {
		if pts[i].Y < pts[i-1].Y || pts[i].X < pts[i-1].X {
			t.Fatalf("falls at %d: %v, %v", i, pts[i-1], pts[i])
		}
	}
	if end := pts[len(pts)-1]; math.Abs(float64(end.Y)-180) > 1e-9 || end.X != 300 {
		t.Errorf("ends at %v, want 90 %% at the border", end)
	}
}

func TestHullFallsFromLeftToRight(t *testing.T) {
	h := syntheticTradeoff(40).hull()
	if len(h) < 2 {
		t.Fatalf("hull of %d", len(h))
	}
	for i := 1; i < len(h); i++ {
		if h[i].Loss.Value >= h[i-1].Loss.Value || h[i].Latency.Value < h[i-1].Latency.Value {
			t.Errorf("arm %d after %d", h[i].Number, h[i-1].Number)
		}
	}
}
