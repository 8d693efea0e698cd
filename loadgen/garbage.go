package loadgen

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// The collector takes its quarter of the processor in pieces of several milliseconds where Go has one processor to itself, and
// a request that is due then is late. With the runtime's own setting a collection began whenever 4 MB had doubled: 14 while 5,000
// streams started, with a p99 of lag of 6 ms. So the first begins when garbage is worth it, and later ones come a fifth as often.
const (
	lazyBytes   = 256 << 20 // of garbage that nobody looks at
	leastHeap   = 4 << 20   // of the runtime, which takes GOGC of that where less lives
	lazyPercent = 400       // from there on: GOGC
	usual       = 100       // GOGC where nobody has chosen another
)

// lazy is how many attacks are under way, for which the collector is made lazy.
var lazy struct {
	mu    sync.Mutex
	users int
	round int // how often it was made lazy
}

// lazyGarbage makes the collector lazy until release is called, unless GOGC says otherwise.
func lazyGarbage() (release func()) {
	lazy.mu.Lock()
	defer lazy.mu.Unlock()
	if lazy.users == 0 {
		before := debug.SetGCPercent(firstPercent())
		if before != usual {
			debug.SetGCPercent(before)
			return func() {}
		}
		lazy.round++
		runtime.AddCleanup(new(sentinel), afterFirst, lazy.round)
	}
	lazy.users++
	return func() {
		lazy.mu.Lock()
		defer lazy.mu.Unlock()
		if lazy.users--; lazy.users == 0 {
			debug.SetGCPercent(usual)
		}
	}
}

// sentinel is something that the next collection collects. What is smaller, or has no pointer, may lie beside what lives.
type sentinel struct{ _ [2]*int }

// afterFirst is called when that has been, which may be when another attack is under way: between attacks a collection is forced.
func afterFirst(round int) {
	lazy.mu.Lock()
	defer lazy.mu.Unlock()
	if lazy.users > 0 && round == lazy.round {
		debug.SetGCPercent(lazyPercent)
	}
}

// firstPercent has the next collection begin when there are lazyBytes more. It is a percentage of all that the latest one looked into.
func firstPercent() int {
	sizes := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/stack:bytes"}, {Name: "/gc/scan/globals:bytes"}}
	metrics.Read(sizes)
	var seen uint64
	for _, s := range sizes {
		seen += s.Value.Uint64()
	}
	return max(lazyPercent, int(100*lazyBytes/max(leastHeap, seen)))
}
