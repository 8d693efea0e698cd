package loadgen

import (
	"runtime"
	"runtime/debug"
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
	one := lazyGarbage()
	if got := percent(); got < lazyPercent {
		t.Errorf("GOGC is %d, want at least %d", got, lazyPercent)
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
