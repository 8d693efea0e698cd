package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/engine/sample"
)

// ask runs the prompts at once, each with its number of drafts.
func ask(t *testing.T, e *Engine, n int, drafts []int, prompts [][]int32) [][]int32 {
	t.Helper()
	out := make([][]int32, len(prompts))
	var wg sync.WaitGroup
	for i, p := range prompts {
		s, err := e.Submit(context.Background(), Request{Prompt: p, MaxTokens: n, IgnoreEOS: true, Drafts: drafts[i%len(drafts)]})
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() { out[i], _ = collect(t, s) })
	}
	wg.Wait()
	idle(t, e)
	return out
}

// Requests say how much is drafted for them: answers are the same, alone and beside others, and no more than that
// is drafted.
func TestDraftsOfARequest(t *testing.T) {
	m, work := loadModel(t, "gopherling-2m"), copies(t)
	want := generate(t, start(t, m, nil, options(nil)), 40, sample.Params{}, work...)
	for _, drafter := range []string{DrafterModel, DrafterNgram, DrafterSuffix} {
		for _, adaptive := range []bool{false, true} {
			t.Run(fmt.Sprint(drafter, adaptive), func(t *testing.T) {
				draft := map[bool]*model.Model{true: m}[drafter == DrafterModel]
				o := options(func(o *Options) { o.Drafter, o.DraftLength, o.DraftAdaptive = drafter, 5, adaptive })
				for most, drafts := range map[int][]int{0: {NoDrafts}, 1: {1, NoDrafts}, 3: {3, 1}, 5: {0, NoDrafts, 2, 5}} {
					e := start(t, m, draft, o)
					sameTokens(t, ask(t, e, 40, drafts, work), want)
					s := e.Stats()
					if none := s.DraftTokens == 0; none != (most == 0) || s.DraftTokens > int64(most)*s.Drafts {
						t.Errorf("%v: %d tokens drafted in %d steps", drafts, s.DraftTokens, s.Drafts)
					}
					if slices.ContainsFunc(s.AcceptedAt[most:], func(n int64) bool { return n > 0 }) || !adaptive && most > 0 && s.AcceptedAt[most-1] == 0 {
						t.Errorf("%v: accepted by position: %v", drafts, s.AcceptedAt)
					}
				}
			})
		}
	}
}

// What a draft model leaves out for requests without drafts, it computes nothing for, but for their prompts.
func TestNoDraftsCostNoDrafting(t *testing.T) {
	m := loadModel(t, "gopherling-2m")
	e := start(t, m, m, options(nil))
	ask(t, e, 1, []int{NoDrafts}, workload(t)[:1])
	before := e.Stats().DecodeOps
	ask(t, e, 40, []int{NoDrafts}, workload(t)[:1])
	with := e.Stats().DecodeOps - before
	alone := start(t, m, nil, options(nil))
	ask(t, alone, 1, []int{0}, workload(t)[:1])
	before = alone.Stats().DecodeOps
	ask(t, alone, 40, []int{0}, workload(t)[:1])
	without := alone.Stats().DecodeOps - before
	if prompt := int64(len(workload(t)[0])) * m.Ops(len(workload(t)[0]), false); with > without+prompt {
		t.Errorf("%d multiply-adds with a draft model that is not used, %d without and at most %d for its prompt", with, without, prompt)
	}
}

func TestBadDraftsOfARequest(t *testing.T) {
	m := loadModel(t, "gopherling-2m")
	for _, row := range []struct {
		drafter string
		drafts  int
		want    string
	}{
		{DrafterNgram, 5, "drafts is 5, want -1 for none, or 0 to draft_length, 4"},
		{DrafterNgram, -2, "drafts is -2, want -1"},
		{DrafterNone, 1, "drafts is 1, want -1 for none, or 0 to draft_length, 0"},
	} {
		e := start(t, m, nil, options(func(o *Options) { o.Drafter = row.drafter }))
		_, err := e.Submit(context.Background(), Request{Prompt: []int32{1}, MaxTokens: 1, Drafts: row.drafts})
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%v, want an error with %q", err, row.want)
		}
	}
}
