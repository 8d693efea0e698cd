package capacity

import (
	"fmt"
	"math"

	"github.com/assaylab/assay/analysis/cost"
	"github.com/assaylab/assay/analysis/predict"
)

// PerReplica is the highest rate at which one replica holds every limit.
type PerReplica struct {
	// Rate is in requests per second. Its Low is 0 where the upper ends of the percentiles' intervals break a limit
	// at every load of the curve: then no number of replicas is sure to hold it.
	Rate    cost.Estimate
	Origin  predict.Origin // of the curve
	Binding SLO            // the limit that breaks first
	// Broken says that a higher rate on the curve breaks Binding. Where none does, Rate is the highest
	// on the curve: more may be possible, and is not known.
	Broken bool
	// Known says that the percentiles have intervals, and so Rate; Open that its upper end is the highest rate on the curve, at which
	// the lower ends of the percentiles' intervals hold every limit still: there is no telling how much more a replica may carry.
	Known, Open bool
	// Saturated is the lowest rate on the curve at which the queue only grew: no replica does more. 0 where none is.
	Saturated float64
}

// Interval is that of the rate, without an upper end (infinite) where the curve has none; false where it is not known.
func (p PerReplica) Interval() (low, high float64, known bool) {
	if low, high = p.Rate.Low, p.Rate.High; p.Open {
		high = math.Inf(1)
	}
	return low, high, p.Known || low < p.Rate.High
}

// Figure is the rate with its origin.
func (p PerReplica) Figure() (predict.Figure, error) {
	return predict.NewFigure(p.Rate, "req/s", p.Origin)
}

// Reserve is what is kept above the expected peak.
type Reserve struct {
	Headroom float64 // share of the peak: 0.2 holds the limits at 1.2 times the peak
	Spares   int     // replicas that may fail at once while the limits still hold: k of N+k
}

// Unbounded is a number of replicas where none is enough.
const Unbounded = -1

// Replicas are how many replicas hold the limits at a rate.
type Replicas struct {
	Rate    float64 // requests per second, the peak without headroom
	Serving int     // N
	Spares  int     // k
	// Low and High are N by the interval of the rate per replica; High is Unbounded where the interval reaches 0.
	Low, High int
	// Floor is what no way of balancing can do with fewer than, headroom left out: the peak by the rate that saturates a
	// replica. N less Floor is the most that a better balancer could save. 0 where that rate is not known.
	Floor int
}

// Total is N+k.
func (r Replicas) Total() int { return r.Serving + r.Spares }

// Replicas are those that hold the limits at a peak rate.
//
// Each of n replicas gets an n-th of the requests, whichever way they are drawn: a random share of a Poisson stream is a
// Poisson stream, so that each replica is on its measured curve and nothing is assumed about queues. A
// balancer that looks at queues does better; how much is not modelled (docs/capacity.md), but Floor bounds it.
func (p PerReplica) Replicas(rate float64, r Reserve) (Replicas, error) {
	if !(rate >= 0) || math.IsInf(rate, 1) {
		return Replicas{}, fmt.Errorf("peak rate %v: expected 0 or more requests per second", rate)
	}
	if err := r.Check(); err != nil {
		return Replicas{}, err
	}
	if !(p.Rate.Value > 0) {
		return Replicas{}, &Infeasible{"one replica holds the limits at no rate"}
	}
	n := Replicas{Rate: rate}
	if rate == 0 {
		return n, nil
	}
	if p.Saturated > 0 {
		n.Floor = whole(rate, p.Saturated)
	}
	with := rate * (1 + r.Headroom)
	n.Spares = r.Spares
	n.Serving, n.Low, n.High = whole(with, p.Rate.Value), whole(with, p.Rate.High), whole(with, p.Rate.Low)
	return n, nil
}

// Check is an error for what cannot be kept in reserve.
func (r Reserve) Check() error {
	if !(r.Headroom >= 0) || math.IsInf(r.Headroom, 1) {
		return fmt.Errorf("headroom %v: expected a share of the peak of 0 or more, such as 0.2", r.Headroom)
	}
	if r.Spares < 0 {
		return fmt.Errorf("spare replicas %d: expected 0 or more", r.Spares)
	}
	return nil
}

// slack is by how much of a replica a rate may exceed what whole replicas hold: rounding of
// binary fractions, far below any interval.
const slack = 1e-9

// whole is how many replicas of a rate hold a rate.
func whole(rate, each float64) int {
	if rate == 0 {
		return 0
	}
	if !(each > 0) {
		return Unbounded
	}
	return max(1, int(math.Ceil(rate/each-slack)))
}

// Infeasible is the error of limits or demand that no number of replicas, or no option, can hold.
type Infeasible struct{ Because string }

// Error is "infeasible because ...".
func (e *Infeasible) Error() string { return "infeasible because " + e.Because }
