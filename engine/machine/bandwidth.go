package machine

import (
	"context"
	"fmt"
	"sync"
	"time"
	"unsafe"
)

// Buffer is memory to read: mapped, written once, its pages present.
type Buffer struct {
	data []byte
	free func() error
	Huge bool // whether huge pages were asked for
}

const (
	// chunk is what one call reads: short enough that the collector can stop a thread
	// between two, long enough that the calls cost nothing.
	chunk = 128 << 10
	// ahead is how far in front of itself a thread asks for memory. Half and twice as
	// far give the same to 2 %.
	ahead = 4096
)

// NewBuffer maps size bytes, rounded up to a chunk per thread, in huge pages where
// they are asked for and the system gives them.
func NewBuffer(size int64, threads int, huge bool) (*Buffer, error) {
	unit := int64(threads) * chunk
	size = (size + unit - 1) / unit * unit
	data, free, err := allocate(int(size), huge)
	if err != nil {
		return nil, fmt.Errorf("map %d MiB to read: %w", size>>20, err)
	}
	touch(data, threads)
	return &Buffer{data: data, free: free, Huge: huge}, nil
}

// touch writes to every line, each thread to the part that it will read: on machines
// of several nodes the memory is then near to it.
func touch(data []byte, threads int) {
	var done sync.WaitGroup
	part := len(data) / threads
	for t := range threads {
		done.Go(func() {
			for i := t * part; i < (t+1)*part; i += 64 {
				data[i] = byte(i >> 6)
			}
		})
	}
	done.Wait()
}

// Size is the buffer's length in bytes.
func (b *Buffer) Size() int64 { return int64(len(b.data)) }

// Close unmaps the buffer.
func (b *Buffer) Close() error { return b.free() }

// Bandwidth has threads threads read the first size bytes again and again for d, each
// its own part, and returns bytes a second. A size of 0 is the whole buffer. There are
// at most as many threads as the buffer was made for.
func (b *Buffer) Bandwidth(ctx context.Context, size int64, threads int, d time.Duration) float64 {
	if size <= 0 || size > b.Size() {
		size = b.Size()
	}
	part := max(chunk, int(size)/threads/chunk*chunk)
	at := make([]int, threads*8) // a cache line each
	return race(ctx, threads, d, func(t int) float64 {
		offset := t*part + at[8*t]
		at[8*t] = (at[8*t] + chunk) % part
		readMemory(unsafe.Pointer(&b.data[offset]), chunk)
		return chunk
	})
}
