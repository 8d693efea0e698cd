package par

import "sync/atomic"

// Job is a loop body. Do runs iterations [from, to) as worker w, which it may use
// to index scratch memory; two calls with the same w never overlap.
type Job interface {
	Do(w, from, to int)
}

// Pool is a set of workers. The caller of For is worker 0. For must not be called
// concurrently: the engine's loop owns its pool.
type Pool struct {
	size int
	wake []chan struct{} // one per worker but the caller's
	done chan struct{}

	job   Job
	n     int64
	grain int64
	next  atomic.Int64
}

// New starts size-1 goroutines; size is at least 1.
func New(size int) *Pool {
	p := &Pool{size: max(1, size), done: make(chan struct{}, max(1, size))}
	for w := 1; w < p.size; w++ {
		c := make(chan struct{}, 1)
		p.wake = append(p.wake, c)
		go p.serve(w, c)
	}
	return p
}

// Size is the number of workers.
func (p *Pool) Size() int { return p.size }

// For runs n iterations in pieces of grain, which workers take as they get free.
// Which worker runs which piece is not determined; results must not depend on it.
func (p *Pool) For(n, grain int, j Job) {
	if n <= 0 {
		return
	}
	if grain < 1 {
		grain = 1
	}
	helpers := min(len(p.wake), (n+grain-1)/grain-1)
	if helpers == 0 {
		j.Do(0, 0, n)
		return
	}
	p.job, p.n, p.grain = j, int64(n), int64(grain)
	p.next.Store(0)
	for _, c := range p.wake[:helpers] {
		c <- struct{}{}
	}
	p.drain(0)
	for range helpers {
		<-p.done
	}
	p.job = nil
}

// Close ends the workers.
func (p *Pool) Close() {
	for _, c := range p.wake {
		close(c)
	}
	p.wake = nil
}

func (p *Pool) serve(w int, wake <-chan struct{}) {
	for range wake {
		p.drain(w)
		p.done <- struct{}{}
	}
}

func (p *Pool) drain(w int) {
	for {
		from := p.next.Add(p.grain) - p.grain
		if from >= p.n {
			return
		}
		p.job.Do(w, int(from), int(min(from+p.grain, p.n)))
	}
}
