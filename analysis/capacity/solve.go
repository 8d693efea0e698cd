package capacity

import (
	"container/heap"
	"math"
)

// solution of a program.
type solution struct {
	units []int   // by start
	value float64 // what they cost
	bound float64 // what no decision costs less than
	parts int     // that were looked at
}

// exact is how near value and bound have to be, as a share, to be the same: rounding.
const exact = 1e-9

// solve finds the cheapest decision by branch and bound: the part with the least bound is looked at first; where its
// decision is not of whole units, or a month costs more than its envelope, it is split so that neither half
// has that decision. After so many parts it ends with what it has, value above bound. It is false
// where nothing covers all months.
func (p *program) solve(parts int) (solution, bool) {
	s := solution{value: math.Inf(1)}
	first := p.all()
	if !p.relax(first) {
		return s, false
	}
	open := &queue{first}
	for open.Len() > 0 {
		q := heap.Pop(open).(*part)
		s.bound = q.bound
		if s.closed(q.bound) || s.parts >= parts {
			break
		}
		s.parts++
		p.try(q, &s)
		for _, half := range p.halves(q) {
			if p.relax(half) && !s.closed(half.bound) {
				half.number = s.parts
				heap.Push(open, half)
			}
		}
		s.bound = s.value
	}
	s.bound = min(s.bound, s.value)
	return s, !math.IsInf(s.value, 1)
}

// closed says whether a part cannot have anything cheaper.
func (s *solution) closed(bound float64) bool {
	return bound >= s.value-exact*max(1, math.Abs(s.value))
}

// try rounds a part's decision to whole units, up and to the nearest, and takes what is
// cheaper than anything before.
func (p *program) try(q *part, s *solution) {
	for _, round := range []func(float64) float64{math.Ceil, math.Round, math.Floor} {
		units := make([]int, len(p.starts))
		for i, lots := range q.lots {
			units[i] = p.orderable(i, int(round(float64(lots)/float64(p.starts[i].lots))))
		}
		if value := p.descend(units); value < s.value {
			s.units, s.value = units, value
		}
	}
}

// orderable is the order nearest above so many units.
func (p *program) orderable(i, units int) int {
	s := p.starts[i]
	if units > 0 {
		units = max(units, s.least)
	}
	return min(units, s.most)
}

// descend improves a decision by a unit at a time, until none helps.
func (p *program) descend(units []int) float64 {
	best := p.value(units)
	for again := true; again; {
		again = false
		for i := range units {
			for _, n := range []int{p.orderable(i, units[i]+1), p.less(i, units[i])} {
				was := units[i]
				units[i] = n
				if v := p.value(units); v < best {
					best, again = v, true
					continue
				}
				units[i] = was
			}
		}
	}
	return best
}

// less is the next smaller order.
func (p *program) less(i, units int) int {
	if units <= p.starts[i].least {
		return 0
	}
	return units - 1
}

// halves of a part, none where its own decision is one that can be made at the cost of its bound.
func (p *program) halves(q *part) []*part {
	if i, below, over, found := p.divided(q); found {
		a, b := q.split(), q.split()
		a.most[i], b.least[i] = below, over
		return []*part{a, b}
	}
	if t, found := p.bent(q); found {
		a, b := q.split(), q.split()
		a.heldMax[t], b.heldMin[t] = q.held[t], q.held[t]+1
		return []*part{a, b}
	}
	return nil
}

// divided finds the start whose units are furthest from an order that can be made, and the orders
// on both sides.
func (p *program) divided(q *part) (start, below, over int, found bool) {
	worst := 0.0
	for i, lots := range q.lots {
		s := p.starts[i]
		n := float64(lots) / float64(s.lots)
		lower, upper := int(math.Floor(n)), int(math.Ceil(n))
		if n > 0 && n < float64(s.least) {
			lower, upper = 0, s.least
		}
		if off := min(n-float64(lower), float64(upper)-n); off > worst {
			start, below, over, worst, found = i, lower, upper, off, true
		}
	}
	return start, below, over, found
}

// bent finds the month whose cost is furthest above its envelope.
func (p *program) bent(q *part) (month int, found bool) {
	worst := exact * max(1, math.Abs(q.bound))
	for t := range p.months {
		last := p.lots() - 1
		real := p.without[t][min(q.held[t], last)]
		if off := real - envelopeAt(p.without[t], q.heldMin[t], q.heldMax[t], q.held[t]); off > worst {
			month, worst, found = t, off, true
		}
	}
	return month, found
}

// envelopeAt is an envelope's height at a number of lots.
func envelopeAt(without []float64, least, most, held int) float64 {
	steps, height, _ := envelope(without, least, most)
	left := most - held
	for _, s := range steps {
		n := min(left, s.room)
		height += float64(n) * s.cost
		left -= n
	}
	return height
}

// queue is a heap of parts by bound.
type queue []*part

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	if q[i].bound != q[j].bound {
		return q[i].bound < q[j].bound
	}
	return q[i].number > q[j].number
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push and Pop are container/heap's.
func (q *queue) Push(x any) { *q = append(*q, x.(*part)) }
func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}
