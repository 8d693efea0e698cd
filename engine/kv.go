package engine

import (
	"fmt"
	"slices"

	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/engine/model"
)

// SameFormat is what KFormat and VFormat are where KVFormat says the format.
const SameFormat = "same"

// The ways to lay sequences out in the cache: block by block as they grow, or the whole context
// of each at once, in consecutive blocks.
const (
	LayoutPaged      = "paged"
	LayoutContiguous = "contiguous"
)

// Layouts are the values of KVLayout.
var Layouts = []string{LayoutPaged, LayoutContiguous}

// Formats are those of keys and of values: KFormat and VFormat, or KVFormat.
func (o Options) Formats() (k, v string) {
	k, v = o.KVFormat, o.KVFormat
	if o.KFormat != "" && o.KFormat != SameFormat {
		k = o.KFormat
	}
	if o.VFormat != "" && o.VFormat != SameFormat {
		v = o.VFormat
	}
	return k, v
}

// CacheFormat is the format of keys and values that the options ask for, as model.ParseCacheFormat
// reads it.
func (o Options) CacheFormat() string {
	k, v := o.Formats()
	return model.CacheFormat{K: k, V: v, PerChannel: o.KPerChannel, Hadamard: o.KVRotation == "hadamard"}.String()
}

// checkCache returns what is wrong with how keys and values are to be cached.
func (o *Options) checkCache() error {
	f, err := model.ParseCacheFormat(o.CacheFormat())
	switch {
	case err != nil:
		return fmt.Errorf("engine: kv_format, k_format, v_format, k_per_channel: %w", err)
	case o.KVRotation != "" && !slices.Contains(model.Rotations, o.KVRotation):
		return fmt.Errorf("engine: kv_rotation is %q, want none or hadamard", o.KVRotation)
	case f.PerChannel && o.BlockSize%model.SealedPositions != 0:
		return fmt.Errorf("engine: block_size is %d, want a multiple of %d with k_per_channel: so many positions share scales",
			o.BlockSize, model.SealedPositions)
	case o.KVLayout != "" && !slices.Contains(Layouts, o.KVLayout):
		return fmt.Errorf("engine: kv_layout is %q, want paged or contiguous", o.KVLayout)
	case o.contiguous() && o.PrefixCache != kvcache.IndexNone:
		return fmt.Errorf("engine: prefix_cache is %q, want none with kv_layout contiguous, in which no two sequences share blocks", o.PrefixCache)
	case o.contiguous() && !o.keepsAll():
		return fmt.Errorf("engine: kv_policy is %q, want full with kv_layout contiguous, in which a sequence's room is reserved whole", o.KVPolicy)
	case f.PerChannel && !o.keepsAll():
		return fmt.Errorf("engine: kv_policy is %q, want full with k_per_channel: keys that share scales are given up together or not at all", o.KVPolicy)
	}
	return nil
}

// keepsAll reports whether no position of a sequence is given up while it runs.
func (o *Options) keepsAll() bool { return o.KVPolicy == "" || o.KVPolicy == kvcache.PolicyFull }

func (o *Options) contiguous() bool { return o.KVLayout == LayoutContiguous }

// sizeCache sets KVTokens and Context to what the cache holds.
func (o *Options) sizeCache(m *model.Model) error {
	perToken, err := model.CacheBytesPerToken(m.Config, o.CacheFormat())
	if err != nil {
		return err
	}
	if o.KVTokens == 0 {
		o.KVTokens = max(o.longest(), min(o.MaxBatch*o.longest(), maxCacheBytes/perToken))
		if o.contiguous() {
			o.KVTokens = max(o.KVTokens, o.slot())
		}
	}
	if o.KVTokens < o.BlockSize {
		return fmt.Errorf("engine: kv_tokens is %d, want at least one block of %d", o.KVTokens, o.BlockSize)
	}
	if o.Preemption == PreemptSwap && o.SwapTokens == 0 {
		o.SwapTokens = o.KVTokens
	}
	// A sequence must fit the cache alone, or it could wait for ever.
	if err := o.fitCache(); err != nil {
		return err
	}
	if o.contiguous() {
		o.KVTokens = min(o.MaxBatch, o.KVTokens/o.slot()) * o.slot()
	}
	return nil
}

// slot is how many positions a sequence has reserved in a contiguous cache.
func (o *Options) slot() int { return (o.Context + o.BlockSize - 1) / o.BlockSize * o.BlockSize }
