package main

import (
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/record"
)

// The embedded model finds what is above, and does not where its window ends below it.
func TestEvalNeedle(t *testing.T) {
	const model = "embedded:gopherling-7m"
	args := []string{"needle", model, model + ",kv_policy=window,kv_budget=64", model + ",kv_policy=snapkv,kv_budget=144,kv_recent=32",
		"--source", "scenarios/data/assay-source.txt", "--items", "4", "--lengths", "160", "--depths", "0,1"}
	all := evalObjects[record.Task](t, args...)
	if len(all) != 3 || all[0].Kind != "needle" || len(all[0].Items) != 8 || len(all[0].Metrics) != 4 {
		t.Fatalf("printed %+v", all)
	}
	found := func(s record.Task, metric int) (n int) {
		for _, hit := range s.Metrics[metric].Hits {
			if hit {
				n++
			}
		}
		return n
	}
	if found(all[0], 0) < 7 || found(all[2], 0) < 7 || found(all[1], 2) > 3 || found(all[1], 3) < 3 {
		t.Errorf("everything kept finds %d of 8, snapkv %d; a window %d of 4 above it, %d of 4 in it",
			found(all[0], 0), found(all[2], 0), found(all[1], 2), found(all[1], 3))
	}
	out, errs, code := assay(t, append([]string{"eval"}, args...)...)
	if code != exitOK || !strings.Contains(out, "contexts of 160 tokens, by depth (items: 4 each)") || !strings.Contains(out, "last 64 positions") {
		t.Errorf("exit code %d, printed %s, reported %s", code, out, errs)
	}
}

func TestEvalNeedleRefuses(t *testing.T) {
	source := []string{"--source", "scenarios/data/assay-source.txt"}
	for says, args := range map[string][]string{
		"--lengths: found 63, expected 64 or more":              {small, "--lengths", "63"},
		"--depths: found 1.5, expected 0 to 1":                  {small, "--depths", "1.5"},
		"--lengths and --depths: found a value twice":           {small, "--lengths", "100,100"},
		"--items: found 0, expected 1 or more":                  {small, "--items", "0"},
		`kv_policy: found "lru", expected one of full, window`:  {small + ",kv_policy=lru"},
		"kv_budget: found 100, expected a multiple":             {small + ",kv_policy=h2o,kv_budget=100"},
		`found "color=1", expected quantization=FORMAT, kv=FOR`: {small + ",color=1"},
		"expected at most 1024, the context of":                 {small, "--lengths", "1100", "--items", "1"},
	} {
		evalFails(t, says, append(append([]string{"needle"}, args...), source...)...)
	}
}
