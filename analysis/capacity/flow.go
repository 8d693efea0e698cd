package capacity

import "math"

// network is a flow of least cost through nodes in a line. Arcs go forward, each with a cost
// that rises in steps as it carries more, so that whole numbers of flow are as good as any fractions.
type network struct {
	supply []int // by node: above 0 what enters, below 0 what leaves
	arcs   []arc
}

// arc carries flow from one node to a later one.
type arc struct {
	from, to int
	steps    []step // by cost, ascending
	at, used int    // the step that is being filled, and what of it is
	flow     int
}

// step is room for flow at one cost a unit.
type step struct {
	room int
	cost float64
}

// up is what a further unit costs, and how many cost that.
func (a *arc) up() (cost float64, room int) {
	for a.at < len(a.steps) && a.used == a.steps[a.at].room {
		a.at, a.used = a.at+1, 0
	}
	if a.at == len(a.steps) {
		return 0, 0
	}
	s := a.steps[a.at]
	return s.cost, s.room - a.used
}

// down is what a unit less saves, and how many save that.
func (a *arc) down() (saved float64, room int) {
	for a.at > 0 && a.used == 0 {
		a.at--
		a.used = a.steps[a.at].room
	}
	if a.used == 0 {
		return 0, 0
	}
	return a.steps[a.at].cost, a.used
}

// push changes the flow within the room that up or down just told.
func (a *arc) push(n int) { a.used, a.flow = a.used+n, a.flow+n }

// hop is the way to a node: along an arc, or back.
type hop struct {
	arc  int // -1 at a source
	back bool
}

// solve finds the flow of least cost. It is false where what enters cannot leave.
func (n *network) solve() (cost float64, ok bool) {
	dist, via := make([]float64, len(n.supply)), make([]hop, len(n.supply))
	for {
		sink, left := n.nearest(dist, via)
		if sink < 0 {
			return cost, !left
		}
		amount := n.amount(sink, via)
		cost += dist[sink] * float64(amount)
		n.send(sink, via, amount)
	}
}

// nearest finds the node with a demand that is reached at least cost from any node with a supply,
// and says whether any supply is left.
func (n *network) nearest(dist []float64, via []hop) (sink int, left bool) {
	for i, s := range n.supply {
		dist[i], via[i] = math.Inf(1), hop{arc: -1}
		if s > 0 {
			dist[i], left = 0, true
		}
	}
	for range n.supply {
		if !n.relax(dist, via) {
			break
		}
	}
	sink = -1
	for i, s := range n.supply {
		if s < 0 && !math.IsInf(dist[i], 1) && (sink < 0 || dist[i] < dist[sink]) {
			sink = i
		}
	}
	return sink, left
}

// closer is by how much a way must be cheaper to be taken, as a share: less is rounding.
const closer = 1e-12

func (n *network) relax(dist []float64, via []hop) (changed bool) {
	try := func(from, to int, cost float64, h hop) {
		if d := dist[from] + cost; d < dist[to]-closer*(1+math.Abs(cost)+math.Abs(dist[from])) {
			dist[to], via[to], changed = d, h, true
		}
	}
	for i := range n.arcs {
		a := &n.arcs[i]
		if cost, room := a.up(); room > 0 && !math.IsInf(dist[a.from], 1) {
			try(a.from, a.to, cost, hop{i, false})
		}
		if saved, room := a.down(); room > 0 && !math.IsInf(dist[a.to], 1) {
			try(a.to, a.from, -saved, hop{i, true})
		}
	}
	return changed
}

// walk goes the way back from a node to the source it was reached from, which it returns.
func (n *network) walk(to int, via []hop, see func(a *arc, back bool)) int {
	for via[to].arc >= 0 {
		h := via[to]
		a := &n.arcs[h.arc]
		see(a, h.back)
		if to = a.from; h.back {
			to = a.to
		}
	}
	return to
}

// amount is the most that the way to a sink has room for.
func (n *network) amount(sink int, via []hop) int {
	most := -n.supply[sink]
	source := n.walk(sink, via, func(a *arc, back bool) {
		_, room := a.up()
		if back {
			_, room = a.down()
		}
		most = min(most, room)
	})
	return min(most, n.supply[source])
}

func (n *network) send(sink int, via []hop, amount int) {
	source := n.walk(sink, via, func(a *arc, back bool) {
		if back {
			a.down()
			a.push(-amount)
			return
		}
		a.up()
		a.push(amount)
	})
	n.supply[source] -= amount
	n.supply[sink] += amount
}
