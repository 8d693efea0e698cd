package chart

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// syntheticHits has three indexes, three evictions and two sizes: the better the cache, the more is
// found and the sooner an answer begins. The last arm fails more than a twentieth of its requests.
func syntheticHits(loads int) Hits {
	f := Hits{Latency: "p95 TTFT", Settings: []HitSetting{{"prefix_cache", []string{"none", "hash", "radix"}}, {"eviction", []string{"lru", "lfu", "cost"}}, {"kv_tokens", []string{"3072", "8192"}}}}
	for l := range loads {
		p := HitPanel{Title: fmt.Sprintf("poisson %d/s", 4*(l+1)), Limit: 100 * ms}
		for i := range 18 {
			index, eviction, size := i/6, i/2%3, i%2
			share := 0.0
			if index > 0 {
				share = 0.3 + 0.07*float64(eviction) + 0.4*float64(size) + 0.03*float64(index)
			}
			v := (250 - 240*share) * ms * float64(l+1)
			pt := HitPoint{Number: i + 1, Name: fmt.Sprint("arm ", i+1), Strong: i == 15, Values: []int{index, eviction, size}, Share: share, Latency: Estimate{v, v * 0.9, v * 1.3}}
			if i == 17 {
				pt.Latency = Estimate{math.Inf(1), 300 * ms, math.Inf(1)}
			}
			p.Points = append(p.Points, pt)
		}
		f.Panels = append(f.Panels, p)
	}
	return f
}

// syntheticOccupancy fills up, preempts where it is full, and has a stretch without a step.
func syntheticOccupancy(panels, slices int) (f Occupancy) {
	for n := range panels {
		p := OccupancyPanel{Title: fmt.Sprintf("%d arm at poisson 10/s", n+1), Unit: "KV blocks of 16 tokens", Span: 12e9, Blocks: 40 << n}
		for i := range slices {
			s := OccupancySlice{Held: min(40, i*60/slices) - i%3, Cached: i * 20 << n / slices}
			s.Held, s.Cached = max(s.Held, 0), min(s.Cached, p.Blocks-max(s.Held, 0))
			s.Free, s.Preempted = p.Blocks-s.Held-s.Cached, n == 0 && s.Held == 40
			if i > slices/2 && i < slices*5/8 {
				s = OccupancySlice{}
			}
			p.Slices = append(p.Slices, s)
		}
		f.Panels = append(f.Panels, p)
	}
	return f
}

func TestGoldenCacheFigures(t *testing.T) {
	for name, tt := range map[string]struct {
		f     Figure
		width vg.Length
	}{
		"hits-wide":        {syntheticHits(2), Wide},
		"hits-narrow":      {syntheticHits(1), Narrow},
		"occupancy-wide":   {syntheticOccupancy(2, 48), Wide},
		"occupancy-narrow": {syntheticOccupancy(1, 24), Narrow},
	} {
		t.Run(name, func(t *testing.T) { golden(t, name+".svg", render(t, tt.f, tt.width)) })
	}
}

// Names of anybody's, figures without a point, and colours through variables alone.
func TestCacheFiguresAreSound(t *testing.T) {
	evil := "]]></title><script>alert(1)</script>\x00\x1b\" style=\"fill:#123456\u202e"
	hits, occupancy := syntheticHits(2), syntheticOccupancy(2, 24)
	hits.Latency, hits.Settings[0].Name, hits.Settings[1].Values[0], hits.Panels[0].Title, hits.Panels[0].Points[15].Name = evil, evil, evil, evil, evil
	occupancy.Panels[0].Title, occupancy.Panels[0].Unit = evil, evil
	bare := Hits{Panels: []HitPanel{{Points: []HitPoint{{Share: 1}}}, {}}} // no setting, no latency, no point
	for _, f := range []Figure{hits, occupancy, bare, Hits{}, Occupancy{}, Occupancy{[]OccupancyPanel{{}}}, syntheticHits(4), syntheticOccupancy(3, 240)} {
		for _, width := range []vg.Length{Wide, Narrow} {
			svg := render(t, f, width)
			for _, bad := range []string{"NaN", "Inf", "<script", "\x00"} {
				if strings.Contains(svg, bad) {
					t.Errorf("%s at %v contains %q", f.Key(), width, bad)
				}
			}
			if bare := strings.ReplaceAll(svg, ",#", ""); strings.Contains(bare, "#") && !strings.Contains(svg, "alert") {
				t.Errorf("%s at %v has a colour of its own", f.Key(), width)
			}
			dec := xml.NewDecoder(strings.NewReader(svg))
			for {
				if _, err := dec.Token(); err == io.EOF {
					break
				} else if err != nil {
					t.Fatalf("%s at %v: %v", f.Key(), width, err)
				}
			}
		}
	}
}

