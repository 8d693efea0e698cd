package steady

import "math"

// State is what became of a series.
type State int

// The states.
const (
	CannotTell State = iota // fewer than Least values, or neighbours so alike that they are worth too few
	Steady
	Drifts   // rises or falls over what is left after the warm-up
	Shifts   // jumps from one level to another
	Unsteady // still on its way when half of it was over
)

// Assessment says where a series is steady, if it is.
type Assessment struct {
	State       State
	WarmUp      int     // first values that are of another level than the rest
	First, Last float64 // medians: of the first and the last third after the warm-up, or before and after the jump
	At          int     // values before the jump, of Shifts
	P           float64 // of the test that decided, two-sided
}

// Change is the last level by the first.
func (a Assessment) Change() float64 { return a.Last / a.First }

// fewestIndependent is how many independent batches what is left must be worth. With
// fewer, the autocorrelation itself is not known well enough to correct for it.
const fewestIndependent = 3

// Assess looks for a warm-up and tests what is left. A change counts where it is of at
// least the given share of the level and the probability of one like it by chance is
// below alpha: half of that for a trend (MannKendall) and half for a jump (Pettitt).
// Values are positive.
func Assess(values []float64, share, alpha float64) Assessment {
	a := Assessment{P: 1}
	if len(values) < Least {
		return a
	}
	a.State = Steady
	cut, found := WarmUp(values)
	a.WarmUp = cut
	kept := values[cut:]
	a.First, a.Last = thirds(kept)
	size := sizeOf(len(kept))
	means := batches(kept, size)
	trend, shift := MannKendall(means), Pettitt(means)
	a.P = min(1, 2*min(trend.P, shift.P))
	if float64(len(means)) < fewestIndependent*min(trend.Inflation, shift.Inflation) {
		a.State = CannotTell
		return a
	}
	if a.P >= alpha {
		return a
	}
	moved := Assessment{State: Drifts, WarmUp: cut, First: a.First, Last: a.Last, P: a.P}
	switch {
	case !found:
		moved.State = Unsteady
	case jumps(means, shift.At, trend.Slope):
		moved.State, moved.At = Shifts, cut+shift.At*size
		moved.First, moved.Last = median(values[cut:moved.At]), median(values[moved.At:])
	}
	if math.Abs(moved.Change()-1) < share {
		return a
	}
	return moved
}
