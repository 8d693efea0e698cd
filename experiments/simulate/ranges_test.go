package simulate

import (
	"slices"
	"testing"
	"time"
)

// A figure lies between what it is on the slowest and on the fastest machine, near saturation far apart; with one trial nothing is known.
func TestRangesAreOfTheMachines(t *testing.T) {
	slow, fast := engineLike(), engineLike()
	slow.Step.(*StepModel).Scale, fast.Step.(*StepModel).Scale = 1.2, .8
	p := planner(limit("ttft", .95, 60*time.Millisecond))
	p.Moods = []Engine{slow}
	if at, err := p.Ranged(20, 1); err != nil || at.Ranges != nil {
		t.Fatalf("ranges of one trial: %+v, %v", at.Ranges, err)
	}
	p.Moods = []Engine{slow, fast}
	width := func(rate float64) float64 {
		at, err := p.Ranged(rate, 1)
		if err != nil || len(at.Ranges) != len(at.figures()) {
			t.Fatalf("%d ranges: %v", len(at.Ranges), err)
		}
		point := at.figures()
		for _, r := range at.Ranges {
			if v := point[r.Metric]; v < r.Low || v > r.High {
				t.Errorf("rate %v: %s is %v, from %v to %v", rate, r.Metric, v, r.Low, r.High)
			}
		}
		ttft := at.Ranges[slices.IndexFunc(at.Ranges, func(r Range) bool { return r.Metric == "ttft_p95" })]
		for _, e := range p.Moods { // the ends are about what the machines themselves bring
			q := *p
			q.Engine.Step = e.Step
			one, err := q.Attain(rate, 1)
			if err != nil || one.TTFT.P95 < .9*ttft.Low || one.TTFT.P95 > 1.1*ttft.High {
				t.Errorf("rate %v: %v on one of the machines, from %v to %v: %v", rate, one.TTFT.P95, ttft.Low, ttft.High, err)
			}
		}
		return ttft.High / ttft.Low
	}
	if near, far := width(35), width(2); far < 1.2 || near < 1.2*far {
		t.Errorf("the p95 of TTFT is within a factor of %v at a low rate, and of %v at a high one", far, near)
	}
}
