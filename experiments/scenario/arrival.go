package scenario

import (
	"fmt"
	"math"
	"path/filepath"

	"github.com/assaylab/assay/analysis/strict"
	"github.com/assaylab/assay/loadgen/arrival"
)

var arrivals = []string{Constant, Poisson, Gamma, Recorded, Closed}

// Shapes of a rate.
const (
	RampShape  = "ramp"
	StepsShape = "steps"
	DayShape   = "day"
)

// Shape moves the rate of an open loop over a trial, in proportions of which the level's rate is the mean. The zero
// value does not.
type Shape struct {
	Kind        string
	Proportions []float64 // RampShape: first and last; StepsShape: each in turn
	Amplitude   float64   // DayShape: of the mean
	Periods     float64   // DayShape: how many days there are in a trial
}

// Drawn is what the load generator makes of it.
func (s Shape) Drawn() (arrival.Shape, error) {
	switch s.Kind {
	case RampShape:
		return arrival.Ramp(s.Proportions[0], s.Proportions[1])
	case StepsShape:
		return arrival.Steps(s.Proportions...)
	case DayShape:
		return arrival.Day(s.Amplitude, s.Periods)
	}
	return arrival.Shape{}, nil
}

// String words it; "" for none.
func (s Shape) String() string {
	drawn, _ := s.Drawn() // was made once when it was read
	return drawn.String()
}

// Arrives words how requests arrive, but for the rate and its shape.
func (l Workload) Arrives() string {
	switch {
	case l.Arrival == Gamma:
		return fmt.Sprintf("gamma (cv %g)", l.CV)
	case l.Arrival == Recorded && l.Trace.Copies > 1:
		return fmt.Sprintf("recorded in %s, %d copies", filepath.Base(l.Trace.File), l.Trace.Copies)
	case l.Arrival == Recorded:
		return "recorded in " + filepath.Base(l.Trace.File)
	case l.Think > 0:
		return fmt.Sprintf("closed, thinking %v", l.Think)
	}
	return l.Arrival
}

// arrival reads how requests arrive.
func (t *table) arrival(l *Workload) {
	if !t.has("arrival") {
		t.missing("arrival", oneOf(arrivals), `"poisson"`)
	}
	l.Arrival = t.choice("arrival", "", arrivals)
	t.only(l, Gamma, "cv")
	t.only(l, Closed, "think")
	t.only(l, Recorded, "trace")
	if l.Arrival == Gamma && !t.has("cv") {
		t.missing("cv", "the coefficient of variation of the gaps: 1 is Poisson, above burstier", "2")
	}
	l.CV = t.number("cv", 0, interval{lo: arrival.LowestCV, hi: arrival.HighestCV})
	if l.Arrival != Gamma {
		l.CV = 0
	}
	t.trace(l)
	l.Think = t.duration("think", 0, "1s")
	l.Shape = t.shape()
	switch {
	case l.Shape.Kind != "" && l.Arrival == Closed:
		t.report(t.key("shape"), `a shape with arrival "closed"`, "an open loop, which has a rate", "remove shape")
	case l.Shape.Kind != "" && l.Arrival == Recorded:
		t.report(t.key("shape"), `a shape with arrival "recorded"`, "another arrival: the record has a shape of its own", "remove shape")
	}
}

// only reports a key that another kind of arrival has.
func (t *table) only(l *Workload, kind, name string) {
	if v, ok := t.values[name]; ok && l.Arrival != kind && l.Arrival != "" {
		t.bad(name, v, fmt.Sprintf("no %s for arrival %q", name, l.Arrival), fmt.Sprintf("write arrival = %q or remove %s", kind, name))
	}
}

// shape reads a table with one of the kinds as its only key.
func (t *table) shape() (s Shape) {
	c, ok := t.child("shape")
	if !ok {
		return s
	}
	kinds, kind := []string{RampShape, StepsShape, DayShape}, ""
	for _, k := range kinds {
		if c.has(k) && kind == "" {
			kind = k
		} else if c.has(k) {
			c.report(c.key(k), "a second shape", "one of them", "remove "+kind+" or "+k)
		}
	}
	switch kind {
	case DayShape:
		s = c.day()
	case "":
		c.known = kinds
		t.report(c.path, "a shape of no kind", oneOf(kinds), "write shape = {ramp = [1, 3]}")
	default:
		s = c.proportions(kind)
	}
	c.known = kinds
	c.finish()
	return s
}

// proportions reads those of a ramp or of steps.
func (t *table) proportions(kind string) Shape {
	s, reported := Shape{Kind: kind}, len(t.problems)
	for i, v := range t.list(kind, "numbers") {
		x, ok := asFloat(v)
		if !ok || !(x >= 0) || math.IsInf(x, 1) {
			t.report(strict.Element(t.key(kind), i), strict.Describe(v), "a proportion of 0 or more", "")
		}
		s.Proportions = append(s.Proportions, x)
	}
	if n := len(s.Proportions); kind == RampShape && n != 2 {
		t.report(t.key(kind), fmt.Sprintf("%d proportions", n), "2, of the beginning and of the end", "write ramp = [1, 3]")
		return Shape{}
	}
	if len(t.problems) > reported {
		return Shape{}
	}
	return t.drawable(s, kind)
}

func (t *table) day() Shape {
	c, ok := t.child(DayShape)
	if !ok {
		return Shape{}
	}
	s := Shape{Kind: DayShape, Amplitude: c.number("amplitude", .5, interval{lo: 0, hi: 1}),
		Periods: c.number("periods", 1, interval{lo: 0, hi: arrival.MostPeriods, open: true})}
	c.finish()
	return t.drawable(s, DayShape)
}

// drawable reports a shape that has no requests.
func (t *table) drawable(s Shape, kind string) Shape {
	if _, err := s.Drawn(); err != nil {
		t.report(t.key(kind), err.Error(), "a rate above 0 at some time", "")
		return Shape{}
	}
	return s
}
