package group

import (
	"iter"
	"slices"

	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/loadgen/result"
)

// heldValues is how many values are held in memory, 64 MiB of them. Of more, every look at them is a walk over the
// requests.
const heldValues = 8 << 20

// Values are the values of a metric in several trials, by request in issue order: one of each, several, or none.
type Values struct {
	trials []Trial
	most   int // that are held
	of     func(dst []float64, r *result.Request) []float64
	values []float64 // of all requests, while they are no more than most
	ends   [][]int32 // of each request's values, by trial
	counts []int     // of values, by trial
	n      int
}

// NewValues has nothing in it until requests are added. of appends the values of a request.
func NewValues(trials []Trial, of func(dst []float64, r *result.Request) []float64) *Values {
	return &Values{trials: trials, most: heldValues, of: of, ends: make([][]int32, len(trials)), counts: make([]int, len(trials))}
}

// Reserve makes room for about n values and for all requests.
func (v *Values) Reserve(n int) {
	n = min(n, v.most)
	v.values = buffers.Take(n)
	for i, t := range v.trials {
		v.ends[i] = make([]int32, 0, t.Requests.Len())
	}
}

// Add adds the next request of the i-th trial, and returns its values, which are good until the next call. Trials are
// added one after the other.
func (v *Values) Add(i int, r *result.Request) []float64 {
	from := len(v.values)
	v.values = v.of(v.values, r)
	values := v.values[from:]
	v.n += len(values)
	v.counts[i] += len(values)
	if v.n > v.most {
		v.values, v.ends = v.values[:0], nil
		return values
	}
	v.ends[i] = append(v.ends[i], int32(v.n))
	return values
}

// Release gives back the memory that is held. The Values are of no further use.
func (v *Values) Release() {
	buffers.Give(v.values)
	v.values, v.ends = nil, nil
}

// buffers has memory of values that were released, for those of the next cell.
var buffers stat.Buffers

// Len is the number of values.
func (v *Values) Len() int { return v.n }

// All iterates over the values by request.
func (v *Values) All() iter.Seq[[]float64] {
	return func(yield func([]float64) bool) {
		for i := range v.trials {
			for values := range v.Trial(i) {
				if !yield(values) {
					return
				}
			}
		}
	}
}

// Trial iterates over the values of one trial by request.
func (v *Values) Trial(i int) iter.Seq[[]float64] {
	return func(yield func([]float64) bool) {
		if v.n > v.most {
			var one []float64
			for r := range v.trials[i].Requests.All() {
				if one = v.of(one[:0], r); !yield(one) {
					return
				}
			}
			return
		}
		from := v.start(i)
		for _, end := range v.ends[i] {
			if !yield(v.values[from:end:end]) {
				return
			}
			from = int(end)
		}
	}
}

// start is where the values of a trial begin.
func (v *Values) start(i int) (at int) {
	for _, n := range v.counts[:i] {
		at += n
	}
	return at
}

// Order orders the values of all trials.
func (v *Values) Order() *stat.Order { return stat.NewOrder(v.n, v.pieces(0, len(v.trials))) }

// TrialOrder orders the values of one trial.
func (v *Values) TrialOrder(i int) *stat.Order { return stat.NewOrder(v.counts[i], v.pieces(i, i+1)) }

// pieces iterates over the values of the trials from one to another in pieces as long as may be.
func (v *Values) pieces(from, to int) iter.Seq[[]float64] {
	return func(yield func([]float64) bool) {
		if v.n <= v.most {
			yield(v.values[v.start(from):v.start(to)])
			return
		}
		for i := from; i < to; i++ {
			for values := range v.Trial(i) {
				if !yield(values) {
					return
				}
			}
		}
	}
}

// Requests are the values by trial and request, for what needs them all at once.
func (v *Values) Requests() []stat.Requests {
	out := make([]stat.Requests, len(v.trials))
	for i := range out {
		for values := range v.Trial(i) {
			if v.n > v.most {
				values = slices.Clone(values)
			}
			out[i] = append(out[i], values)
		}
	}
	return out
}
