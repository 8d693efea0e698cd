package model

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaylab/assay/engine/kernel"
)

// CacheFormats are the formats that keys and values can be cached in, most bits first.
var CacheFormats = []string{"f32", "f16", "bf16", "q8_0", "q4_0"}

// Rotations are what can be done to keys and values before they are cached.
var Rotations = []string{"none", "hadamard"}

// SealedPositions is how many positions, from a multiple of it on, share scales where keys have
// those of channels. Blocks of such a cache are multiples of it, and what one sequence takes
// over from another ends at one.
const SealedPositions = kernel.SealedSlots

// CacheFormat says how keys and values are cached.
type CacheFormat struct {
	K, V string // of CacheFormats

	// PerChannel has keys in integers share a scale per column, over 32 positions (Liu et al. 2024,
	// "KIVI: A tuning-free asymmetric 2bit quantization for KV cache"; symmetric here).
	// Positions that share scales with the row's own are read in bf16.
	PerChannel bool

	// Hadamard has each head's queries, keys and values be rotated by a Hadamard matrix, which
	// spreads a large column over all others, so that few bits hold it. The output is turned
	// back. In exact arithmetic nothing changes (Ashkboos et al. 2024, "QuaRot").
	Hadamard bool
}

// String is the format in the form that ParseCacheFormat reads.
func (f CacheFormat) String() string {
	text := f.K
	if f.V != f.K {
		text += "/" + f.V
	}
	if f.PerChannel {
		text += "+channel"
	}
	if f.Hadamard {
		text += "+hadamard"
	}
	return text
}

// ParseCacheFormat reads "K", for both, or "K/V", each one of CacheFormats, and behind it
// "+channel" for scales of keys per channel and "+hadamard" for a rotation: "q4_0/q8_0+channel".
func ParseCacheFormat(text string) (CacheFormat, error) {
	parts := strings.Split(strings.ToLower(text), "+")
	k, v, both := strings.Cut(parts[0], "/")
	if !both {
		v = k
	}
	f := CacheFormat{K: k, V: v}
	for _, p := range parts[1:] {
		switch {
		case p == "channel" && !f.PerChannel:
			f.PerChannel = true
		case p == "hadamard" && !f.Hadamard:
			f.Hadamard = true
		default:
			return f, fmt.Errorf("cache format is %q: found %q, want +channel or +hadamard, each once", text, "+"+p)
		}
	}
	for _, name := range []string{f.K, f.V} {
		if !slices.Contains(CacheFormats, name) {
			return f, fmt.Errorf("cache format is %q, want one of %s, or two of them, of keys and of values, as K/V", text, strings.Join(CacheFormats, ", "))
		}
	}
	if f.PerChannel && !strings.HasPrefix(f.K, "q") {
		return f, fmt.Errorf("cache format is %q: keys in %s have no scales that could be those of channels", text, f.K)
	}
	return f, nil
}

// kinds are those that kernels know the format by.
func (f CacheFormat) kinds() (x kernel.KVFormat, err error) {
	x.PerChannel = f.PerChannel
	if x.K, err = kernel.KindOf(f.K); err == nil {
		x.V, err = kernel.KindOf(f.V)
	}
	return x, err
}

// fit is the format that a text names, checked against a model's shape.
func fit(c Config, text string) (CacheFormat, kernel.KVFormat, error) {
	f, err := ParseCacheFormat(text)
	if err != nil {
		return f, kernel.KVFormat{}, err
	}
	kinds, err := f.kinds()
	if err == nil {
		_, _, err = kinds.Bytes(c.KVHeads, c.HeadDim)
	}
	if err != nil {
		err = fmt.Errorf("cache format %s does not fit %s: %w", text, c.Name, err)
	}
	return f, kinds, err
}

// CacheBytes is what a cache takes.
type CacheBytes struct {
	Keys, Values int // of one position, over all layers, scales included
	Tail         int // of a sequence beside its positions, without drafts: keys that are not sealed yet
}

// PerToken is that of one position.
func (b CacheBytes) PerToken() int { return b.Keys + b.Values }

// CacheBytesOf is what keys and values take in a cache of the format (ParseCacheFormat).
func CacheBytesOf(c Config, format string) (CacheBytes, error) {
	f, kinds, err := fit(c, format)
	if err != nil {
		return CacheBytes{}, err
	}
	k, v, err := kinds.Bytes(c.KVHeads, c.HeadDim)
	b := CacheBytes{Keys: c.Layers * k, Values: c.Layers * v}
	if f.PerChannel {
		b.Tail = tailBytes(c, 0)
	}
	return b, err
}

func tailBytes(c Config, rollback int) int { return c.Layers * tailLength(rollback) * c.KVDim() * 2 }

// CacheBytesPerToken is what one position takes in a cache of the format, over all layers.
func CacheBytesPerToken(c Config, format string) (int, error) {
	b, err := CacheBytesOf(c, format)
	return b.PerToken(), err
}
