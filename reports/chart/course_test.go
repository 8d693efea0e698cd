package chart

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
)

// syntheticCourse is a queue that grows, and a trial with a warm-up, a jump and failures.
func syntheticCourse() Course {
	var grows, moves CoursePanel
	grows = CoursePanel{Title: "1 slow at poisson 40/s, stopped", Of: "time to first token (TTFT)", Window: 4e9}
	moves = CoursePanel{Title: "2 fast at poisson 20/s", Of: "time per output token (TPOT)", Window: 8e9, WarmUp: 1e9, Trimmed: true, Jump: 5e9}
	for i := range 60 {
		at := float64(i) * 4e9 / 60
		grows.Requests = append(grows.Requests, CoursePoint{at, 12*ms + float64(i)*14*ms, i / 2})
		p := CoursePoint{2 * at, 2*ms + float64(i%7)*0.05*ms, i % 4}
		switch {
		case i%20 == 19:
			p.Latency = math.Inf(1)
		case i == 30:
			p.Latency = math.NaN()
		case 2*at < 1e9:
			p.Latency *= 2
		case 2*at > 5e9:
			p.Latency *= 1.5
		}
		moves.Requests = append(moves.Requests, p)
	}
	return Course{Panels: []CoursePanel{grows, moves}}
}

func TestCourseGolden(t *testing.T) {
	golden(t, "course-wide.svg", render(t, syntheticCourse(), Wide))
	golden(t, "course-narrow.svg", render(t, syntheticCourse(), Narrow))
}

// Whatever is in a record, the drawing holds only numbers, and no trial at all is drawn as one.
func TestCourseOfAnything(t *testing.T) {
	for name, p := range map[string]CoursePanel{
		"no requests":   {Title: "a", Window: 1e9},
		"no time":       {Title: "a", Requests: []CoursePoint{{0, 0, 0}}},
		"only failures": {Title: "a", Window: 1e9, Requests: []CoursePoint{{1, math.Inf(1), 3}, {5e8, math.Inf(1), 4}}},
		"nothing known": {Title: "a", Window: 1e9, WarmUp: 5e9, Jump: 2e9, Requests: []CoursePoint{{1, math.NaN(), 3}}},
	} {
		for _, w := range []vg.Length{Wide, Narrow} {
			svg := render(t, Course{Panels: []CoursePanel{p}}, w)
			for _, bad := range []string{"NaN", "Inf"} {
				if strings.Contains(svg, bad) {
					t.Errorf("%s at %v contains %q", name, w, bad)
				}
			}
		}
	}
}
