package kernel

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
)

// TestTilesUnderStress runs the kernels on more goroutines than there are threads while
// the collector runs without pause: goroutines are moved between threads and signals
// interrupt the kernels, and neither may cost a tile register its contents.
func TestTilesUnderStress(t *testing.T) {
	needsAMX(t)
	const workers, calls = 16, 150
	var done sync.WaitGroup
	for worker := range workers {
		done.Go(func() { stress(t, uint64(worker), calls) })
	}
	finished := make(chan struct{})
	go func() {
		done.Wait()
		close(finished)
	}()
	for {
		select {
		case <-finished:
			return
		default:
			runtime.GC()
		}
	}
}

// stress repeats products, each into new memory, from a stack as deep as the number of the
// call says.
func stress(t *testing.T, seed uint64, calls int) {
	r := rand.New(rand.NewPCG(41, seed))
	code, q := func() int8 { return int8(r.IntN(64) - 32) }, func() int8 { return int8(r.IntN(255) - 127) }
	rows := 1 + int(seed)%Group
	c := newStripsCase(r, rows, 1+15*(rows/Group), 64, 3, code, q)
	plain, halves := c.run(tilePlain, false), c.run(tileHalves, true)
	same := func(call int, kernels []tileKernel, sub bool, want []float32) {
		got := fill(len(want), untouched)
		if c.runTo(kernels[min(1, Group-rows)].run, sub, got); !slices.Equal(got, want) {
			t.Errorf("call %d with %d rows differs", call, rows)
		}
	}
	pairs := newPairsCase(r, 2*rows, 2, 5)
	sums := pairs.run(0, 2*rows, 0, 5)
	for call := range calls {
		deep(call%32, func() {
			if !slices.Equal(pairs.run(0, 2*rows, 0, 5), sums) {
				t.Errorf("call %d: products of pairs with %d rows differ", call, 2*rows)
			}
			same(call, amx.tile, false, plain)
			same(call, amx.halves, true, halves)
		})
	}
}

// deep calls f from a stack of n more frames of a kilobyte.
//
//go:noinline
func deep(n int, f func()) {
	var frame [1024]byte
	if n == 0 {
		f()
		return
	}
	frame[n] = byte(n)
	deep(n-1, f)
	if frame[n] != byte(n) {
		panic("a frame has changed")
	}
}
