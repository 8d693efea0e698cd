package engine

import (
	"testing"

	"github.com/assaylab/assay/engine/sample"
)

// batches checks that the parts of the time and of the steps are parts.
func batches(t *testing.T, s *Stats) {
	t.Helper()
	var all BatchSteps
	for i, b := range s.Batches {
		if b.Sequences < b.Steps*int64(i+1) || i+1 < len(s.Batches) && b.Sequences != b.Steps*int64(i+1) {
			t.Errorf("%d steps of %d sequences have %d in all", b.Steps, i+1, b.Sequences)
		}
		if b.Rows < b.Sequences || b.Tokens < b.Sequences || b.Tokens > b.Rows || b.Drafting > b.Busy {
			t.Errorf("%d sequences: %+v", i+1, b)
		}
		all.Steps, all.Busy, all.Drafting = all.Steps+b.Steps, all.Busy+b.Busy, all.Drafting+b.Drafting
	}
	if all.Steps == 0 || all.Steps >= s.Steps || all.Busy >= s.Busy || all.Drafting > s.DraftTime {
		t.Errorf("%+v of %d steps, %v busy, %v drafting", all, s.Steps, s.Busy, s.DraftTime)
	}
	if s.VerifySteps > s.Steps || s.VerifySteps > s.Drafts || s.VerifySteps == 0 || s.VerifyTime+s.DraftTime > s.Busy {
		t.Errorf("%d verify steps of %d with %d drafts, %v verifying and %v drafting of %v", s.VerifySteps, s.Steps, s.Drafts, s.VerifyTime, s.DraftTime, s.Busy)
	}
}

// One request alone: a step for the prompt, and steps of one sequence with all other tokens. What an
// event says of drafts adds up to the counters.
func TestBatchesOfOneRequest(t *testing.T) {
	m, prompt := loadModel(t, "gopherling-2m"), copies(t)[0]
	for _, drafter := range []string{DrafterNone, DrafterNgram} {
		e := start(t, m, nil, options(func(o *Options) { o.Drafter, o.DraftLength, o.TokenBudget = drafter, 5, len(prompt) }))
		stream, err := e.Submit(t.Context(), Request{Prompt: prompt, MaxTokens: 40, IgnoreEOS: true, Sampling: sample.Params{}})
		if err != nil {
			t.Fatal(err)
		}
		drafted, stood, tokens := 0, 0, 0
		for tokens < 40 {
			ev, err := stream.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			drafted, stood, tokens = drafted+ev.Drafted, stood+ev.Stood, tokens+len(ev.Tokens)
			if ev.Stood > len(ev.Tokens) || ev.Stood > ev.Drafted {
				t.Errorf("%s: %d of %d drafts stood among %d tokens", drafter, ev.Stood, ev.Drafted, len(ev.Tokens))
			}
		}
		e.Close()
		s := e.Stats()
		b := s.Batches[0]
		if b.Steps != s.Steps-1 || b.Tokens != 39 || b.Rows != b.Steps+s.DraftTokens || int64(drafted) != s.DraftTokens || int64(stood) != s.AcceptedTokens {
			t.Errorf("%s: %+v of %d steps, %d drafted and %d stood by the events, %d and %d by the counters", drafter, b, s.Steps, drafted, stood, s.DraftTokens, s.AcceptedTokens)
		}
		if none := drafter == DrafterNone; none != (s.Drafts == 0) || none != (s.VerifySteps == 0) || none != (s.VerifyTime == 0) {
			t.Errorf("%s: %d drafts in %d steps, %v", drafter, s.Drafts, s.VerifySteps, s.VerifyTime)
		}
	}
}
