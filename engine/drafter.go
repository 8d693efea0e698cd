package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaylab/assay/engine/spec"
)

// Values of Options.Drafter. DrafterAuto, which is also empty, is DrafterModel with a draft model
// and DrafterNone without.
const (
	DrafterAuto    = "auto"
	DrafterNone    = "none"
	DrafterModel   = "model"
	DrafterNgram   = "ngram"
	DrafterSuffix  = "suffix"
	DrafterRecycle = "recycle"
)

// Drafters are the values of Drafter.
var Drafters = []string{DrafterAuto, DrafterNone, DrafterModel, DrafterNgram, DrafterSuffix, DrafterRecycle}

// The n-grams that DrafterNgram looks up: shorter ones are right too seldom to pay for their rows.
const (
	shortestNgram = 2
	longestNgram  = 4
)

// DrafterWith is what drafts where there is a draft model or not: never DrafterAuto. An error names
// the option.
func (o Options) DrafterWith(draftModel bool) (string, error) {
	switch o.Drafter {
	case "", DrafterAuto:
		if draftModel {
			return DrafterModel, nil
		}
		return DrafterNone, nil
	case DrafterModel:
		if !draftModel {
			return "", fmt.Errorf("engine: drafter is %q, and there is no draft model", o.Drafter)
		}
	default:
		if !slices.Contains(Drafters, o.Drafter) {
			return "", fmt.Errorf("engine: drafter is %q, want one of %s", o.Drafter, strings.Join(Drafters, ", "))
		}
		if draftModel {
			return "", fmt.Errorf("engine: drafter is %q, want %s or %s with a draft model", o.Drafter, DrafterAuto, DrafterModel)
		}
	}
	return o.Drafter, nil
}

// textDrafter is the proposer that needs no model, nil where none is asked for.
func (o *Options) textDrafter(vocabulary int) spec.Proposer {
	switch o.Drafter {
	case DrafterNgram:
		return spec.NewNgram(shortestNgram, longestNgram)
	case DrafterSuffix:
		return spec.NewSuffix()
	case DrafterRecycle:
		return spec.NewRecycle(vocabulary)
	}
	return nil
}

// forgetDraft gives back what the proposer holds of a stream that ended.
func (l *loop) forgetDraft(s *Stream) {
	if l.draft != nil {
		s.draft.Tokens = s.seq.Tokens
		l.draft.Ended(&s.draft)
	}
}
