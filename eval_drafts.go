package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/experiments/scenario"
)

// drafting is how a subject drafts. The zero value drafts nothing.
type drafting struct {
	drafter, model string
	weights        string // the draft model's format
	length         int
	acceptance     string
	epsilon        float64
}

// draftKeys are the engine's settings about drafts, which a subject of `eval sampled` can have.
var draftKeys = []string{"draft_model", "draft_quantization", "drafter", "draft_length", "draft_acceptance", "draft_epsilon"}

// setDrafts takes over what of the settings has an effect.
func (s *subject) setDrafts(text string, settings scenario.Settings) error {
	if err := settings.Validate(); err != nil {
		return fmt.Errorf("eval: subject %q: %w", text, err)
	}
	if !settings.Drafts() {
		if settings.Lossy() {
			return fmt.Errorf("eval: subject %q: draft_acceptance: found %q, expected a draft_model or drafter with it", text, settings.DraftAcceptance)
		}
		return nil
	}
	drafter, _ := settings.DrafterWith(settings.DraftModel != "") // was checked by Validate
	s.drafts = drafting{drafter, settings.DraftModel, settings.DraftWeights, settings.DraftLength, settings.DraftAcceptance, 0}
	if settings.Lossy() {
		s.drafts.epsilon = settings.DraftEpsilon
	}
	return nil
}

func (d drafting) String() string {
	if d == (drafting{}) {
		return ""
	}
	words := fmt.Sprintf(", %d drafts of %s", d.length, strings.TrimSpace(d.drafter+" "+d.model))
	if d.model != "" && d.weights != scenario.AsShipped {
		words += " as " + d.weights
	}
	if d.acceptance != engine.AcceptExact {
		words += fmt.Sprintf(" accepted as %s (%g)", d.acceptance, d.epsilon)
	}
	return words
}

// options are an engine's that computes as the subject does, for sequences of so many tokens.
func (s subject) options(context, threads int) (engine.Options, error) {
	o := engine.DefaultOptions()
	f, err := model.ParseCacheFormat(s.kv)
	if err != nil {
		return o, err
	}
	o.Context, o.Threads, o.BlockSize = context, threads, max(s.blockSize, 0)
	if o.BlockSize == 0 {
		o.BlockSize = model.SealedPositions
	}
	o.KVFormat, o.KFormat, o.VFormat, o.KPerChannel = f.K, f.K, f.V, f.PerChannel
	if f.Hadamard {
		o.KVRotation = "hadamard"
	}
	if b := s.bound; b.Policy != "" {
		o.KVPolicy, o.KVBudget, o.KVSinks, o.KVRecent, o.KVObserve = b.Policy, b.Budget, b.Sinks, b.Recent, b.Observe
	}
	if d := s.drafts; d != (drafting{}) {
		o.Drafter, o.DraftLength, o.DraftAcceptance = d.drafter, d.length, d.acceptance
		if d.epsilon > 0 {
			o.DraftEpsilon = d.epsilon
		}
	}
	return o, nil
}

// refuseDrafts is the error of a verb whose figures no draft changes.
func refuseDrafts(names []subject) error {
	if i := slices.IndexFunc(names, func(s subject) bool { return s.drafts != (drafting{}) }); i >= 0 {
		return fmt.Errorf("eval: subject %q: found drafts, which change nothing here; expected none, or assay eval sampled", names[i])
	}
	return nil
}
