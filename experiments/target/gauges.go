package target

import (
	"context"
	"sync"
	"time"
)

// gaugeGap is how often gauges are read while a load is on. More often would be work for the server.
const gaugeGap = time.Second

// gauges are what a server has at a moment, read now and then while a load is on: counters alone do not tell how long its queue was.
type gauges struct {
	begun  time.Time
	cancel context.CancelFunc
	over   chan struct{}

	mu  sync.Mutex
	all []gaugeReading
}

// gaugeReading is one look.
type gaugeReading struct {
	at               float64 // seconds since the beginning
	running, waiting float64 // requests
	cache            float64 // share of the KV cache that is in use
}

// watchGauges looks every gaugeGap until it is stopped. A look that fails is left out.
func watchGauges(page func(context.Context) (string, error)) *gauges {
	ctx, cancel := context.WithCancel(context.Background())
	g := &gauges{begun: time.Now(), cancel: cancel, over: make(chan struct{})}
	go func() {
		defer close(g.over)
		tick := time.NewTicker(gaugeGap)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
			if text, err := page(ctx); err == nil {
				g.add(g.since().Seconds(), readGauges(text))
			}
		}
	}()
	return g
}

func (g *gauges) add(at float64, r gaugeReading) {
	g.mu.Lock()
	defer g.mu.Unlock()
	r.at = at
	g.all = append(g.all, r)
}

// since is how long they have been watched; 0 for none.
func (g *gauges) since() time.Duration {
	if g == nil {
		return 0
	}
	return time.Since(g.begun)
}

func (g *gauges) stop() {
	if g != nil {
		g.cancel()
		<-g.over
	}
}

// report words the looks between two moments, if there are any.
func (g *gauges) report(from, to float64, say func(name, format string, values ...any)) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	var sum, most gaugeReading
	n := 0.0
	for _, r := range g.all {
		if r.at < from || r.at > to {
			continue
		}
		n++
		sum.running, sum.waiting, sum.cache = sum.running+r.running, sum.waiting+r.waiting, sum.cache+r.cache
		most.running, most.waiting, most.cache = max(most.running, r.running), max(most.waiting, r.waiting), max(most.cache, r.cache)
	}
	if n == 0 {
		return
	}
	say("requests running, mean and most seen", "%.1f, %.0f", sum.running/n, most.running)
	say("requests waiting, mean and most seen", "%.1f, %.0f", sum.waiting/n, most.waiting)
	say("KV cache in use, mean and most seen", "%.1f %%, %.1f %%", 100*sum.cache/n, 100*most.cache)
	say("looks at what runs, waits and is in use", "%.0f, one a second", n)
}
