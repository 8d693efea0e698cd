package capacity

import (
	"github.com/assaylab/assay/analysis/cost"
	"github.com/assaylab/assay/analysis/predict"
)

// PerReplica is the highest rate at which one replica holds every limit.
type PerReplica struct {
	Rate    cost.Estimate  // requests per second
	Origin  predict.Origin // of the curve
	Binding SLO            // the limit that breaks first
	// Broken says that a higher rate on the curve breaks Binding. Where none does, Rate is the highest
	// on the curve: more may be possible, and was not measured.
	Broken bool
	// Sustained is the highest rate on the curve at which the queue did not only grow: no balancer gets more from a replica.
	Sustained float64
}

// Reserve is what is kept above the expected peak.
type Reserve struct {
	Headroom float64 // share of the peak: 0.2 holds the limits at 1.2 times the peak
	Spares   int     // replicas that may fail at once while the limits still hold: k of N+k
}

// Replicas are how many replicas hold the limits at a rate.
type Replicas struct {
	Rate    float64 // requests per second, the peak without headroom
	Serving int     // N
	Spares  int     // k
	// Low and High are N by the interval of the rate per replica.
	Low, High int
	// Floor is what no way of balancing could do with fewer than: the rate by the highest one that a replica sustained.
	Floor int
}

// Total is N+k.
func (r Replicas) Total() int { return r.Serving + r.Spares }

// Infeasible is the error of limits or demand that no number of replicas, or no option, can hold.
type Infeasible struct{ Because string }

// Error is "infeasible because ...".
func (e *Infeasible) Error() string { return "infeasible because " + e.Because }
