package chart

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
)

// syntheticGain is what drafting gains the i-th arm at the k-th load: less and less, and in the end nothing.
func syntheticGain(i, k int) Estimate {
	v := 1 + (0.5+0.2*float64(i))*(1-0.55*float64(k)) + 0.01*float64(i)
	return Estimate{v, v - 0.03 - 0.02*float64(k), v + 0.05}
}

var syntheticLevels = []float64{2, 20, 60, 90, 200, 400}

func syntheticSpeedup(arms, kinds, loads int) Speedup {
	f := Speedup{Than: "1 none", Series: syntheticSeries(arms)}
	for kind := range kinds {
		p := SpeedupPanel{Title: fmt.Sprintf("kind %d poisson", kind), Loads: "requests per second"}
		for i := range arms {
			var line []SpeedupPoint
			for k := range loads {
				line = append(line, SpeedupPoint{syntheticLevels[k], syntheticGain(i, k)})
			}
			p.Lines = append(p.Lines, line)
		}
		f.Panels = append(f.Panels, p)
	}
	return f
}

func syntheticPositions(arms, kinds, longest int) Positions {
	f := Positions{Series: syntheticSeries(arms)}
	for kind := range kinds {
		p := PositionsPanel{Title: fmt.Sprintf("kind %d poisson", kind)}
		for i := range arms {
			var line []Estimate
			for k := range longest - i {
				v := math.Pow(0.85-0.05*float64(i), float64(k+1))
				line = append(line, Estimate{v, v * 0.97, min(1, v*1.03)})
			}
			p.Lines = append(p.Lines, line)
		}
		f.Panels = append(f.Panels, p)
	}
	return f
}

func syntheticForecast(arms, kinds, loads int) Forecast {
	f := Forecast{Series: syntheticSeries(arms)}
	for k := range loads {
		f.Loads = append(f.Loads, fmt.Sprintf("%g requests/s", syntheticLevels[k]))
	}
	for kind := range kinds {
		p := ForecastPanel{Title: fmt.Sprintf("kind %d poisson", kind)}
		for i := range arms {
			for k := range loads {
				e := syntheticGain(i, k)
				p.Points = append(p.Points, ForecastPoint{i, k, e.Value * (1 + 0.04*float64(i-k)), e})
			}
		}
		f.Panels = append(f.Panels, p)
	}
	return f
}

func TestGoldenDraftFigures(t *testing.T) {
	for name, f := range map[string]Figure{"speedup": syntheticSpeedup(6, 2, 3), "positions": syntheticPositions(6, 2, 12), "forecast": syntheticForecast(6, 2, 3)} {
		for width, at := range map[string]vg.Length{"wide": Wide, "narrow": Narrow} {
			t.Run(name+", "+width, func(t *testing.T) { golden(t, name+"-"+width+".svg", render(t, f, at)) })
		}
	}
}

// Whatever is in them: sound XML, colours of the theme alone, no number that is none.
func TestDraftFiguresAreSound(t *testing.T) {
	evil := "]]></title><script>alert(1)</script>\x00\x1b\" style=\"fill:#123456"
	up := syntheticSpeedup(3, 1, 2)
	up.Than, up.Panels[0].Title, up.Panels[0].Loads = evil, evil, evil
	up.Panels[0].Lines[1] = nil
	up.Panels[0].Lines[2] = []SpeedupPoint{{0, Estimate{1, 0, 9}}, {20, Estimate{1, -3, 5}}}
	at, cast := syntheticPositions(2, 1, 3), syntheticForecast(2, 1, 2)
	at.Panels[0].Title, cast.Panels[0].Title, cast.Loads[0] = evil, evil, evil
	cast.Panels[0].Points = append(cast.Panels[0].Points, ForecastPoint{Series: 9, Expected: 1}, ForecastPoint{Expected: 1, Measured: Estimate{1, 1, 1}})
	for _, f := range []Figure{up, at, cast, Speedup{}, Positions{}, Forecast{}, Speedup{Panels: []SpeedupPanel{{}}}, Positions{Panels: []PositionsPanel{{}}}, Forecast{Panels: []ForecastPanel{{}}},
		syntheticSpeedup(1, 1, 1), syntheticSpeedup(8, 3, 6), syntheticPositions(8, 3, 16), syntheticForecast(8, 3, 6)} {
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

var svgText = regexp.MustCompile(`(?s)<text x="([^"]*)" y="([^"]*)"[^>]*>([^<]*)</text>`)

// numberBoxes are the places of the texts that are a number of an arm, as it stands at a curve.
func numberBoxes(t *testing.T, svg string, arms int) (boxes []vg.Rectangle, count map[string]int) {
	t.Helper()
	count = map[string]int{}
	for _, m := range svgText.FindAllStringSubmatch(svg, -1) {
		x, err1 := strconv.ParseFloat(m[1], 64)
		y, err2 := strconv.ParseFloat(m[2], 64)
		n, err := strconv.Atoi(m[3])
		if err != nil || n < 1 || n > arms || err1 != nil || err2 != nil || !strings.Contains(m[0], "bold") && !strings.Contains(m[0], "700") {
			continue
		}
		count[m[3]]++
		boxes = append(boxes, vg.Rectangle{Min: vg.Point{X: vg.Length(x), Y: vg.Length(y)}, Max: vg.Point{X: vg.Length(x) + 6, Y: vg.Length(y) + 8}})
	}
	return boxes, count
}

// Seven arms at three rates: every arm has its number at its curve, and no two numbers lie on each other, though at the
// last load the arms nearly meet.
func TestNumbersOfSevenArms(t *testing.T) {
	up, at := syntheticSpeedup(7, 1, 3), syntheticPositions(7, 1, 12)
	for i := range up.Series {
		up.Series[i].Number, at.Series[i].Number = i+1, i+1
	}
	for name, f := range map[string]Figure{"speedup": up, "positions": at} {
		for _, width := range []vg.Length{Wide, Narrow} {
			boxes, count := numberBoxes(t, render(t, f, width), 7)
			for n := 1; n <= 7; n++ {
				if count[strconv.Itoa(n)] != 1 {
					t.Errorf("%s at %v: %d stands %d times", name, width, n, count[strconv.Itoa(n)])
				}
			}
			for i := range boxes {
				if touchesAny(boxes[i], boxes[:i]) {
					t.Errorf("%s at %v: a number lies on another, at %v", name, width, boxes[i])
				}
			}
		}
	}
}

// The ticks of a load axis are the loads that were measured, as many as have room.
func TestLevelAxis(t *testing.T) {
	for _, c := range []struct {
		levels []float64
		want   string
		note   string
	}{
		{[]float64{60, 2, 20, 20}, "2 20 60", "log scale"}, {[]float64{4, 20, 60}, "4 20 60", ""}, {[]float64{5}, "5", ""}, {nil, "0.0 0.2 0.4 0.6 0.8 1.0", ""},
		{[]float64{1, 2, 3, 40, 41, 400}, "1 2 40 400", "log scale"}, {[]float64{0, math.Inf(1), 7}, "7", ""},
	} {
		a := levelAxis(c.levels)
		var got []string
		for _, tick := range a.ticks {
			got = append(got, tick.Label)
			if at := a.scale.Normalize(a.min, a.max, tick.Value); at < 0 || at > 1 {
				t.Errorf("%v: %s is outside", c.levels, tick.Label)
			}
		}
		if strings.Join(got, " ") != c.want || a.note != c.note {
			t.Errorf("%v: ticks %q, %q", c.levels, got, a.note)
		}
	}
}
