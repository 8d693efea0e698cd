package sweep

import (
	"fmt"

	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/engine/recipe"
	"github.com/assaylab/assay/experiments/scenario"
)

// Capabilities are the facts about the models that decide what can run.
type Capabilities struct {
	Shipped  string            // format of the model file's matrices, e.g. "BF16"; of most of them where Mixed
	Mixed    bool              // the file holds matrices in more than one format
	Context  int               // longest sequence that the model was made for, in tokens
	Layers   int               // of the model
	Windowed bool              // some layers attend to a window
	Contexts map[string]int    // of the draft models as written: the longest sequence of each, in tokens
	Drafts   map[string]string // for every draft model as written: why it cannot draft for the model, "" where it can
	Tasks    string            // hash of what all arms are asked; "" where they are asked nothing
	Versions map[string]string // of the systems that targets start, by the targets' names; none where it is not known
}

// impossible says why the settings cannot run, "" where they can. s is canonical.
func (c Capabilities) impossible(s scenario.Settings) string {
	if why := c.quantization(s.Quantization); why != "" {
		return why
	}
	if s.DraftModel != "" {
		switch why, known := c.Drafts[s.DraftModel]; {
		case !known:
			return fmt.Sprintf("draft model %q was not examined", s.DraftModel)
		case why != "":
			return fmt.Sprintf("draft model %q: %s", s.DraftModel, why)
		}
		if most := c.Contexts[s.DraftModel]; most > 0 && c.context(s) > most {
			return fmt.Sprintf("draft model %q: its context is %d, below the %d of the sequences", s.DraftModel, most, c.context(s))
		}
	}
	if s.Drafter == engine.DrafterSelf && s.DraftLayers >= c.Layers {
		return fmt.Sprintf("draft_layers %d: the model has %d, want fewer with drafter self", s.DraftLayers, c.Layers)
	}
	if s.Context > c.Context {
		return fmt.Sprintf("context %d is longer than the model's own %d", s.Context, c.Context)
	}
	if s.Bound().Chooses() && c.Windowed {
		return fmt.Sprintf("kv_policy %s: layers of the model have windows, in which no block can be left out", s.KVPolicy)
	}
	if err := s.Validate(); err != nil {
		return err.Error()
	}
	return ""
}

// quantization forbids going upward: weights stored with more bits than the file has
// would be no more precise, only slower, and called what they are not.
func (c Capabilities) quantization(q string) string {
	if q == scenario.AsShipped || q == c.Shipped {
		return ""
	}
	from := recipe.Bits(c.Shipped)
	switch {
	case from == 0:
		return fmt.Sprintf("the model ships as %s, which cannot be converted to %s: only %q runs", c.Shipped, q, scenario.AsShipped)
	case recipe.Bits(q) > from:
		return fmt.Sprintf("the model ships as %s: stored as %s it would be no more precise", c.Shipped, q)
	}
	return ""
}

// context is the longest sequence of an arm.
func (c Capabilities) context(s scenario.Settings) int {
	if s.Context > 0 {
		return s.Context
	}
	return c.Context
}

// canonical gives settings without effect their default, so that arms that behave
// the same are the same.
func (c Capabilities) canonical(s scenario.Settings) scenario.Settings {
	s.Quantization = c.weights(s.Quantization)
	s = s.WithoutEffect()
	if drafter, err := s.DrafterWith(s.DraftModel != ""); err == nil {
		s = canonicalDrafts(s, drafter)
	}
	if s.KFormat != engine.SameFormat && s.VFormat != engine.SameFormat {
		s.KVFormat = scenario.DefaultSettings().KVFormat
	}
	if s.PrefixCache == kvcache.IndexNone {
		s.Eviction = scenario.DefaultSettings().Eviction
	}
	if s.Preemption != engine.PreemptSwap {
		s.SwapTokens = 0
	}
	if s.Context == c.Context {
		s.Context = 0
	}
	s = canonicalBatching(s)
	if s.KVTokens == s.MaxBatch*c.context(s) {
		s.KVTokens = 0
	}
	return s
}

// canonicalDrafts is canonical for who drafts and how much.
func canonicalDrafts(s scenario.Settings, drafter string) scenario.Settings {
	if drafter == engine.DrafterModel || drafter == engine.DrafterNone {
		s.Drafter = engine.DrafterAuto
	}
	d := scenario.DefaultSettings()
	if drafter != engine.DrafterSelf {
		s.DraftLayers = d.DraftLayers
	}
	if drafter == engine.DrafterNone {
		s.DraftLength, s.DraftAdaptive, s.DraftAcceptance = d.DraftLength, d.DraftAdaptive, d.DraftAcceptance
	}
	if !s.Lossy() {
		s.DraftEpsilon = d.DraftEpsilon
	}
	return s
}

// weights gives "as-shipped" the name of the format where the file has only one.
func (c Capabilities) weights(quantization string) string {
	if quantization == scenario.AsShipped && !c.Mixed && recipe.Bits(c.Shipped) > 0 {
		return c.Shipped
	}
	return quantization
}

// fits says why the settings cannot hold the longest request of a load.
func (c Capabilities) fits(s scenario.Settings, w scenario.Workload) string {
	longest := w.Longest()
	if context := c.context(s); longest > context {
		return fmt.Sprintf("load %q has requests of up to %d tokens, the context holds %d", w.Name, longest, context)
	}
	if s.KVTokens > 0 && !s.Bound().Masks() && longest > s.KVTokens/s.BlockSize*s.BlockSize {
		return fmt.Sprintf("load %q has requests of up to %d tokens, kv_tokens %d in blocks of %d holds %d",
			w.Name, longest, s.KVTokens, s.BlockSize, s.KVTokens/s.BlockSize*s.BlockSize)
	}
	return ""
}
