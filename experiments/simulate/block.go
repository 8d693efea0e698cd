package simulate

import (
	"math"
	"sort"
)

// mostSteps bounds a block: what an arrival cuts off was computed for nothing.
const mostSteps = 64

// block is one planned step, or several that follow each other with the same sequences, each with one token more.
type block struct {
	shape  Shape
	steps  int
	starts []int64 // of each
	ends   []int64 // when its tokens are on their way
	ready  int64   // when the next block may begin
	class  []int   // of each, as of Noisy
}

// plan times n steps from start on, the first of which is so cold. So many sequences end with the last one.
func (b *block) plan(t StepTime, shape Shape, now cold, noises *noises, start int64, n, ended int) {
	now.on(&shape)
	b.shape, b.steps = shape, n
	b.starts, b.ends, b.class = b.starts[:0], b.ends[:0], b.class[:0]
	noises.begin()
	for i := range n {
		if i == n-1 {
			shape.Ended = ended
		}
		ns := t.Step(shape)
		r, class := noises.next(ns)
		end := start + atLeastOne(ns*float64(r.Step))
		b.starts, b.ends, b.class = append(b.starts, start), append(b.ends, end), append(b.class, class)
		start = end + int64(math.Round(t.Between(shape)*float64(r.Between)))
		shape.DecodeLength += int64(shape.Decodes)
		now = now.next()
		now.on(&shape)
	}
	b.ready = start
}

// atLeastOne has time go on.
func atLeastOne(ns float64) int64 { return max(1, int64(math.Round(ns))) }

// end is when the last step's tokens are on their way.
func (b *block) end() int64 { return b.ends[b.steps-1] }

// cut leaves out the steps that begin at now or later, but for the first: whoever arrives before a step begins is
// planned for it. It reports whether there were any.
func (b *block) cut(now int64) bool {
	i := sort.Search(b.steps, func(i int) bool { return b.starts[i] >= now })
	if i = max(1, i); i >= b.steps {
		return false
	}
	b.ready, b.steps = b.starts[i], i
	return true
}
