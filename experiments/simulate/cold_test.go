package simulate

import (
	"math"
	"testing"
)

// What an idle spell has cooled down is felt the more the longer it was, and less with each step.
func TestCold(t *testing.T) {
	var last Shape
	for _, idle := range []int64{-5, 0, 1e5, 1e7, 1e9} {
		c := rested(idle)
		var s Shape
		c.on(&s)
		if want := math.Log1p(float64(max(0, idle)) / 2e5); math.Abs(s.Rested-want) > 1e-12 || s.Cold != 0 {
			t.Errorf("after %d ns: %+v, want rested %v", idle, s, want)
		}
		if idle > 0 && s.Rested <= last.Rested {
			t.Errorf("after %d ns: %v, no more than after less", idle, s.Rested)
		}
		last = s
		for i := range 2 * mostCold {
			c = c.next()
			before := s
			if c.on(&s); s.Rested != 0 || i > 0 && s.Cold > coldDecay*before.Cold+1e-15 {
				t.Fatalf("%d steps after %d ns: %+v after %+v", i+1, idle, s, before)
			}
		}
		if s.Cold != 0 {
			t.Errorf("long after %d ns: %+v", idle, s)
		}
	}
}

// A request that finds its engine idle takes longer by what the model says of a rest, and by no more.
func TestRestsCostWhatTheModelSays(t *testing.T) {
	m := &StepModel{Scale: 1, BetweenScale: 1}
	m.coefficients[0], m.coefficients[terms-2], m.coefficients[terms-1] = 1e6, 2e5, 1e5
	e := lone(m)
	e.Noise = false
	const idle = int64(1e8)
	var took []int64
	requests := []Request{{At: 0, Prompt: 1, Output: 3}, {At: 3e6 + idle, Prompt: 1, Output: 3}}
	if _, err := Run(Deployment{Engine: e, Replicas: 1}, List(requests), func(l *Timeline) { took = append(took, l.Last-l.At) }); err != nil {
		t.Fatal(err)
	}
	level := math.Log1p(float64(idle) / coldUnit)
	if want := 3e6 + level*(2e5+1e5*(1+coldDecay)); took[0] != 3e6 || math.Abs(float64(took[1])-want) > 3 {
		t.Errorf("took %v, want 3000000 and %.0f", took, want)
	}
}
