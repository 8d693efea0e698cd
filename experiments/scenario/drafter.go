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
	if _, err := s.DrafterWith(s.DraftModel != ""); err == nil {
		return s.treeConflict()
	}
	if s.DraftModel == "" {
		return &conflict{"drafter", strconv.Quote(s.Drafter), "a draft_model with it", "write draft_model, or drafter = \"ngram\", \"suffix\" or \"recycle\", which need none"}
	}
	return &conflict{"drafter", strconv.Quote(s.Drafter), "\"auto\" or \"model\" with a draft_model", "leave draft_model out"}
}

// treeConflict is conflict for drafts that are trees.
func (s Settings) treeConflict() *conflict {
	if s.Drafter == engine.DrafterRecycle && s.KPerChannel {
		return &conflict{"drafter", strconv.Quote(s.Drafter), "another one with k_per_channel: it drafts trees, whose keys cannot share scales over positions",
			"write k_per_channel = false"}
	}
	return nil
}
