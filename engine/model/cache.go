package model

import (
	"fmt"
	"strings"

	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/engine/quant"
)

// CacheFormats are the formats that keys and values can be cached in.
var CacheFormats = []string{"f32", "bf16", "q8_0"}

// Cache holds keys and values of all layers in blocks of positions. Which sequence
// owns which block is not its business.
type Cache struct {
	BlockSize int // positions
	Blocks    int

	// Longest is the positions of the longest sequence that will be in it; 0 is as many
	// as fit. It sizes what a State needs per position, and with LongRoPE it chooses
	// between the short and the long factors.
	Longest int

	format quant.Format
	kind   kernel.Kind
	row    int      // bytes of one position's keys, or values, in one layer
	k, v   [][]byte // by layer: (blocks, block size, row)
}

// NewCache makes a cache for a model of shape c. The format is one of CacheFormats.
func NewCache(c Config, format string, blocks, blockSize int) (*Cache, error) {
	kind, err := cacheKind(c, format)
	if err != nil {
		return nil, err
	}
	f, err := quant.ByName(kind.String())
	if err != nil {
		return nil, err
	}
	x := &Cache{BlockSize: blockSize, Blocks: blocks, format: f, kind: kind, row: f.RowBytes(c.KVDim())}
	for range c.Layers {
		x.k = append(x.k, make([]byte, blocks*blockSize*x.row))
		x.v = append(x.v, make([]byte, blocks*blockSize*x.row))
	}
	return x, nil
}

// CacheBytesPerToken is what one position takes in a cache of the format, over all layers.
func CacheBytesPerToken(c Config, format string) (int, error) {
	kind, err := cacheKind(c, format)
	if err != nil {
		return 0, err
	}
	return 2 * c.Layers * kind.RowBytes(c.KVDim()), nil
}

func cacheKind(c Config, format string) (kernel.Kind, error) {
	for _, name := range CacheFormats {
		if !strings.EqualFold(name, format) {
			continue
		}
		kind, err := kernel.KindOf(name)
		if err == nil && kind.Integer() && c.HeadDim%32 != 0 {
			err = fmt.Errorf("cache format %s needs heads of a multiple of 32 columns; %s has %d", format, c.Name, c.HeadDim)
		}
		return kind, err
	}
	return 0, fmt.Errorf("cache format is %q, want one of %s", format, strings.Join(CacheFormats, ", "))
}

func (x *Cache) longest() int {
	if x.Longest > 0 {
		return min(x.Longest, x.Blocks*x.BlockSize)
	}
	return x.Blocks * x.BlockSize
}

// store writes one position's keys and values of a layer.
func (x *Cache) store(layer, slot int, k, v []float32) {
	at := slot * x.row
	x.format.Quantize(x.k[layer][at:at+x.row], k)
	x.format.Quantize(x.v[layer][at:at+x.row], v)
}

// head views one head's columns of n consecutive slots.
func (x *Cache) head(data []byte, slot, n, head, dim int) kernel.Rows {
	width := x.kind.RowBytes(dim)
	from := slot*x.row + head*width
	return kernel.Rows{Kind: x.kind, Cols: dim, Stride: x.row, Data: data[from : from+(n-1)*x.row+width]}
}
