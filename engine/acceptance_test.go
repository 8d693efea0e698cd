package engine

import (
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/engine/sample"
)

// typical accepts nearly every draft of a drafter.
func typical(drafter string) func(*Options) {
	return func(o *Options) {
		o.Drafter, o.DraftLength, o.DraftAcceptance, o.DraftEpsilon = drafter, 4, AcceptTypical, 1e-4
	}
}

// Greedy answers are exact, whatever rule accepts; sampled ones are not, and are the same again.
func TestTypicalAcceptance(t *testing.T) {
	m, work := loadModel(t, "gopherling-2m"), copies(t)
	greedy := speak(t, start(t, m, nil, options(nil)), 40, sample.Params{}, work...)
	for _, drafter := range []string{DrafterModel, DrafterNgram, DrafterSuffix} {
		t.Run(drafter, func(t *testing.T) {
			draft := map[bool]*model.Model{true: m}[drafter == DrafterModel]
			o := options(typical(drafter))
			sameWords(t, speak(t, start(t, m, draft, o), 40, sample.Params{}, work...), greedy)
			p := sample.Params{Temperature: 1, Seed: 7}
			e := start(t, m, draft, o)
			first := generate(t, e, 40, p, work[0])
			s := e.Stats()
			if s.AcceptedTokens < s.DraftTokens*3/4 {
				t.Errorf("%d of %d drafts accepted, want most, the last cut off", s.AcceptedTokens, s.DraftTokens)
			}
			sameTokens(t, generate(t, start(t, m, draft, o), 40, p, work[0]), first)
			o.DraftAcceptance = AcceptExact
			if exact := generate(t, start(t, m, draft, o), 40, p, work[0]); drafter != DrafterModel && slices.Equal(exact[0], first[0]) {
				t.Error("the exact rule gives the same: nothing lossy was tried")
			}
		})
	}
}

func TestBadAcceptance(t *testing.T) {
	m := loadModel(t, "gopherling-2m")
	for want, change := range map[string]func(*Options){
		`draft_acceptance is "topical", want one of exact, typical`:        func(o *Options) { o.Drafter, o.DraftAcceptance = DrafterNgram, "topical" },
		`draft_acceptance is "typical", want "exact" with drafter recycle`: typical(DrafterRecycle),
		"draft_epsilon is 0, want above 0 and at most 1":                   func(o *Options) { typical(DrafterNgram)(o); o.DraftEpsilon = 0 },
		"draft_epsilon is 1.5, want above 0 and at most 1":                 func(o *Options) { typical(DrafterNgram)(o); o.DraftEpsilon = 1.5 },
		"draft_adaptive is true, and nothing drafts: want false, a draft":  func(o *Options) { o.DraftAdaptive = true },
		`draft_acceptance is "typical", and nothing drafts: want "exact",`: typical(DrafterNone),
	} {
		if _, err := New(m, nil, nil, options(change), nil); err == nil || strings.Count(err.Error(), want) != 1 {
			t.Errorf("%v, want an error with %q once", err, want)
		}
	}
	if e := start(t, m, nil, options(func(o *Options) { o.DraftAcceptance = "" })); e.Options().DraftAcceptance != AcceptExact {
		t.Errorf("the zero value is %s", e.Options().DraftAcceptance)
	}
}
