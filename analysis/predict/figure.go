package predict

import (
	"fmt"

	"github.com/assaylab/assay/analysis/cost"
	"github.com/assaylab/assay/analysis/internal/words"
)

// Origin says how a figure is known.
type Origin string

// The origins, the best first.
const (
	Measured  Origin = "measured"  // by the lab, in a run that can be named
	Published Origin = "published" // by somebody else, in a publication that can be named
	Scaled    Origin = "scaled"    // from one of the others, by a model with an error
)

// Worse is the origin of what follows from two figures.
func (o Origin) Worse(than Origin) Origin {
	rank := map[Origin]int{Measured: 1, Published: 2, Scaled: 3}
	if rank[o] >= rank[than] {
		return o
	}
	return than
}

// Valid is an error for what is none of the three.
func (o Origin) Valid() error {
	switch o {
	case Measured, Published, Scaled:
		return nil
	}
	return fmt.Errorf("origin %q: expected %q, %q or %q", string(o), Measured, Published, Scaled)
}

// Figure is a number with its interval, its unit and its origin. The number cannot be had
// as text without the origin.
type Figure struct {
	value  cost.Estimate
	unit   string
	origin Origin
}

// NewFigure is a figure of an origin that is stated.
func NewFigure(value cost.Estimate, unit string, origin Origin) (Figure, error) {
	if err := origin.Valid(); err != nil {
		return Figure{}, err
	}
	return Figure{value, unit, origin}, nil
}

// Estimate is for computing with; what is computed has at best this figure's origin.
func (f Figure) Estimate() cost.Estimate { return f.value }

// Origin says how it is known.
func (f Figure) Origin() Origin { return f.origin }

// String is "12.3 req/s (scaled; 8.1 to 16)". What was measured is marked as well.
func (f Figure) String() string {
	if f.origin == "" {
		return "not known"
	}
	s := words.Number(f.value.Value)
	if f.unit != "" {
		s += " " + f.unit
	}
	if f.value.Low == f.value.Value && f.value.High == f.value.Value {
		return fmt.Sprintf("%s (%s)", s, f.origin)
	}
	return fmt.Sprintf("%s (%s; %s to %s)", s, f.origin, words.Number(f.value.Low), words.Number(f.value.High))
}

// MarshalText is String, so that the mark is in JSON, too.
func (f Figure) MarshalText() ([]byte, error) { return []byte(f.String()), nil }
