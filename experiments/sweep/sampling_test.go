package sweep

import (
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/experiments/scenario"
)

const measured = "[quality]\ntext = \"t.txt\"\nsampled_answers = 10\nsampled_tokens = 20\n"

// Arms that do not sample exactly have quality of their own, and so has the reference then.
func TestLossyProbes(t *testing.T) {
	exact, lossy := expand(t, small, sampling+measured), expand(t, small, sampling+measured+acceptances)
	if len(exact.Temperatures) > 0 || exact.Reference.ID == lossy.Reference.ID || !slices.Equal(lossy.Temperatures, []float64{.8}) {
		t.Errorf("temperatures %v and %v, references %s and %s", exact.Temperatures, lossy.Temperatures, exact.Reference.ID, lossy.Reference.ID)
	}
	var got []string
	for _, p := range lossy.Probes() {
		line := p.Subject + p.Drafts.Keys()
		if lossy.Samples(p) {
			line += " samples"
		}
		got = append(got, line)
	}
	want := []string{"BF16 weights, f32 cache samples", "BF16 weights, bf16 cache",
		"BF16 weights, bf16 cache, drafts accepted as typical,drafter=ngram,draft_length=4,draft_acceptance=typical,draft_epsilon=0.09 samples",
		"BF16 weights, bf16 cache, drafts accepted as typical,drafter=ngram,draft_length=4,draft_acceptance=typical,draft_epsilon=0.3 samples"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	ids := map[string]bool{}
	for _, a := range lossy.Arms {
		ids[a.Record.QualityID] = true
	}
	if len(ids) != 3 {
		t.Errorf("%d qualities of 4 arms, of which two do not draft or do so exactly", len(ids))
	}
	if n := lossy.sampledTokens(); n != 3*10*(SampledPrompt+2*20) {
		t.Errorf("%d tokens are written and judged", n)
	}
	if p := lossy.plan("ab"); p.SampledAnswers != 10 || p.SampledTokens != 20 || !slices.Equal(p.SampledTemperatures, []float64{.8}) {
		t.Errorf("plan %+v", p)
	}
	if p := exact.plan("ab"); p.SampledAnswers != 0 {
		t.Errorf("plan %+v of exact arms", p)
	}
	if without := expand(t, small, sampling+acceptances); len(without.Temperatures) > 0 || without.Probes() != nil {
		t.Error("sampled text is measured without [quality]")
	}
}

func TestSampledAnswersMustFit(t *testing.T) {
	text := strings.Replace(sampling+measured+acceptances, "sampled_tokens = 20", "sampled_tokens = 1000", 1)
	s, err := scenario.Parse("x.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	_, err = Expand(s, small)
	if err == nil || !strings.Contains(err.Error(), "quality.sampled_tokens: 1000, expected at most") && !strings.Contains(err.Error(), "the model's context") {
		t.Errorf("error %v", err)
	}
}
