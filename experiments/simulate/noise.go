package simulate

import "sort"

// runLength is the mean number of steps that are as far off as steps were that followed each other: a machine that is slow in one step
// is slow in the next, whatever they compute, and what holds it up comes in spells.
const runLength = 1024

// noises has the steps of a replica be as far off as measured ones, in runs of random length from random places of what was measured
// (the stationary bootstrap, Politis & Romano 1994). None is without noise.
type noises struct {
	of    Noisy
	seed  uint64
	each  [][]Residual // by class
	all   int
	now   cursor
	ahead cursor // in the block that is planned
}

// cursor is a place in what was measured.
type cursor struct {
	step uint64 // that were simulated
	at   int    // place in the trace, of all classes
	next []int  // residual of each class, -1 where the run has had none
}

func newNoises(t StepTime, on bool, seed uint64) noises {
	of, ok := t.(Noisy)
	if !ok || !on {
		return noises{}
	}
	n := noises{of: of, seed: mix(seed ^ noiseStream)}
	for class := range of.Classes() {
		n.each = append(n.each, of.Residuals(class))
		n.all += len(n.each[class])
	}
	n.now.next, n.ahead.next = make([]int, len(n.each)), make([]int, len(n.each))
	n.jump(&n.now)
	return n
}

const noiseStream = 0x6e6f6973650000

// jump has a new run begin where a step was that is drawn: which one, and when, follows from the number of steps alone.
func (n *noises) jump(c *cursor) {
	i := int(mix(n.seed+2*c.step+1) % uint64(n.all))
	for _, of := range n.each {
		if i < len(of) {
			c.at = of[i].At
			break
		}
		i -= len(of)
	}
	for class := range c.next {
		c.next[class] = -1
	}
}

// draw is the residual of the next step, of a class: that of the next such step in the trace.
func (n *noises) draw(c *cursor, class int) Residual {
	if c.step++; mix(n.seed+2*c.step)%runLength == 0 {
		n.jump(c)
	}
	i, ok := n.find(c, class)
	if !ok { // at the end of the trace
		n.jump(c)
		if i, ok = n.find(c, class); !ok {
			i = int(mix(n.seed^c.step) % uint64(len(n.each[class])))
		}
	}
	c.next[class] = i + 1
	c.at++
	return n.each[class][i]
}

// find is where the next step of a class is.
func (n *noises) find(c *cursor, class int) (i int, ok bool) {
	of := n.each[class]
	if i = c.next[class]; i < 0 {
		i = sort.Search(len(of), func(i int) bool { return of[i].At >= c.at })
	}
	for i < len(of) && of[i].At < c.at {
		i++
	}
	return i, i < len(of)
}

// begin is before the first step of a block.
func (n *noises) begin() {
	n.ahead.step, n.ahead.at = n.now.step, n.now.at
	copy(n.ahead.next, n.now.next)
}

// next is the residual of the next step of a block, which is predicted to take ns, and its class.
func (n *noises) next(ns float64) (Residual, int) {
	if len(n.each) == 0 {
		return Residual{Step: 1, Between: 1}, 0
	}
	class := n.of.Class(ns)
	return n.draw(&n.ahead, class), class
}

// take is done with the residuals of steps of these classes: those of the rest of the block are seen again.
func (n *noises) take(classes []int) {
	if len(n.each) == 0 {
		return
	}
	for _, class := range classes {
		n.draw(&n.now, class)
	}
}
