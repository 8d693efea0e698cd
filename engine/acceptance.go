package engine

import (
	"errors"
	"fmt"

	"github.com/assaylab/assay/engine/sample"
	"github.com/assaylab/assay/engine/spec"
)

// Values of Options.DraftAcceptance. With AcceptExact sampled answers follow the model's distribution. With
// AcceptTypical they do not: more drafts stand, at a cost in quality. Greedy answers are the same with either.
const (
	AcceptExact   = "exact"
	AcceptTypical = "typical"
)

// Acceptances are the values of DraftAcceptance.
var Acceptances = []string{AcceptExact, AcceptTypical}

// Lossy reports whether drafts change the distribution of sampled answers.
func (o Options) Lossy() bool { return o.DraftAcceptance == AcceptTypical }

// checkDrafts checks how much is drafted by drafter, for a model of so many layers, and which drafts stand. What would do nothing because nothing
// drafts is refused.
func (o *Options) checkDrafts(drafter string, layers int) error {
	if o.DraftAcceptance == "" {
		o.DraftAcceptance = AcceptExact
	}
	errs := []error{oneOf("draft_acceptance", o.DraftAcceptance, Acceptances...)}
	if o.Lossy() && !(o.DraftEpsilon > 0 && o.DraftEpsilon <= 1) {
		errs = append(errs, fmt.Errorf("engine: draft_epsilon is %v, want above 0 and at most 1", o.DraftEpsilon))
	}
	if drafter == DrafterRecycle && o.Lossy() {
		errs = append(errs, fmt.Errorf("engine: draft_acceptance is %q, want %q with drafter %s, whose trees are accepted exactly", o.DraftAcceptance, AcceptExact, drafter))
	}
	switch {
	case drafter != DrafterNone:
		errs = append(errs, o.checkDraftLength(), o.checkDraftLayers(layers))
	case o.DraftAdaptive:
		errs = append(errs, errors.New("engine: draft_adaptive is true, and nothing drafts: want false, a draft model or a drafter"))
	case o.Lossy():
		errs = append(errs, fmt.Errorf("engine: draft_acceptance is %q, and nothing drafts: want %q, a draft model or a drafter", o.DraftAcceptance, AcceptExact))
	}
	return errors.Join(errs...)
}

// verify is the rule that says which of a draft's tokens stand, see spec.Accept.
func (l *loop) verify(dst []int32, target [][]float32, draft []int32, draftProbs [][]float32, p sample.Params, h *sample.History, position int) []int32 {
	if o := &l.e.opts; o.Lossy() {
		return spec.Typical{Epsilon: o.DraftEpsilon}.Accept(dst, target, draft, draftProbs, p, h, position, &l.accept)
	}
	return spec.Accept(dst, target, draft, draftProbs, p, h, position, &l.accept)
}
