package loadgen

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
)

// percent is GOGC as it is.
func percent() int {
	now := debug.SetGCPercent(-1)
	debug.SetGCPercent(now)
	return now
}

// The collector is lazy as long as any attack is under way, less so once it has collected, and as before afterwards.
func TestLazyGarbage(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(usual))
	runtime.GC()
	one := lazyGarbage()
	if got := percent(); got < lazyPercent {
		t.Errorf("GOGC is %d, want at least %d", got, lazyPercent)
	}
	goal := []metrics.Sample{{Name: "/gc/heap/goal:bytes"}, {Name: "/gc/heap/live:bytes"}}
	metrics.Read(goal)
	if more := goal[0].Value.Uint64() - goal[1].Value.Uint64(); more < lazyBytes*9/10 || more > lazyBytes*11/10 {
		t.Errorf("the next collection begins after %d bytes, want %d", more, lazyBytes)
	}
	two := lazyGarbage()
	one()
	if got := percent(); got < lazyPercent {
		t.Errorf("GOGC is %d while another attack is under way", got)
	}
	debug.SetGCPercent(10 * lazyPercent) // as where the heap is small
	for range 1000 {
		runtime.GC()
		if runtime.Gosched(); percent() == lazyPercent {
			break
		}
	}
	if got := percent(); got != lazyPercent {
		t.Errorf("GOGC is %d after a collection, want %d", got, lazyPercent)
	}
	if two(); percent() != usual {
		t.Errorf("GOGC is %d afterwards, want %d", percent(), usual)
	}
	debug.SetGCPercent(50) // somebody's choice
	lazyGarbage()()
	if got := percent(); got != 50 {
		t.Errorf("GOGC is %d, want the 50 that were chosen", got)
	}
}

// What the collector did for an attack that is over changes nothing of the next.
func TestLazyGarbageOfAnEarlierAttack(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(usual))
	runtime.GC()
	lazyGarbage()()
	defer lazyGarbage()()
	before := percent()
	if before == lazyPercent {
		t.Skip("so much is alive that the first collection comes no later than others")
	}
	if afterFirst(lazy.round - 1); percent() != before {
		t.Errorf("GOGC is %d, want %d", percent(), before)
	}
	if afterFirst(lazy.round); percent() != lazyPercent {
		t.Errorf("GOGC is %d, want %d", percent(), lazyPercent)
	}
}
