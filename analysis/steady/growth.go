package steady

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Arrival is a request as it came to a queue, in nanoseconds after any zero.
type Arrival struct {
	At   int64   // when it was due
	End  int64   // when its answer, or its failure, was complete; Open while neither was
	Wait float64 // for the first token; NaN where that is not known
}

// Open marks the end of what has not ended.
const Open = math.MaxInt64

// Growth is what a queue does over its arrivals.
type Growth struct {
	Tested   int        // arrivals after the queue had filled; 0 where there were too few
	P        float64    // the larger one of both tests; 1 where there were too few arrivals
	Grows    bool       // P is below alpha, and the waits are apart by waitsApart
	InFlight [2]float64 // medians of the first and the last third
	Wait     [2]float64 // likewise
}

const (
	fillers     = 5 // requests that must have ended before growth counts: a queue that fills is not one that grows
	walkBatches = 5 // fewest differences between batches of a test
	waitsApart  = 2 // the last third waits so many times as long as the first
)

// LeastArrivals is how many arrivals after the first ones a test of growth takes.
const LeastArrivals = (walkBatches + 1) * batchSize

// Grow tests whether a queue only grows: both the number in flight that arrivals find, and
// how long they wait, rise beyond what a queue does that is just full.
//
// The trend tests of this package would not do. A queue near its capacity wanders, and to
// a test for trends a long way up looks like a slope. The least favourable queue that is
// still stable is one that is exactly full: what comes and goes is then a random walk that
// is reflected at nothing (Lindley, Proc. Cambridge Phil. Soc. 48, 1952). So the test is
// Student's t of the differences between neighbouring batches, whose mean is 0 on a walk.
// Means of batches of a walk make neighbouring differences resemble each other, which
// multiplies the variance of their mean by 3/2 (Working, Econometrica 28, 1960); and a walk
// that is reflected ends as far out as one of either sign does, so that its probability is
// two-sided. A queue with room to spare returns to its level, and is called growing less
// often yet. Closed loops cannot grow and are not to be asked about.
func Grow(arrivals []Arrival, alpha float64) Growth {
	inFlight, wait := found(arrivals)
	g := Growth{P: 1, Tested: len(inFlight)}
	if len(inFlight) < LeastArrivals || len(wait) < LeastArrivals {
		g.Tested = 0
		return g
	}
	g.InFlight[0], g.InFlight[1] = thirds(inFlight)
	g.Wait[0], g.Wait[1] = thirds(wait)
	g.P = max(climb(inFlight), climb(wait))
	g.Grows = g.P < alpha && g.Wait[1] >= waitsApart*g.Wait[0]
	return g
}

// mostTested arrivals, evenly spaced, say as much as millions.
const mostTested = 50_000

// found is what each arrival found in flight, from when as many requests as fill an idle
// queue had ended, and how long it waited. Waits count from the first: filling hardly makes
// anyone wait, and while a queue far over its capacity is watched, few but the first are known.
func found(arrivals []Arrival) (inFlight, wait []float64) {
	if due := func(a, b Arrival) int { return cmp.Compare(a.At, b.At) }; !slices.IsSortedFunc(arrivals, due) {
		arrivals = slices.Clone(arrivals)
		slices.SortStableFunc(arrivals, due)
	}
	every := max(1, (len(arrivals)+mostTested-1)/mostTested)
	tested := (len(arrivals) + every - 1) / every
	at, from := make([]int64, 0, tested), int64(0)
	for i := 0; i < len(arrivals); i += every {
		at = append(at, arrivals[i].At)
	}
	gone := NewEnded(at)
	for i, a := range arrivals {
		gone.Add(a.End)
		if i < fillers {
			from = max(from, a.End)
		}
	}
	inFlight, wait = make([]float64, 0, tested), make([]float64, 0, tested)
	for k, n := range gone.By() {
		a := arrivals[k*every]
		if a.At >= from {
			inFlight = append(inFlight, float64(k*every-n))
		}
		if !math.IsNaN(a.Wait) {
			wait = append(wait, a.Wait)
		}
	}
	return inFlight, wait
}

// climb is the one-sided probability of such a rise of a walk that is not reflected, doubled.
func climb(values []float64) float64 {
	means := batches(values, batchSize)
	steps := make([]float64, len(means)-1)
	for i := range steps {
		steps[i] = means[i+1] - means[i]
	}
	mean, sd := stat.MeanStdDev(steps, nil)
	se := sd * math.Sqrt(1.5/float64(len(steps)))
	switch {
	case mean <= 0:
		return 1
	case se == 0: // equal steps up, each
		return 0
	}
	return 2 * distuv.StudentsT{Sigma: 1, Nu: float64(len(steps) - 1)}.Survival(mean/se)
}
