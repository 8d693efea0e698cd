package main

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
)

// Exact drafts leave sampled text as likely as it should be, typical ones do not, and the same again.
func TestEvalSampled(t *testing.T) {
	const typical = ",draft_acceptance=typical"
	args := []string{"sampled", small, small + ",drafter=ngram", small + ",draft_model=" + small + ",draft_length=8,kv=bf16", small + ",drafter=suffix,draft_length=8" + typical,
		"--text", "scenarios/data/assay-source.txt", "--answers", "40", "--tokens", "40", "--temperatures", "0.8"}
	all := evalObjects[record.Task](t, args...)
	if len(all) != 4 || all[0].Kind != "sampled" || len(all[0].Metrics) != 2 || len(all[0].Metrics[0].Values) != 40 {
		t.Fatalf("printed %+v", all)
	}
	for i, s := range all {
		mean, interval, _ := stat.MeanOf(s.Metrics[0].Values)
		deviation := (interval.High - interval.Low) / 4
		t.Logf("%s: %.3f ± %.3f", s.Subject, mean, deviation)
		if exact := i < 3; exact && math.Abs(mean) > 4*deviation || !exact && mean > -2*deviation {
			t.Errorf("%s: an excess of %.3f ± %.3f", s.Subject, mean, deviation)
		}
	}
	again := evalObjects[record.Task](t, args...)
	for i := range all {
		if !slices.Equal(all[i].Metrics[0].Values, again[i].Metrics[0].Values) {
			t.Errorf("%s: another result the second time", all[i].Subject)
		}
	}
}

func TestEvalSampledRefuses(t *testing.T) {
	text := []string{"--text", "scenarios/data/assay-source.txt"}
	for says, args := range map[string][]string{
		"--answers: found 1, expected 2 or more":                        {small, "--answers", "1"},
		"--tokens: found 0, expected 1 or more":                         {small, "--tokens", "0"},
		"--prompt-tokens: found 1, expected 2 or more":                  {small, "--prompt-tokens", "1"},
		"--temperatures: found 0, expected above 0 and at most 10":      {small, "--temperatures", "0"},
		"--temperatures: found [1 1], expected at least one, each once": {small, "--temperatures", "1,1"},
		`draft_acceptance: found "typical", expected a draft_model or`:  {small + ",draft_acceptance=typical"},
		`draft_epsilon: found "2", expected a number above 0`:           {small + ",drafter=ngram,draft_epsilon=2"},
		`drafter: found "model", expected a draft_model with it`:        {small + ",drafter=model"},
		"context is 1232, want 2 to 1024":                               {small, "--tokens", "1200", "--answers", "2"},
	} {
		evalFails(t, says, append(append([]string{"sampled"}, args...), text...)...)
	}
	evalFails(t, "found drafts, which change nothing here", append([]string{small + ",drafter=ngram"}, text...)...)
}

func TestDraftsInWords(t *testing.T) {
	s, err := parseSubject("m.gguf,drafter=ngram,draft_length=3,draft_acceptance=typical,draft_epsilon=0.2")
	if err != nil || !strings.HasSuffix(s.String(), ", 3 drafts of ngram accepted as typical (0.2)") {
		t.Errorf("%s, error %v", s, err)
	}
	if s, err = parseSubject("m.gguf,drafter=none,draft_length=3"); err != nil || s.drafts != (drafting{}) {
		t.Errorf("%+v, error %v", s, err)
	}
}
