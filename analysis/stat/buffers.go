package stat

import "sync"

// Buffers has memory for values that is used again, of cells that are about as long as each other: millions of values that
// the collector frees and the kernel maps and clears anew take longer than what is done with them. The zero value is
// ready. It is safe for concurrent use.
type Buffers struct{ free sync.Pool }

// Take is an empty slice with room for n values.
func (b *Buffers) Take(n int) []float64 {
	if p, _ := b.free.Get().(*[]float64); p != nil && cap(*p) >= n {
		return (*p)[:0]
	}
	return make([]float64, 0, n)
}

// Give gives back what Take gave, which nobody may look at any more.
func (b *Buffers) Give(values []float64) {
	if cap(values) > 0 {
		b.free.Put(&values)
	}
}
