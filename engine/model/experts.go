package model

import (
	"slices"

	"github.com/assaylab/assay/engine/kernel"
)

// routing is the scratch of layers with experts.
type routing struct {
	scores  kernel.Batch // (rows, experts)
	picks   []pick       // (rows, experts used), each row's by expert
	members []member     // (rows x experts used), by expert and then by row
	ends    []int32      // (experts): where each expert's members end
	in, out kernel.Batch // (members of one expert, dim)
	group   []member     // of the expert at hand
}

// pick is an expert of a row and its share of the row's output.
type pick struct {
	expert int32
	share  float32
}

// member is a row of an expert.
type member struct {
	row   int32
	share float32
}

func (s *State) resetRouting(rows int) {
	m, x := s.m, &s.moe
	if m.Experts == 0 {
		return
	}
	x.scores.Reset(rows, m.Experts)
	x.picks = slices.Grow(x.picks[:0], rows*m.ExpertsUsed)[:rows*m.ExpertsUsed]
	x.members = slices.Grow(x.members[:0], len(x.picks))[:len(x.picks)]
	x.ends = slices.Grow(x.ends[:0], m.Experts)[:m.Experts]
	s.resetExpert(rows)
}

// resetExpert shapes the batches of one expert's rows.
func (s *State) resetExpert(rows int) {
	s.moe.in.Reset(rows, s.m.Dim)
	s.moe.out.Reset(rows, s.m.Dim)
	s.gate.Reset(rows, s.m.FFN)
	s.up.Reset(rows, s.m.FFN)
	s.act.Reset(rows, s.m.FFN)
	for _, b := range []*kernel.Batch{&s.moe.in, &s.act} {
		if b.Cols%32 == 0 {
			b.Reserve()
		}
	}
}

// experts adds the output of the rows' experts, each row's added up in the order of the
// experts: what a row gets does not depend on which others share them.
func (s *State) experts(l *Layer) {
	s.h.ReservePrompt(0) // experts take rows of prompts and others together
	rows := s.x.Rows
	s.each(rows, (*State).ffnNorm)
	s.multiply(&s.h, product{&s.moe.scores, &l.Router, 0})
	s.each(rows, (*State).choose)
	s.gather()
	clear(s.y.X)
	from := int32(0)
	for e, end := range s.moe.ends {
		if end > from {
			s.moe.group = s.moe.members[from:end]
			s.expert(l, e)
		}
		from = end
	}
	s.owed = owed{true, l.DownBias, l.FFNPostNorm}
}

// choose softmaxes the rows' scores, picks the best experts and shares 1 among them.
func (s *State) choose(w *worker, from, to int) {
	for r := from; r < to; r++ {
		scores := s.moe.scores.Row(r)
		s.m.Kernels.Softmax(&w.Worker, scores)
		picks := s.moe.picks[r*s.m.ExpertsUsed : (r+1)*s.m.ExpertsUsed]
		best(picks, scores)
		sum := float32(0)
		for _, p := range picks {
			sum += p.share
		}
		for i := range picks {
			picks[i].share /= sum
		}
		slices.SortFunc(picks, func(a, b pick) int { return int(a.expert - b.expert) })
	}
}

// best fills picks with the largest scores, the largest first; of equal ones the first.
func best(picks []pick, scores []float32) {
	for i := range picks {
		next := pick{expert: -1}
		for e, score := range scores {
			p := pick{int32(e), score}
			if (i == 0 || after(picks[i-1], p)) && (next.expert < 0 || after(p, next)) {
				next = p
			}
		}
		if next.expert < 0 { // scores that are not numbers have no order
			next = pick{expert: int32(i)}
		}
		picks[i] = next
	}
}

// after reports whether b comes after a in the order of picking.
func after(a, b pick) bool {
	return b.share < a.share || b.share == a.share && b.expert > a.expert
}

// gather sorts the rows by expert.
func (s *State) gather() {
	x := &s.moe
	clear(x.ends)
	for _, p := range x.picks {
		x.ends[p.expert]++
	}
	start := int32(0)
	for e, n := range x.ends {
		x.ends[e] = start
		start += n
	}
	for i, p := range x.picks {
		x.members[x.ends[p.expert]] = member{int32(i / s.m.ExpertsUsed), p.share}
		x.ends[p.expert]++
	}
}

// expert adds expert e's output for the rows of its group to y.
func (s *State) expert(l *Layer, e int) {
	n := len(s.moe.group)
	s.resetExpert(n)
	s.each(n, (*State).copyIn)
	s.multiply(&s.moe.in, product{&s.gate, &l.Gate, e}, product{&s.up, &l.Up, e})
	s.each(n, (*State).activate)
	s.multiply(&s.act, product{&s.moe.out, &l.Down, e})
	s.each(n, (*State).addShares)
}

func (s *State) copyIn(w *worker, from, to int) {
	for i := from; i < to; i++ {
		copy(s.moe.in.Row(i), s.h.Row(int(s.moe.group[i].row)))
	}
	if l := s.current(); l.Gate.Kind.Integer() || l.Up.Kind.Integer() {
		s.m.Kernels.QuantizeRows(&w.Worker, &s.moe.in, from, to)
	}
}

func (s *State) addShares(w *worker, from, to int) {
	for i := from; i < to; i++ {
		s.m.Kernels.Scale(&w.Worker, s.moe.out.Row(i), s.moe.group[i].share)
		s.m.Kernels.Add(&w.Worker, s.y.Row(int(s.moe.group[i].row)), s.moe.out.Row(i))
	}
}
