package soak

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// book collects outcomes.
type book struct {
	mu  sync.Mutex
	all []outcome
}

func (b *book) add(o outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all = append(b.all, o)
}

// capacity is how many requests a second are finished in a closed loop of so many polite clients.
func (b *book) capacity(c *clients, from *crowd, loops int, d time.Duration) float64 {
	var drawing sync.Mutex
	draw := func() request {
		drawing.Lock()
		defer drawing.Unlock()
		return from.next()
	}
	from.polite = true
	defer func() { from.polite = false }()
	start, done := time.Now(), 0
	var wait sync.WaitGroup
	for range loops {
		wait.Go(func() {
			for time.Since(start) < d {
				o := c.do(draw())
				b.add(o)
				if o.ended != finished {
					time.Sleep(10 * time.Millisecond)
					continue
				}
				drawing.Lock()
				done++
				drawing.Unlock()
			}
		})
	}
	wait.Wait()
	return float64(done) / time.Since(start).Seconds()
}

// behind is how late requests may be sent. What was due in a longer pause of this process is not
// sent at all: that would be another load.
const behind = time.Second

// crowded is how many requests may be under way, so that a server that answers nobody is not taken for
// a lack of file descriptors here. More are not sent.
const crowded = 3000

// attack sends requests at Poisson arrivals of a rate, whatever becomes of those before, and returns
// when all have ended.
func (b *book) attack(c *clients, from *crowd, r *rand.Rand, rate float64, d time.Duration) (sent int) {
	var wait sync.WaitGroup
	var under atomic.Int64
	due := time.Now()
	for end := due.Add(d); due.Before(end); {
		due = due.Add(time.Duration(r.ExpFloat64() / rate * float64(time.Second)))
		time.Sleep(time.Until(due))
		if now := time.Now(); now.Sub(due) > behind {
			due = now
		}
		q := from.next()
		if under.Load() >= crowded {
			continue
		}
		sent++
		under.Add(1)
		wait.Go(func() {
			defer under.Add(-1)
			o := c.do(q)
			o.attack = true
			b.add(o)
		})
	}
	wait.Wait()
	return sent
}
