package par

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"
)

type nothing struct{}

func (nothing) Do(_, _, _ int) {}

// BenchmarkForkJoin is what a loop costs that does nothing, two pieces for a worker.
func BenchmarkForkJoin(b *testing.B) {
	for _, size := range []int{1, 2, 4} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			p := New(size)
			defer p.Close()
			for b.Loop() {
				p.For(2*size, 1, nothing{})
			}
		})
	}
}

// meet ends when both workers have come.
type meet struct{ came atomic.Int64 }

func (m *meet) Do(_, _, _ int) {
	m.came.Add(1)
	for m.came.Load()&1 != 0 {
		pause()
	}
}

// BenchmarkForkJoinMeet is a loop that needs both workers: the time to reach the other
// one and back.
func BenchmarkForkJoinMeet(b *testing.B) {
	p := New(2)
	defer p.Close()
	m := new(meet)
	for b.Loop() {
		p.For(2, 1, m)
	}
}

// work is about as much as a piece of a small matrix product: a microsecond.
type work struct {
	sum [8]struct {
		uint64
		_ [4096]byte // far from what the other worker's core reads ahead
	}
}

func (x *work) Do(w, from, to int) {
	s := x.sum[w].uint64
	for i := range (to - from) * 1000 {
		s = s*6364136223846793005 + uint64(i)
	}
	x.sum[w].uint64 = s
}

func BenchmarkForkJoinWork(b *testing.B) {
	for _, size := range []int{1, 2} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			p := New(size)
			defer p.Close()
			x := new(work)
			for b.Loop() {
				p.For(8, 1, x)
			}
		})
	}
}

// BenchmarkForkJoinIdle starts each loop after a millisecond without one; the time of
// the loop is reported.
func BenchmarkForkJoinIdle(b *testing.B) {
	p := New(2)
	defer p.Close()
	var total time.Duration
	x := new(work)
	for b.Loop() {
		time.Sleep(time.Millisecond)
		start := time.Now()
		p.For(8, 1, x)
		total += time.Since(start)
	}
	b.ReportMetric(float64(total.Nanoseconds())/float64(b.N), "ns/loop")
}
