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
	Unsteady // no end of the warm-up in the first quarter, which is of another level than the last third
)

// Assessment says where a series is steady, if it is.
type Assessment struct {
	State       State
	WarmUp      int     // first values that are of another level than the rest
	First, Last float64 // medians: of the first and the last third after the warm-up; before and after the jump; of the first quarter and the last third where it is Unsteady
	At          int     // values before the jump, of Shifts
	P           float64 // of the test that decided, two-sided
}

// Change is the last level by the first.
func (a Assessment) Change() float64 { return a.Last / a.First }

// fewestIndependent is how many independent batches what is left must be worth. With
// fewer, the autocorrelation itself is not known well enough to correct for it.
const fewestIndependent = 3

// Assess looks for a warm-up and tests what is left, by three tests that share alpha: for a
// trend (MannKendall), for a jump (Pettitt), and, where no end of the warm-up was found, of
// the level of the first quarter against that of the last third. A change counts where it is
// of at least the given share of the level and the probability of one like it by chance is
// below alpha. Values are positive.
func Assess(values []float64, share, alpha float64) Assessment {
	a := Assessment{P: 1}
	if len(values) < Least {
		return a
	}
	cut, found := WarmUp(values)
	kept := values[cut:]
	size := sizeOf(len(kept))
	means := batches(kept, size)
	trend, shift := MannKendall(means), Pettitt(means)
	a.State, a.WarmUp = Steady, cut
	a.First, a.Last = thirds(kept)
	a.P = bonferroni(trend.P, shift.P)
	if float64(len(means)) < fewestIndependent*min(trend.Inflation, shift.Inflation) {
		a.State = CannotTell
		return a
	}
	if a.P < alpha {
		moved := a
		moved.State = Drifts
		if jumps(means, shift.At, trend.Slope) {
			moved.State, moved.At = Shifts, cut+shift.At*size
			moved.First, moved.Last = median(values[cut:moved.At]), median(values[moved.At:])
		}
		return moved.unless(share, a)
	}
	if !found {
		compared := kept
		if size > batchSize { // a test of all pairs, for which single values would be too many
			compared = means
		}
		if moved := unsettled(compared, a); moved.P < alpha {
			return moved.unless(share, a)
		}
	}
	return a
}

// bonferroni is the probability of the less likely of two answers, of three tests.
func bonferroni(p, q float64) float64 { return min(1, 3*min(p, q)) }

// unsettledShare is from where a first quarter may be called another level: a third of a short
// series is too few values to know their autocorrelation by, and two stretches of a series that
// wanders by a tenth differ by that much easily.
const unsettledShare = 0.2

// unsettled compares the first quarter with the last third. What falls steeply and then stays
// has no trend that a line would fit, and its residuals look like autocorrelation; those of
// the last third alone do not.
func unsettled(values []float64, a Assessment) Assessment {
	head, rest := values[:len(values)/4], values[len(values)*2/3:]
	p, _ := differ(head, rest, unsettledShare)
	return Assessment{State: Unsteady, First: median(head), Last: median(rest), P: bonferroni(p, a.P)}
}

// unless is a where its change is large enough to matter, and else the other one.
func (a Assessment) unless(share float64, steady Assessment) Assessment {
	if math.Abs(a.Change()-1) < share {
		return steady
	}
	return a
}
