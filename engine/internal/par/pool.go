package par

import "sync/atomic"

// Job is a loop body. Do runs iterations [from, to) as worker w, which it may use
// to index scratch memory; two calls with the same w never overlap.
type Job interface {
	Do(w, from, to int)
}

// Part is a loop of N iterations, run in pieces of Grain, at least 1.
type Part struct {
	N, Grain int
	Job      Job
}

func (p *Part) pieces() int { return (max(p.N, 0) + p.Grain - 1) / p.Grain }

// Pool is a set of workers. The caller of For and Run is worker 0. They must not be
// called concurrently: the engine's loop owns its pool.
//
// What keeps them apart: parts belong to whoever holds a piece. The caller writes them
// before it sets left and after unfinished came to 0, a worker reads them after it took
// a piece off left and before it took that off unfinished. It does not matter which
// loop a worker meant to join when it took a piece: it knows nothing of the loop before.
type Pool struct {
	helpers []sleeper // one per worker but the caller, of which none is left after Close
	size    int

	_     line
	left  atomic.Int64 // pieces that nobody has taken yet, or closed
	total int          // pieces, of all parts
	n     int          // parts
	parts [maxParts]Part

	_          line
	unfinished atomic.Int64 // pieces taken or not, but the caller's own first one
	_          line
	parked     atomic.Int64 // helpers that are parked, or about to
	_          line
	caller     sleeper
}

// maxParts is how many parts run as one; no layer has as many products that do not
// depend on each other.
const maxParts = 8

// line keeps apart what different workers write.
type line [64]byte

// closed is what left is when the workers shall end.
const closed = -1

// New starts size-1 goroutines; size is at least 1. They end with Close.
func New(size int) *Pool {
	p := &Pool{size: max(1, size)}
	p.caller.init()
	p.helpers = make([]sleeper, p.size-1)
	for i := range p.helpers {
		p.helpers[i].init()
	}
	for i := range p.helpers {
		go p.serve(i+1, &p.helpers[i])
	}
	return p
}

// Size is the number of workers.
func (p *Pool) Size() int { return p.size }

// For runs n iterations in pieces of grain, which workers take as they get free.
// Which worker runs which piece is not determined; results must not depend on it.
func (p *Pool) For(n, grain int, j Job) {
	p.parts[0] = Part{n, max(1, grain), j}
	p.n = 1
	p.run()
}

// Run runs several loops as one: pieces of a part may run beside those of another, and
// there is one wait, at the end (one for each maxParts of them). Earlier parts are begun
// first.
func (p *Pool) Run(parts ...Part) {
	for len(parts) > 0 {
		p.n = copy(p.parts[:], parts)
		parts = parts[p.n:]
		for i := range p.parts[:p.n] {
			p.parts[i].Grain = max(1, p.parts[i].Grain)
		}
		p.run()
	}
}

func (p *Pool) run() {
	p.total = 0
	for i := range p.parts[:p.n] {
		p.total += p.parts[i].pieces()
	}
	switch {
	case p.total == 0:
	case p.total == 1 || len(p.helpers) == 0:
		p.alone()
	default:
		others := int64(p.total - 1)
		p.unfinished.Store(others)
		p.left.Store(others)
		p.wake(p.total - 1)
		p.do(0, 0)
		if n := p.drain(0); p.unfinished.Add(-n) != 0 {
			p.await()
		}
	}
	clear(p.parts[:p.n]) // jobs are not kept
}

// alone runs every part in one piece.
func (p *Pool) alone() {
	for i := range p.parts[:p.n] {
		if part := &p.parts[i]; part.N > 0 {
			part.Job.Do(0, 0, part.N)
		}
	}
}

// drain runs pieces until none is left and returns how many it ran.
func (p *Pool) drain(w int) (n int64) {
	for {
		left := p.left.Load()
		if left <= 0 {
			return n
		}
		if p.left.CompareAndSwap(left, left-1) {
			p.do(w, p.total-int(left))
			n++
		}
	}
}

// do runs a piece, counted over all parts.
func (p *Pool) do(w, piece int) {
	for i := range p.parts[:p.n] {
		part := &p.parts[i]
		if n := part.pieces(); piece >= n {
			piece -= n
			continue
		}
		from := piece * part.Grain
		part.Job.Do(w, from, min(from+part.Grain, part.N))
		return
	}
}

// Close ends the workers. Loops that are run later run in the caller alone.
func (p *Pool) Close() {
	if len(p.helpers) == 0 {
		return
	}
	p.left.Store(closed)
	for i := range p.helpers {
		p.helpers[i].wake()
	}
	p.helpers = nil
}

func (p *Pool) serve(w int, s *sleeper) {
	for p.idle(s) {
		n := p.drain(w)
		if n > 0 && p.unfinished.Add(-n) == 0 {
			p.caller.wake()
		}
	}
}
