package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaylab/assay/experiments/testkit"
)

// TestRunOfLossyDrafts measures what an arm writes that does not sample exactly, and reports it.
func TestRunOfLossyDrafts(t *testing.T) {
	t.Parallel()
	testkit.NeedProc(t)
	dir := tiny(t, func(s *testkit.Scenario) {
		s.Axes = []string{`drafter = ["none", "suffix"]`, `draft_acceptance = ["exact", "typical"]`}
		s.Load, s.Quality = "temperature = 0.8", "sampled_answers = 24\nsampled_tokens = 40"
	})
	run := filepath.Join(dir, "run")
	concluded(t, testkit.Run(t, dir, "run", "tiny.toml", "--out", "run"), run)
	set := readSet(t, run)
	if len(set.Run.Arms) != 3 || len(set.Quality) != 3 || set.Run.Quality.SampledAnswers != 24 {
		t.Fatalf("%d arms, %d qualities, plan %+v", len(set.Run.Arms), len(set.Quality), set.Run.Quality)
	}
	measured := 0
	for id, q := range set.Quality {
		lossy := strings.Contains(q.Subject, "typical")
		if sampled := len(q.Sampled) == 1; sampled != (lossy || id == set.Run.Quality.ReferenceID) {
			t.Errorf("%s: %d measurements of sampled text", q.Subject, len(q.Sampled))
			continue
		}
		if len(q.Sampled) == 1 {
			measured++
			if s := q.Sampled[0]; s.Temperature != .8 || s.Tokens != 40 || len(s.Excess) != 24 || len(s.NLL) != 24 {
				t.Errorf("%s: %+v", q.Subject, s)
			}
		}
	}
	page, err := os.ReadFile(filepath.Join(run, "report.html"))
	if err != nil || measured != 2 || !strings.Contains(string(page), "Sampled text: 24 answers of 40 tokens at temperature 0.8") {
		t.Errorf("%d measured, error %v, no sampled text in the report", measured, err)
	}
}
