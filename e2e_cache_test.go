package main

import (
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/experiments/testkit"
)

// TestCacheStates: of a server with a prefix cache a cold load reads what its prompts share and no more, a warm one reads
// more than that, as its prefixes are there before; and one that declares what is not so is told. Classes and teams come through a
// whole run.
func TestCacheStates(t *testing.T) {
	dir := t.TempDir()
	s := testkit.Tiny()
	s.Axes, s.Windows, s.Engine, s.Warmup = nil, 0, `prefix_cache = "radix"`, 3
	s.Load = `name = "cold"
shared_prefix = { groups = 3, tokens = 12 }
class = [{ name = "a", team = "x", slo = { limit = [{ metric = "e2e", percentile = 0.5, limit = "1m" }] } }, { name = "b", output_tokens = 4 }]`
	text := s.Text()
	from, to := strings.Index(text, "[[load]]"), strings.Index(text, "[cost]")
	load := text[from:to]
	warm := strings.Replace(strings.Replace(load, `"cold"`, `"warm"`, 1), "class = ", "cache = \"warm\"\nwarmup = 6\n# ", 1)
	warm = strings.Replace(warm, "warmup = 3\n", "", 1)
	declared := strings.Replace(strings.Replace(load, `"cold"`, `"declared"`, 1), "class = ", "cache = \"declared\"\ncached_share = [0.99, 1]\n# ", 1)
	testkit.WriteFile(t, dir+"/text.txt", testkit.Corpus(t))
	testkit.WriteFile(t, dir+"/s.toml", text[:from]+load+warm+declared+text[to:])
	r := testkit.Run(t, dir, "run", "s.toml", "--out", "run")
	if r.Code != exitOK && r.Code != exitUndecided && r.Code != exitBad {
		t.Fatalf("%+v", r)
	}
	study, err := analysis.Analyse(setOf(t, dir+"/run"), analysis.Options{Draws: 100})
	if err != nil || len(study.Cells) != 3 {
		t.Fatal(err, len(study.Cells))
	}
	cold, hot, wrong := study.Cells[0], study.Cells[1], study.Cells[2]
	about := func(c analysis.Cell) string {
		var all []string
		for _, reason := range c.Invalid {
			if strings.Contains(reason, "cache") {
				all = append(all, reason)
			}
		}
		return strings.Join(all, "; ")
	}
	if about(cold) != "" || about(hot) != "" || !strings.Contains(about(wrong), "the cache was not as declared") {
		t.Errorf("cold %q, warm %q, declared %q", about(cold), about(hot), about(wrong))
	}
	if cold.Cache.Read == 0 || cold.Cache.Read > cold.Cache.Shareable || hot.Cache.Read < 12*11 /* every prompt finds its prefix but for the last token */ {
		t.Errorf("cold %+v, warm %+v", cold.Cache, hot.Cache)
	}
	if len(cold.Classes) != 2 || cold.Classes[0].Issued+cold.Classes[1].Issued != 12 || len(cold.Classes[0].SLOs) != 1 || len(cold.Classes[1].SLOs) != 3 || len(cold.Teams) != 2 {
		t.Errorf("%+v %+v", cold.Classes, cold.Teams)
	}
	for _, u := range cold.Teams {
		if want := map[string]int64{"": 4, "x": 8}[u.Team]; u.OutputTokens != want*int64(u.Requests) || u.PromptTokens != 16*int64(u.Requests) {
			t.Errorf("%+v", u)
		}
	}
}
