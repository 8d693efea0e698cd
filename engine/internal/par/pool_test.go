package par

import (
	"sync/atomic"
	"testing"
)

type count struct{ seen []atomic.Int32 }

func (c *count) Do(_, from, to int) {
	for i := from; i < to; i++ {
		c.seen[i].Add(1)
	}
}

func TestForRunsEveryIterationOnce(t *testing.T) {
	for _, size := range []int{1, 2, 5} {
		p := New(size)
		for _, n := range []int{0, 1, 2, 7, 64, 1000} {
			for _, grain := range []int{0, 1, 3, 64, 5000} {
				c := &count{seen: make([]atomic.Int32, n)}
				p.For(n, grain, c)
				for i := range c.seen {
					if got := c.seen[i].Load(); got != 1 {
						t.Fatalf("size %d n %d grain %d: iteration %d ran %d times", size, n, grain, i, got)
					}
				}
			}
		}
		p.Close()
	}
}

func TestForAllocatesNothing(t *testing.T) {
	p := New(2)
	defer p.Close()
	c := &count{seen: make([]atomic.Int32, 100)}
	if n := testing.AllocsPerRun(100, func() { p.For(100, 10, c) }); n != 0 {
		t.Errorf("For allocates %v times", n)
	}
}
