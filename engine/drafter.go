package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaylab/assay/engine/model"
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
	DrafterSelf    = "self"
)

// Drafters are the values of Drafter.
var Drafters = []string{DrafterAuto, DrafterNone, DrafterModel, DrafterNgram, DrafterSuffix, DrafterRecycle, DrafterSelf}

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

// checkDraftLength returns what is wrong with how much is drafted. A draft has a token before it and one after.
func (o *Options) checkDraftLength() error {
	if err := between("draft_length", o.DraftLength, 1, 64); err != nil {
		return err
	}
	if o.DraftLength > o.Context-2 {
		return fmt.Errorf("engine: draft_length is %d, want at most %d: drafts, the token before and the one after must fit the context of %d",
			o.DraftLength, max(0, o.Context-2), o.Context)
	}
	return nil
}

// checkDraftLayers returns why so many of a model's layers cannot draft for it.
func (o *Options) checkDraftLayers(layers int) error {
	if o.Drafter != DrafterSelf {
		return nil
	}
	if layers == 1 {
		return fmt.Errorf("engine: drafter is %q, and the model has 1 layer: none can be left out", o.Drafter)
	}
	return between("draft_layers", o.DraftLayers, 1, layers-1)
}

// proposer is what drafts, nil where nothing does. The model's state is there.
func (l *loop) proposer(draft *model.Model) (spec.Proposer, error) {
	o := &l.e.opts
	switch o.Drafter {
	case DrafterNgram:
		return spec.NewNgram(shortestNgram, longestNgram), nil
	case DrafterSuffix:
		return spec.NewSuffix(), nil
	case DrafterRecycle:
		return spec.NewRecycle(l.e.model.Vocab), nil
	case DrafterSelf:
		d := spec.NewDraftModel(l.state.First(o.DraftLayers))
		d.Shares = true
		return d, nil
	case DrafterModel:
		cache, err := l.newCache(draft)
		if err != nil {
			return nil, err
		}
		d := spec.NewDraftModel(model.NewState(draft, cache, l.workers))
		l.drafts, d.Most = d, o.TokenBudget
		d.Lags = !l.bound.Masks() && !l.bound.Chooses() // what it skipped must still be there
		l.stats.WeightBytes = draft.WeightBytes()
		return d, nil
	}
	return nil, nil
}

// forgetDraft gives back what the proposer holds of a stream that ended.
func (l *loop) forgetDraft(s *Stream) {
	if l.draft != nil {
		s.draft.Tokens = s.seq.Tokens
		l.draft.Ended(&s.draft)
	}
}
