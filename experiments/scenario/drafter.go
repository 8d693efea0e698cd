package scenario

import (
	"fmt"
	"strconv"
	"strings"

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
		if c := s.treeConflict(); c != nil {
			return c
		}
		return s.draftLengthConflict()
	}
	if s.DraftModel == "" {
		return &conflict{"drafter", strconv.Quote(s.Drafter), "a draft_model with it", "write draft_model, or drafter = \"ngram\", \"suffix\" or \"recycle\", which need none, or \"self\""}
	}
	return &conflict{"drafter", strconv.Quote(s.Drafter), "\"auto\" or \"model\" with a draft_model", "leave draft_model out"}
}

// number describes a setting that is a number of a range.
func number(name string, in interval, usage string, field func(*Settings) *float64) Setting {
	return Setting{Name: name, Usage: usage, Kind: Number, Form: strings.TrimPrefix(in.String(), "a number "), in: in, number: field}
}

// setNumber stores a number of the range.
func (d Setting) setNumber(s *Settings, v any) (expected, suggestion string) {
	x, ok := asFloat(v)
	if !ok || !d.in.has(x) {
		return d.in.String(), unquoted(d.Name, v)
	}
	*d.number(s) = x
	return "", ""
}

// treeConflict is conflict for drafts that are trees.
func (s Settings) treeConflict() *conflict {
	if s.Drafter == engine.DrafterRecycle && s.KPerChannel {
		return &conflict{"drafter", strconv.Quote(s.Drafter), "another one with k_per_channel: it drafts trees, whose keys cannot share scales over positions",
			"write k_per_channel = false"}
	}
	if s.Drafter == engine.DrafterRecycle && s.Lossy() {
		return &conflict{"draft_acceptance", strconv.Quote(s.DraftAcceptance), "\"exact\" with drafter \"recycle\", whose trees are accepted exactly", ""}
	}
	return nil
}

// draftLengthConflict is conflict for drafts that no sequence has room for: one token comes before
// them and one after.
func (s Settings) draftLengthConflict() *conflict {
	most := s.Context - 2
	if !s.Drafts() || s.Context == 0 || s.DraftLength <= most {
		return nil
	}
	suggestion := "write drafter = \"none\""
	if most > 0 {
		suggestion = fmt.Sprintf("write draft_length = %d or less", most)
	}
	return &conflict{"draft_length", strconv.Itoa(s.DraftLength), fmt.Sprintf("at most context - 2 (%d)", most), suggestion}
}
