package model

// First is a state of the model's first layers alone, with its final norm and head behind them, as
// drafts are made by a model that leaves early (Zhang et al. 2023, "Draft & Verify: Lossless large
// language model acceleration via self-speculative decoding"; Elhoushi et al. 2024, "LayerSkip:
// Enabling early exit inference and self-speculative decoding"). It has the weights and the cache
// of s, and scratch memory of its own: what it writes of a position is what s writes of it in these
// layers, to the same places. Layers is from 1 to those of the model.
func (s *State) First(layers int) *State {
	f := newScratch(s.m.first(layers), s.cache.first(layers), s.pool)
	f.angles, f.tails = s.angles, s.tails.first()
	return f
}

// first is m without what follows its first layers.
func (m *Model) first(layers int) *Model {
	f := *m
	f.whole = m
	f.Layers, f.Weights.Layers = layers, m.Weights.Layers[:layers]
	if m.Windowed != nil {
		f.Windowed = m.Windowed[:layers]
	}
	return &f
}

// first is what x has of the first layers: the same memory.
func (x *Cache) first(layers int) *Cache {
	f := *x
	f.layers, f.scratch = x.layers[:layers], nil
	return &f
}

// first are the same keys, whose first ones are the first layers'.
func (t *tails) first() tails {
	return tails{keys: t.keys, count: t.count, length: t.length, dim: t.dim}
}
