package scenario

import (
	"strconv"

	"github.com/assaylab/assay/engine"
)

// Drafts reports whether something drafts tokens.
func (s Settings) Drafts() bool {
	drafter, err := s.DrafterWith(s.DraftModel != "")
	return err == nil && drafter != engine.DrafterNone
}

// drafterConflict is conflict for who drafts.
func (s Settings) drafterConflict() *conflict {
	if drafter, err := s.DrafterWith(s.DraftModel != ""); err == nil {
		if drafter == engine.DrafterSelf && s.DraftLayers == 0 {
			return &conflict{"draft_layers", "0", "at least 1 with drafter = \"self\", and fewer than the model has", "write draft_layers = 1 or more"}
		}
		return nil
	}
	if s.DraftModel == "" {
		return &conflict{"drafter", strconv.Quote(s.Drafter), "a draft_model with it", "write draft_model, or drafter = \"ngram\" or \"suffix\", which need none, or \"self\""}
	}
	return &conflict{"drafter", strconv.Quote(s.Drafter), "\"auto\" or \"model\" with a draft_model", "leave draft_model out"}
}
