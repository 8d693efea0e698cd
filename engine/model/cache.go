package model

import (
	"fmt"
	"strings"

	"github.com/assaylab/assay/engine/kernel"
)

// CacheFormats are the formats that keys and values can be cached in.
var CacheFormats = []string{"f32", "f16", "bf16", "q8_0"}

// Cache holds keys and values of all layers in blocks of positions. Which sequence
// owns which block is not its business.
type Cache struct {
	BlockSize int // positions
	Blocks    int

	// Longest is the length of the longest sequence that will be in it, of which it may hold
	// only a part; 0 is as many positions as fit. It sizes what a State needs per position, and with LongRoPE it chooses
	// between the short and the long factors.
	Longest int

	// Sinks and Window, where Window is not 0, are all that a row sees: the first positions
	// and so many last ones, its own among them. Blocks that lie between, but for the 32
	// positions before a window, are not read. Layers with a window of their own that is no
	// longer keep it.
	Sinks, Window int

	layers  []*kernel.KV
	scratch []byte // of Copy
}

// NewCache makes a cache for m, in the layout that its kernels read. The format is one of
// CacheFormats.
func NewCache(m *Model, format string, blocks, blockSize int) (*Cache, error) {
	kind, err := cacheKind(m.Config, format)
	if err != nil {
		return nil, err
	}
	x := &Cache{BlockSize: blockSize, Blocks: blocks}
	for range m.Layers {
		kv, err := m.Kernels.NewKV(kind, m.KVHeads, m.HeadDim, blocks*blockSize)
		if err != nil {
			return nil, err
		}
		x.layers = append(x.layers, kv)
	}
	return x, nil
}

// CacheBytesPerToken is what one position takes in a cache of the format, over all layers.
func CacheBytesPerToken(c Config, format string) (int, error) {
	kind, err := cacheKind(c, format)
	if err != nil {
		return 0, err
	}
	n, err := kernel.KVBytes(kind, c.KVHeads, c.HeadDim)
	return c.Layers * n, err
}

func cacheKind(c Config, format string) (kernel.Kind, error) {
	for _, name := range CacheFormats {
		if !strings.EqualFold(name, format) {
			continue
		}
		kind, err := kernel.KindOf(name)
		if err == nil {
			_, err = kernel.KVBytes(kind, c.KVHeads, c.HeadDim)
		}
		if err != nil {
			err = fmt.Errorf("cache format %s does not fit %s: %w", format, c.Name, err)
		}
		return kind, err
	}
	return 0, fmt.Errorf("cache format is %q, want one of %s", format, strings.Join(CacheFormats, ", "))
}

func (x *Cache) longest() int {
	if x.Longest > 0 {
		return x.Longest
	}
	return x.Blocks * x.BlockSize
}
