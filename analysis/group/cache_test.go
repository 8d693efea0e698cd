package group

import (
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/loadgen/result"
)

// What the server counted is held against the state that the load declares.
func TestCacheStates(t *testing.T) {
	for _, c := range []struct {
		name  string
		state string
		share []float64
		edit  func(*record.Trial, []result.Request)
		want  string // "" for valid
		open  string // what cannot be checked
	}{
		{name: "a state that nobody noted", edit: func(r *record.Trial, _ []result.Request) { r.Engine.PrefixHitTokens = 99 }},
		{name: "cold and nothing read", state: "cold"},
		{name: "cold and as much read as is shared", state: "cold", edit: func(r *record.Trial, _ []result.Request) { r.Engine.PrefixHitTokens, r.Shareable = 99, 99 }},
		{name: "cold and more read", state: "cold", edit: func(r *record.Trial, _ []result.Request) { r.Engine.PrefixHitTokens, r.Shareable = 100, 99 },
			want: "the cache was not cold: the server read 100 of "},
		{name: "cold and repeated", state: "cold", edit: func(r *record.Trial, _ []result.Request) { r.Engine.PrefixHitTokens, r.Repeated = 100, 7 },
			want: "; 7 prompts repeat earlier ones, as the corpus is used up"},
		{name: "cold by what answers say", state: "cold", edit: func(r *record.Trial, q []result.Request) { r.Engine.PromptTokens = 0; q[3].CachedTokens = 12 },
			want: "of which the requests share at most 0"},
		{name: "answers say nothing", state: "cold", edit: func(r *record.Trial, _ []result.Request) { r.Engine.PromptTokens = 0 }, open: "the server reported no cached tokens"},
		{name: "a template's own tokens", state: "cold", edit: func(r *record.Trial, q []result.Request) {
			r.Engine.PromptTokens = 0
			for i := range q {
				q[i].PromptTokens += 20
				q[i].CachedTokens = 16
			}
		}},
		{name: "more than the template's", state: "cold", edit: func(r *record.Trial, q []result.Request) {
			r.Engine.PromptTokens = 0
			for i := range q {
				q[i].PromptTokens += 15
				q[i].CachedTokens = 16
			}
		}, want: "the cache was not cold"},
		{name: "warm", state: "warm", edit: func(r *record.Trial, _ []result.Request) { r.Engine.PrefixHitTokens, r.Shareable = 1, 99 }},
		{name: "warm and nothing read", state: "warm", edit: func(r *record.Trial, _ []result.Request) { r.Shareable = 99 }, want: "the cache was not warm: the server read none of"},
		{name: "warm by answers that say nothing", state: "warm", edit: func(r *record.Trial, _ []result.Request) { r.Engine.PromptTokens, r.Shareable = 0, 99 }, want: "the cache was not warm"},
		{name: "warmer than warm", state: "warm", edit: func(r *record.Trial, _ []result.Request) { r.Engine.PrefixHitTokens, r.Shareable = 100, 99 }, want: "the cache was not warm: the server read 100"},
		{name: "as declared", state: "declared", share: []float64{.4, .6}, edit: func(r *record.Trial, _ []result.Request) { r.Engine.PrefixHitTokens = r.Engine.PromptTokens / 2 }},
		{name: "less than declared", state: "declared", share: []float64{.4, .6}, edit: func(r *record.Trial, _ []result.Request) { r.Engine.PrefixHitTokens = r.Engine.PromptTokens / 4 },
			want: "the cache was not as declared: 2"},
		{name: "more than declared", state: "declared", share: []float64{.4, .6}, edit: func(r *record.Trial, _ []result.Request) { r.Engine.PrefixHitTokens = r.Engine.PromptTokens },
			want: "100 % of the prompt tokens were read from it, declared are 40 to 60 %"},
	} {
		p := recordtest.Small()
		p.EditRun = func(r *record.Run) { r.Loads[0].Cache, r.Loads[0].CachedShare = c.state, c.share }
		p.Edit = func(r *record.Trial, q []result.Request) bool {
			if c.edit != nil && r.Key.Arm == "fast" && r.Key.Load == "r20" {
				c.edit(r, q)
			}
			return true
		}
		cell := load(t, p)["fast r20"]
		got, open := strings.Join(cell.Invalid, "; "), strings.Join(cell.Unchecked, "; ")
		if c.want == "" && got != "" || !strings.Contains(got, c.want) || c.open == "" && open != "" || !strings.Contains(open, c.open) {
			t.Errorf("%s: invalid %q, unchecked %q", c.name, got, open)
		}
	}
}

// An arm without a prefix cache can be cold, and nothing else.
func TestNoCache(t *testing.T) {
	for state, want := range map[string]int{"cold": 0, "warm": 1, "declared": 1} {
		p := recordtest.Small()
		p.EditRun = func(r *record.Run) {
			r.Loads[0].Cache, r.Loads[0].CachedShare = state, []float64{.5, 1}
			r.Arms[1].Settings = append(r.Arms[1].Settings, record.Setting{Name: "prefix_cache", Value: "none"})
		}
		if c := load(t, p)["fast r20"]; len(c.Invalid) != 0 || len(c.Unchecked) != want {
			t.Errorf("%s: invalid %q, unchecked %q", state, c.Invalid, c.Unchecked)
		}
	}
}

// Where lengths are forced an answer that ends early says that they were not.
func TestForcedLengths(t *testing.T) {
	for _, forced := range []bool{false, true} {
		p := recordtest.Small()
		p.EditRun = func(r *record.Run) { r.Loads[0].Forced = forced }
		p.Edit = func(r *record.Trial, q []result.Request) bool {
			if r.Key.Load == "r20" {
				q[5].OutputTokens--
				q[6].OutputTokens--
				q[6].Estimated = true // our count, which proves nothing
				q[7].OutputTokens--
				q[7].Outcome = result.Reset
			}
			return true
		}
		got := strings.Join(load(t, p)["fast r20"].Invalid, "; ")
		if (got != "") != forced || forced && !strings.Contains(got, "1 of 58 answers are shorter than what was asked for") {
			t.Errorf("forced %t: %q", forced, got)
		}
	}
}
