package simulate

import (
	"fmt"
	"math"

	"github.com/assaylab/assay/loadgen/workload"
)

// Request is one arrival.
type Request struct {
	At     int64 // nanoseconds; never decreasing over a Source
	Prompt int   // tokens
	Output int   // tokens that are generated
	Asked  int   // max_tokens; 0 is Output
	Group  int   // requests of a group begin with the same Shared tokens, and go to one replica with Affinity; 0 is none
	Shared int
}

// Source is requests in the order of their arrival, each once.
type Source interface {
	Next(*Request) bool
}

// Pair is the lengths of a request that was recorded.
type Pair struct{ Prompt, Output int }

// Traffic is what requests look like, whatever their rate.
type Traffic struct {
	Prompt, Output workload.Length // without Recorded
	Recorded       []Pair          // drawn with replacement, whole pairs; none is lengths drawn apart
	// CV is the coefficient of variation of the gaps between arrivals; 0 is 1, a Poisson process.
	CV float64
	// Groups is how many shared prefixes there are, of Shared tokens each, all alike popular; 0 is none.
	Groups, Shared int
	// Shape is the rate of each hour over the mean, from the first hour on and around again; none is a rate that does not move.
	Shape []float64
}

// Validate says what is wrong.
func (t *Traffic) Validate() error {
	for i, p := range t.Recorded {
		if p.Prompt < 1 || p.Output < 1 {
			return fmt.Errorf("simulate: recorded request %d has %d prompt and %d output tokens, expected at least 1 of each", i, p.Prompt, p.Output)
		}
	}
	if len(t.Recorded) == 0 {
		if err := t.Prompt.Validate(); err != nil {
			return fmt.Errorf("simulate: prompt tokens: %w", err)
		}
		if err := t.Output.Validate(); err != nil {
			return fmt.Errorf("simulate: output tokens: %w", err)
		}
	}
	if t.CV < 0 || math.IsNaN(t.CV) || math.IsInf(t.CV, 0) {
		return fmt.Errorf("simulate: coefficient of variation is %g, expected 0 or more", t.CV)
	}
	if t.Groups < 0 || t.Shared < 0 || (t.Groups == 0) != (t.Shared == 0) {
		return fmt.Errorf("simulate: %d groups with %d shared tokens, expected both above 0, or none", t.Groups, t.Shared)
	}
	return t.validateShape()
}

func (t *Traffic) validateShape() error {
	sum := 0.0
	for i, s := range t.Shape {
		if !(s >= 0) || math.IsInf(s, 1) {
			return fmt.Errorf("simulate: hour %d has %g of the mean rate, expected 0 or more", i, s)
		}
		sum += s
	}
	if len(t.Shape) > 0 && !(sum > 0) {
		return fmt.Errorf("simulate: all %d hours have no requests, expected at least one that has", len(t.Shape))
	}
	return nil
}
