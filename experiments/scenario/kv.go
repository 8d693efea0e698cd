package scenario

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/engine/model"
)

// kvFormats are the cache formats that a scenario can name, most bits first; sideFormats those
// of keys alone, or of values.
var (
	kvFormats   = model.CacheFormats
	sideFormats = slices.Concat([]string{engine.SameFormat}, kvFormats)
)

// kvConflict is conflict for how keys and values are cached.
func (s Settings) kvConflict() *conflict {
	k, _ := s.Formats()
	switch {
	case s.KPerChannel && !strings.HasPrefix(k, "q"):
		return &conflict{"k_per_channel", "true with keys in " + k, "keys in q8_0 or q4_0, which have scales", `write k_format = "q4_0"`}
	case s.KPerChannel && s.BlockSize%model.SealedPositions != 0:
		return &conflict{"block_size", strconv.Itoa(s.BlockSize),
			fmt.Sprintf("a multiple of %d with k_per_channel: so many positions share scales", model.SealedPositions), "write block_size = 32"}
	case s.KVLayout == engine.LayoutContiguous && s.PrefixCache != kvcache.IndexNone:
		return &conflict{"prefix_cache", strconv.Quote(s.PrefixCache), "none with kv_layout = \"contiguous\": no two sequences share blocks",
			`write prefix_cache = "none"`}
	case s.KVPolicy != kvcache.PolicyFull && (s.KVLayout == engine.LayoutContiguous || s.KPerChannel):
		return &conflict{"kv_policy", strconv.Quote(s.KVPolicy),
			"full with kv_layout = \"contiguous\", in which a sequence's room is reserved whole, and with k_per_channel, whose scales are of several positions",
			`write kv_policy = "full"`}
	}
	return nil
}
