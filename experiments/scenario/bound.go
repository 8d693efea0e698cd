package scenario

import (
	"fmt"
	"strconv"

	"github.com/assaylab/assay/engine/kvcache"
)

// boundConflict returns the contradiction in what is kept, or of a cache that does not hold what
// a window keeps; nil where there is none.
func (s Settings) boundConflict() *conflict {
	b := s.Bound()
	if key, found, expected := b.Check(s.BlockSize); key != "" {
		return &conflict{key, found, expected, ""}
	}
	if !b.Masks() || !s.ChunkedPrefill || s.KVTokens == 0 {
		return nil
	}
	need := b.Need(1<<24, s.TokenBudget, s.BlockSize)
	if s.Context > 0 {
		need = b.Need(s.Context, s.TokenBudget, s.BlockSize)
	}
	if have := s.KVTokens / s.BlockSize; need > have {
		return &conflict{"kv_tokens", strconv.Itoa(s.KVTokens),
			fmt.Sprintf("0, or at least %d: kv_budget (%d), token_budget (%d) and %d positions more, in blocks", need*s.BlockSize, b.Budget, s.TokenBudget, kvcache.ReadGroup), ""}
	}
	return nil
}

// WithoutEffect gives those settings of what is kept that the policy does not use their default.
func (s Settings) WithoutEffect() Settings {
	d := DefaultSettings()
	b := s.Bound()
	if !b.Masks() && !b.Chooses() {
		s.KVBudget = d.KVBudget
	}
	if s.KVPolicy != kvcache.PolicySinks && !b.Chooses() {
		s.KVSinks = d.KVSinks
	}
	if !b.Chooses() {
		s.KVRecent, s.KVObserve = d.KVRecent, d.KVObserve
	}
	return s
}
