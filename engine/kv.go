package engine

import (
	"fmt"

	"github.com/assaylab/assay/engine/model"
)

// CacheFormat is the format of keys and values that the options ask for, as model.ParseCacheFormat
// reads it: KFormat and VFormat, KVFormat where one is empty, and what is done beside.
func (o *Options) CacheFormat() string {
	f := model.CacheFormat{K: o.KVFormat, V: o.KVFormat, PerChannel: o.KPerChannel, Hadamard: o.KVRotation == "hadamard"}
	if o.KFormat != "" {
		f.K = o.KFormat
	}
	if o.VFormat != "" {
		f.V = o.VFormat
	}
	return f.String()
}

// checkCache returns what is wrong with how keys and values are to be cached.
func (o *Options) checkCache() error {
	f, err := model.ParseCacheFormat(o.CacheFormat())
	switch {
	case err != nil:
		return fmt.Errorf("engine: kv_format, k_format, v_format, k_per_channel: %w", err)
	case o.KVRotation != "" && o.KVRotation != "none" && o.KVRotation != "hadamard":
		return fmt.Errorf("engine: kv_rotation is %q, want none or hadamard", o.KVRotation)
	case f.PerChannel && o.BlockSize%model.SealedPositions != 0:
		return fmt.Errorf("engine: block_size is %d, want a multiple of %d with k_per_channel: so many positions share scales",
			o.BlockSize, model.SealedPositions)
	}
	return nil
}

// newCache makes the cache of the engine's model, or of its draft model.
func (o *Options) newCache(m *model.Model) (*model.Cache, error) {
	x, err := model.NewCache(m, o.CacheFormat(), o.KVTokens/o.BlockSize, o.BlockSize)
	if err == nil {
		x.Longest, x.Tails = o.Context, o.MaxBatch
	}
	return x, err
}
