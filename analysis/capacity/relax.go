package capacity

import "math"

// part is a part of all decisions: between bounds on the units of each start, and on the lots held in each month.
type part struct {
	least, most      []int   // units
	heldMin, heldMax []int   // lots
	bound            float64 // no decision in it costs less
	lots             []int   // by start, of the decision of fractions of units that costs bound
	held             []int   // by month, of it
	number           int     // in the order in which parts were made
}

// all is the part of all decisions.
func (p *program) all() *part {
	n := len(p.starts)
	q := &part{least: make([]int, n), most: make([]int, n), heldMin: make([]int, p.months), heldMax: make([]int, p.months)}
	for i, s := range p.starts {
		q.most[i] = s.most
	}
	for t := range q.heldMax {
		q.heldMax[t] = p.ceiling()
	}
	return q
}

// ceiling is more lots than any decision worth a look holds in a month: all starts of a month cover
// all that is ever needed.
func (p *program) ceiling() int {
	total := 1
	for _, s := range p.starts {
		total += s.lots * s.most
	}
	return max(total, p.lots())
}

// split is a copy to be narrowed.
func (q *part) split() *part {
	c := &part{}
	for _, s := range []struct{ to, from *[]int }{{&c.least, &q.least}, {&c.most, &q.most}, {&c.heldMin, &q.heldMin}, {&c.heldMax, &q.heldMax}} {
		*s.to = append([]int(nil), *s.from...)
	}
	return c
}

// relax finds the least that the decisions of a part cost if units could be divided into lots and each
// month's cost were its lower convex envelope. Lots are a flow through the months, along the month
// where they are not held, and past all months of a start where they are: what is least is found exactly,
// and in whole lots. It is false where the part is empty.
func (p *program) relax(q *part) bool {
	total := p.ceiling()
	n := network{supply: make([]int, p.months+1)}
	n.supply[0], n.supply[p.months] = total, -total
	q.bound = 0
	for i, s := range p.starts {
		if q.least[i] > q.most[i] {
			return false
		}
		forced := q.least[i] * s.lots
		q.bound += float64(q.least[i]) * s.cost
		n.force(s.from, s.until, forced)
		n.arcs = append(n.arcs, arc{from: s.from, to: s.until, flow: forced, steps: []step{{(q.most[i] - q.least[i]) * s.lots, s.cost / float64(s.lots)}}})
	}
	for t := range p.months {
		steps, base, ok := envelope(p.without[t], q.heldMin[t], q.heldMax[t])
		if !ok {
			return false
		}
		forced := total - q.heldMax[t]
		q.bound += base
		n.force(t, t+1, forced)
		n.arcs = append(n.arcs, arc{from: t, to: t + 1, flow: forced, steps: steps})
	}
	cost, ok := n.solve()
	if !ok {
		return false
	}
	q.bound += cost
	q.take(n.arcs, len(p.starts), total)
	return true
}

// force makes flow pass along an arc.
func (n *network) force(from, to, flow int) {
	n.supply[from] -= flow
	n.supply[to] += flow
}

func (q *part) take(arcs []arc, starts, total int) {
	q.lots, q.held = nil, nil
	for i := range arcs {
		if i < starts {
			q.lots = append(q.lots, arcs[i].flow)
			continue
		}
		q.held = append(q.held, total-arcs[i].flow)
	}
}

// envelope is the lower convex envelope of what a month costs without lots, between bounds on the lots
// held: what it costs at the upper bound, and what each lot less adds, in steps that ascend.
func envelope(without []float64, least, most int) (steps []step, base float64, ok bool) {
	last := min(most, len(without)-1)
	if least > last {
		height := without[len(without)-1]
		return []step{{most - least, 0}}, height, least <= most && !math.IsInf(height, 1)
	}
	var hull []int
	for j := least; j <= last; j++ {
		if math.IsInf(without[j], 1) {
			continue
		}
		for len(hull) >= 2 && above(without, hull[len(hull)-2], hull[len(hull)-1], j) {
			hull = hull[:len(hull)-1]
		}
		hull = append(hull, j)
	}
	if len(hull) == 0 {
		return nil, 0, false
	}
	if most > last {
		steps = append(steps, step{most - last, 0})
	}
	for k := len(hull) - 1; k > 0; k-- {
		a, b := hull[k-1], hull[k]
		steps = append(steps, step{b - a, (without[a] - without[b]) / float64(b-a)})
	}
	return steps, without[hull[len(hull)-1]], true
}

// above says whether the point at b is on or above the line from a to c.
func above(v []float64, a, b, c int) bool {
	return (v[b]-v[a])*float64(c-a) >= (v[c]-v[a])*float64(b-a)
}