// Every value of every setting looks different from the others in the legend.
func TestHitMarksDiffer(t *testing.T) {
	seen := map[string][]int{}
	for index := range 3 {
		for eviction := range 4 {
			for size := range 2 {
				values := []int{index, eviction, size}
				svg := render(t, markOf(values), Wide)
				if other, ok := seen[svg]; ok {
					t.Errorf("%v and %v have one mark", other, values)
				}
				seen[svg] = values
			}
		}
	}
}

// markOf is a figure of one mark alone.
type markOf []int

func (m markOf) Key() string                { return "mark" }
func (m markOf) Title() string              { return "mark" }
func (m markOf) Alt() string                { return "mark" }
func (m markOf) Height(vg.Length) vg.Length { return 20 }
func (m markOf) Draw(c draw.Canvas)         { HitPoint{Values: m}.mark(c, vg.Point{X: 10, Y: 10}) }

// The words of the lane stand where fewer points are, and the words of a limit above its line.
func TestWordsKeepClear(t *testing.T) {
	c := draw.NewCanvas(vgsvg.New(300, 200), 300, 200)
	for _, tt := range []struct {
		taken []vg.Length
		right bool
	}{{nil, false}, {[]vg.Length{290}, false}, {[]vg.Length{5}, true}, {[]vg.Length{5, 290}, false}, {[]vg.Length{5, 9, 290}, true}} {
		box := lanes(c, tt.taken)
		if right := box.Min.X > 100; right != tt.right || !inside(box, c.Rectangle) || box.Min.Y < 0.9*200 {
			t.Errorf("points at %v: words in %v", tt.taken, box)
		}
	}
	p := ThroughputPanel{Limit: 100 * ms, Lines: [][]ThroughputPoint{{{10, Estimate{1, 1, 1}}, {20, Estimate{1, 1, math.Inf(1)}}, {30, Estimate{math.Inf(1), 1, math.Inf(1)}}}}}
	id := func(v float64) vg.Length { return vg.Length(v) }
	if got := p.beyond(id); len(got) != 2 || got[0] != 20 || got[1] != 30 {
		t.Errorf("beyond: %v", got)
	}
	at := func(y vg.Length) func(float64) vg.Length {
		return func(ns float64) vg.Length {
			if ns == p.Limit {
				return 50
			}
			return y
		}
	}
	if boxes := p.limit(c, id, at(100)); len(boxes) != 1 || boxes[0].Min.Y <= 50 || boxes[0].Max.X > 100 {
		t.Errorf("the limit's words are in %v", boxes)
	}
	if boxes := p.limit(c, id, at(55)); boxes[0].Min.Y <= 50 || boxes[0].Min.X < 100 {
		t.Errorf("with points above the limit at the left its words are in %v", boxes)
	}
	p.Lines[0][0].Tokens, p.Lines[0][1].Tokens = 10, 290
	if boxes := p.limit(c, id, at(62)); boxes[0].Max.Y >= 50 || boxes[0].Max.X > 100 {
		t.Errorf("with points above the limit at both ends its words are in %v", boxes)
	}
	if p.Limit = 0; p.limit(c, id, id) != nil {
		t.Error("words of no limit")
	}
}
