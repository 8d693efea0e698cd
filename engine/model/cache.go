package model

import (
	"fmt"

	"github.com/assaylab/assay/engine/kernel"
)

// Cache holds keys and values of all layers in blocks of positions. Which sequence
// owns which block is not its business.
type Cache struct {
	BlockSize int // positions
	Blocks    int

	// Longest is the length of the longest sequence that will be in it, of which it may hold
	// only a part; 0 is as many positions as fit. It sizes what a State needs per position, and with LongRoPE it chooses
	// between the short and the long factors.
	Longest int

	// Tails is how many sequences there are at the same time, which Span.Tail tells apart, where
	// keys have scales per channel; 0 is one.
	Tails int

	// Rollback is by how many positions a sequence's next pass may begin before the end of the
	// last one: those of drafts that did not stand. It matters where keys have scales per channel.
	Rollback int

	// Sinks and Window, where Window is not 0, are all that a row sees: the first positions
	// and so many last ones, its own among them. Blocks that lie between, but for the 32
	// positions before a window, are not read. Layers with a window of their own that is no
	// longer keep it.
	Sinks, Window int

	format  CacheFormat
	layers  []*kernel.KV
	scratch []byte // of Copy
}

// NewCache makes a cache for m, in the layout that its kernels read. The format is as
// ParseCacheFormat reads it.
func NewCache(m *Model, format string, blocks, blockSize int) (*Cache, error) {
	f, kinds, err := fit(m.Config, format)
	if err != nil {
		return nil, err
	}
	if f.PerChannel && blockSize%SealedPositions != 0 {
		return nil, fmt.Errorf("cache format %s: blocks of %d positions, want a multiple of %d, which share scales", f, blockSize, SealedPositions)
	}
	x := &Cache{BlockSize: blockSize, Blocks: blocks, format: f}
	for range m.Layers {
		kv, err := m.Kernels.NewKV(kinds, m.KVHeads, m.HeadDim, blocks*blockSize)
		if err != nil {
			return nil, err
		}
		x.layers = append(x.layers, kv)
	}
	return x, nil
}

// Format is how keys and values are cached.
func (x *Cache) Format() CacheFormat { return x.format }

func (x *Cache) longest() int {
	if x.Longest > 0 {
		return x.Longest
	}
	return x.Blocks * x.BlockSize
}
