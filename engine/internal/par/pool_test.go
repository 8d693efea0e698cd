package par

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// count counts how often each iteration ran, and whether a worker ran two pieces at once.
type count struct {
	seen   []atomic.Int32
	busy   [8]atomic.Int32
	twice  atomic.Bool
	burden func()
}

func counting(n int) *count { return &count{seen: make([]atomic.Int32, n), burden: func() {}} }

func (c *count) Do(w, from, to int) {
	if c.busy[w].Add(1) != 1 {
		c.twice.Store(true)
	}
	for i := from; i < to; i++ {
		c.seen[i].Add(1)
		c.burden()
	}
	c.busy[w].Add(-1)
}

// check fails unless every iteration ran once since the last check.
func (c *count) check(t *testing.T, name string) {
	t.Helper()
	for i := range c.seen {
		if got := c.seen[i].Swap(0); got != 1 {
			t.Fatalf("%s: iteration %d ran %d times", name, i, got)
		}
	}
	if c.twice.Load() {
		t.Fatalf("%s: one worker ran two pieces at once", name)
	}
}

func TestForRunsEveryIterationOnce(t *testing.T) {
	for _, size := range []int{0, 1, 2, 5} {
		p := New(size)
		for _, n := range []int{-3, 0, 1, 2, 7, 64, 1000} {
			for _, grain := range []int{0, 1, 3, 64, 5000} {
				c := counting(max(n, 0))
				p.For(n, grain, c)
				c.check(t, fmt.Sprintf("size %d n %d grain %d", size, n, grain))
			}
		}
		p.Close()
	}
}

func TestRunRunsEveryPartOnce(t *testing.T) {
	for _, size := range []int{1, 2, 5} {
		p := New(size)
		for parts := range 2*maxParts + 2 {
			jobs := make([]*count, parts)
			var run []Part
			for i := range jobs {
				n := i * 7 % 40 // some are empty
				jobs[i] = counting(n)
				run = append(run, Part{n, i % 9, jobs[i]})
			}
			p.Run(run...)
			for i, c := range jobs {
				c.check(t, fmt.Sprintf("size %d part %d of %d", size, i, parts))
			}
		}
		p.Close()
	}
}

// pieces records the pieces that a job was run in; it is for one worker.
type pieces [][2]int

func (p *pieces) Do(_, from, to int) { *p = append(*p, [2]int{from, to}) }

func TestClosedPoolsCallerRunsAll(t *testing.T) {
	p := New(3)
	p.Close()
	p.Close()
	var got pieces
	p.For(10, 4, &got)
	if len(got) != 1 || got[0] != [2]int{0, 10} {
		t.Errorf("ran %v", got)
	}
}

func TestCloseEndsWorkers(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 20 {
		p := New(4)
		p.For(100, 1, counting(100))
		p.Close()
	}
	for runtime.NumGoroutine() > before {
		time.Sleep(time.Millisecond) // the test's own time limit ends a leak
	}
}

func TestLoopsAllocateNothing(t *testing.T) {
	p := New(2)
	defer p.Close()
	c := counting(100)
	if n := testing.AllocsPerRun(100, func() {
		p.For(100, 10, c)
		p.Run(Part{50, 9, c}, Part{100, 3, c}, Part{1, 1, c})
	}); n != 0 {
		t.Errorf("loops allocate %v times", n)
	}
}

// TestHelpersHelp: a piece that waits for another one must not keep it from being run.
func TestHelpersHelp(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	p := New(2)
	defer p.Close()
	for i := range 200 {
		var met atomic.Int32
		p.For(2, 1, doFunc(func() {
			for met.Add(1); met.Load() < 2; {
				runtime.Gosched()
			}
		}))
		if i%20 == 0 {
			time.Sleep(time.Millisecond) // long enough to park
		}
	}
}

type doFunc func()

func (f doFunc) Do(_, _, _ int) { f() }

// TestStress runs loops while the collector runs, processors come and go, other
// goroutines are busy and workers park in between.
func TestStress(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	stop := make(chan struct{})
	ended := make(chan struct{}, 2)
	go func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				ended <- struct{}{}
				return
			default:
				runtime.GC()
				runtime.GOMAXPROCS(1 + i%4)
			}
		}
	}()
	go func() {
		var keep [64][]byte
		for i := 0; ; i++ {
			select {
			case <-stop:
				ended <- struct{}{}
				return
			default:
				keep[i%64] = make([]byte, 1<<12)
				runtime.Gosched()
			}
		}
	}()
	p, c := New(4), counting(37)
	for i := range 1500 {
		c.burden = func() {}
		if i%3 == 0 {
			c.burden = runtime.Gosched
		}
		p.For(37, 1+i%5, c)
		c.check(t, "For")
		p.Run(Part{20, 3, c}, Part{0, 1, c}, Part{37 - 20, 4, shifted{c, 20}})
		c.check(t, "Run")
		if i%100 == 0 {
			time.Sleep(200 * time.Microsecond)
		}
	}
	p.Close()
	close(stop)
	<-ended
	<-ended
}

type shifted struct {
	*count
	by int
}

func (s shifted) Do(w, from, to int) { s.count.Do(w, from+s.by, to+s.by) }
