package par

import (
	"runtime"
	"sync/atomic"
	"time"
)

const (
	// patience is how long a worker spins before it parks: longer than the serial
	// parts of a step, and as long as it takes to be woken, so that at worst a wait
	// costs twice what parking at once would.
	patience = 50 * time.Microsecond
	// burst is how many checks are made between looks at the clock: about 2 us.
	burst = 64
)

// spin checks until ready holds, at most for patience. Between bursts it lets other
// goroutines run: what it waits for may need the processor it is on. Where there is
// only one it surely does, and spinning ends after the first burst.
func spin(word *atomic.Int64, ready func(int64) bool) bool {
	for range burst {
		if ready(word.Load()) {
			return true
		}
		pause()
	}
	if runtime.GOMAXPROCS(0) == 1 {
		return false
	}
	for start := time.Now(); time.Since(start) < patience; {
		runtime.Gosched()
		for range burst {
			if ready(word.Load()) {
				return true
			}
			pause()
		}
	}
	return false
}

func isZero(v int64) bool    { return v == 0 }
func isNotZero(v int64) bool { return v != 0 }

// idle waits for pieces to be left; false is the end.
func (p *Pool) idle(s *sleeper) bool {
	for !spin(&p.left, isNotZero) {
		s.asleep.Store(true)
		p.parked.Add(1)
		if p.left.Load() == 0 || !s.asleep.CompareAndSwap(true, false) {
			<-s.token
		}
		p.parked.Add(-1)
	}
	return p.left.Load() != closed
}

// wake wakes up to n parked helpers, if there are processors for them to run on.
func (p *Pool) wake(n int) {
	if p.parked.Load() == 0 {
		return
	}
	n = min(n, runtime.GOMAXPROCS(0)-1)
	for i := range p.helpers {
		if n > 0 && p.helpers[i].wake() {
			n--
		}
	}
}

// await waits for the pieces that other workers took.
func (p *Pool) await() {
	for !spin(&p.unfinished, isZero) {
		p.caller.asleep.Store(true)
		if p.unfinished.Load() != 0 || !p.caller.asleep.CompareAndSwap(true, false) {
			<-p.caller.token // perhaps a late one, of the loop before
		}
	}
}

// sleeper is one goroutine that parks. It announces that it sleeps, looks once more
// whether it should, and waits for the token; who changes what it waits for does so
// first and then looks whether it sleeps. So one of them sees the other. Whoever takes
// the announcement back decides: the sleeper does not wait, or gets a token.
type sleeper struct {
	asleep atomic.Bool
	token  chan struct{}
	_      line
}

func (s *sleeper) init() { s.token = make(chan struct{}, 1) }

func (s *sleeper) wake() bool {
	if !s.asleep.Load() || !s.asleep.CompareAndSwap(true, false) {
		return false
	}
	s.token <- struct{}{}
	return true
}
