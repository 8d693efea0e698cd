package sample

import (
	"math"
	"slices"

	"github.com/assaylab/assay/engine/internal/invariant"
)

// Distribution sets dst (vocabulary) to the probabilities from which a token is drawn
// under p, given logits of the same length, at least one. They sum to 1 up to float32
// rounding; greedy gives a one at Argmax. The package's documentation states the order
// of the settings.
func Distribution(dst, logits []float32, p Params, s *Scratch) {
	if best, only := s.weigh(logits, p); only {
		clear(dst)
		dst[best] = 1
		return
	}
	if s.all {
		setShares(dst, s.weights, 1/s.total)
	} else {
		clear(dst)
		for _, k := range s.kept {
			dst[k.id] = float32(k.key / s.total)
		}
	}
	if invariant.Enabled {
		sum := 0.0
		for _, v := range dst {
			sum += float64(v)
		}
		invariant.Check(math.Abs(sum-1) < 1e-5, "probabilities sum to %v", sum)
	}
}

// weigh finds the tokens that may be drawn, their weights and the sum of these: in
// s.weights by id where s.all is set, otherwise in s.kept in the order of ids. Only means
// that there is but one, best.
func (s *Scratch) weigh(logits []float32, p Params) (best int32, only bool) {
	best = Argmax(logits)
	top := logits[best]
	if p.Greedy() || top != top || math.IsInf(float64(top), -1) {
		return best, true
	}
	w := newWeigher(top, float64(p.Temperature))
	s.all = false
	switch {
	case math.IsInf(float64(top), 1):
		s.keepInfinite(logits, p.TopK)
	case p.TopK > 0 && p.TopK < len(logits):
		s.keepLargest(logits, w, p.TopK)
	case p.truncates():
		s.keepLikely(logits, w, float64(p.TopP))
	case p.MinP > 0:
		s.keepAbove(logits, w, float64(p.MinP))
	default:
		s.weighAll(logits, w)
		return best, false
	}
	if p.truncates() {
		s.topP(float64(p.TopP))
	}
	if p.MinP > 0 {
		s.minP(float64(p.MinP))
	}
	s.total = sum(s.kept)
	return best, false
}

func sum(kept []ranked) (sum float64) {
	for _, k := range kept {
		sum += k.key
	}
	return sum
}

// truncates reports whether top-p drops anything.
func (p Params) truncates() bool { return p.TopP > 0 && p.TopP < 1 }

// keepInfinite keeps the tokens of infinite logits, k of them at most unless k is 0: they
// share everything.
func (s *Scratch) keepInfinite(logits []float32, k int) {
	s.kept = s.kept[:0]
	for i, l := range logits {
		if math.IsInf(float64(l), 1) && (k == 0 || len(s.kept) < k) {
			s.kept = append(s.kept, ranked{1, int32(i)})
		}
	}
	s.total = float64(len(s.kept))
}

// keepLargest keeps the k most likely tokens.
func (s *Scratch) keepLargest(logits []float32, w weigher, k int) {
	s.kept = largest(s.kept, logits, k)
	slices.SortFunc(s.kept, byID)
	for i := range s.kept {
		s.kept[i].key = w.weight(float32(s.kept[i].key))
	}
	s.total = sum(s.kept)
}

// run is how many weights are summed at once: Next skips whole runs.
const run = 256

// weighAll weighs the whole vocabulary.
func (s *Scratch) weighAll(logits []float32, w weigher) {
	s.all, s.total = true, 0
	s.weights, s.runs = resize(s.weights, len(logits)), s.runs[:0]
	for from := 0; from < len(logits); from += run {
		to := min(from+run, len(logits))
		sum := w.weigh(s.weights[from:to], logits[from:to])
		s.runs = append(s.runs, sum)
		s.total += sum
	}
}

// usual is a weight above which the tokens that top-p keeps nearly always are.
const usual = 1. / 1024

// keepLikely keeps the tokens that top-p may keep: the likely ones if they have mass
// enough, otherwise those that are not so small that all such tokens together
// are less than the share that it drops of the most likely one's weight alone. It sets
// s.total to the sum of all weights.
func (s *Scratch) keepLikely(logits []float32, w weigher, p float64) {
	s.weighAll(logits, w)
	s.all = false
	if s.gather(usual) < p*s.total {
		s.gather((1 - p) / float64(len(logits)))
	}
}

// gather keeps the tokens whose weights exceed least, and returns their sum.
func (s *Scratch) gather(least float64) (sum float64) {
	s.kept = s.kept[:0]
	bits := int64(math.Float64bits(least)) // which order positive numbers, at half the cost
	for i, v := range s.weights {
		if int64(math.Float64bits(v)) > bits {
			s.kept = append(s.kept, ranked{v, int32(i)})
			sum += v
		}
	}
	return sum
}

// keepAbove keeps the tokens whose weights are at least share, and perhaps some more.
func (s *Scratch) keepAbove(logits []float32, w weigher, share float64) {
	least := float32(w.largest + math.Log(share)*steps/math.Ln2/w.scale)
	least -= float32(math.Abs(float64(least))) * 1e-6 // where rounding might decide
	s.kept = s.kept[:0]
	for i, l := range logits {
		if l >= least {
			s.kept = append(s.kept, ranked{w.weight(l), int32(i)})
		}
	}
}

// topP keeps the fewest largest weights that make up the share p of all.
func (s *Scratch) topP(p float64) {
	s.ranking = append(s.ranking[:0], s.kept...)
	last := s.ranking[cut(s.ranking, p*s.total, true)-1]
	s.kept = slices.DeleteFunc(s.kept, last.before)
}

// minP drops weights below p; the largest is 1.
func (s *Scratch) minP(p float64) {
	s.kept = slices.DeleteFunc(s.kept, func(k ranked) bool { return k.key < p })
}

// resize returns a slice of n elements of any content, s itself when it is large enough.
func resize[E any](s []E, n int) []E {
	return slices.Grow(s[:0], n)[:n]
}
