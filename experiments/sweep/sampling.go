package sweep

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/assaylab/assay/experiments/scenario"
)

// SampledPrompt is how many tokens the prompts have after which sampled text is measured.
const SampledPrompt = 32

// temperatures are those at which loads sample, each once, rising; none where all are greedy.
func (m *Matrix) temperatures() (all []float64) {
	for _, w := range m.Scenario.Loads {
		if w.Temperature > 0 {
			all = append(all, w.Temperature)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// sampling returns at which temperatures sampled text is measured: those of the loads where an arm does not
// sample exactly, none otherwise.
func (m *Matrix) sampling(arms []candidate) []float64 {
	if m.Scenario.Quality == nil || !slices.ContainsFunc(arms, func(c candidate) bool { return c.settings.Lossy() }) {
		return nil
	}
	return m.temperatures()
}

// checkSampling refuses answers that do not fit the model's context.
func (m *Matrix) checkSampling(c Capabilities) error {
	most := c.Context - SampledPrompt
	if q := m.Scenario.Quality; len(m.Temperatures) > 0 && q.SampledTokens > most {
		return m.Scenario.Problem("quality.sampled_tokens", strconv.Itoa(q.SampledTokens),
			fmt.Sprintf("at most %d: the model's context (%d) less that of a prompt", most, c.Context), "")
	}
	return nil
}

// Drafting is what of an arm's settings decides what it samples, apart from those of the model: the zero value
// where it samples exactly.
type Drafting struct {
	Drafter, Model string // Model can be opened
	Weights        string // the draft model's format
	Length         int
	Acceptance     string
	Epsilon        float64
}

// drafting is that of an arm. Where lengths are chosen, all drafts are taken to be of the longest.
func (m *Matrix) drafting(s scenario.Settings) Drafting {
	if !s.Lossy() {
		return Drafting{}
	}
	return Drafting{s.Drafter, m.Scenario.Resolve(s.DraftModel), s.DraftWeights, s.DraftLength, s.DraftAcceptance, s.DraftEpsilon}
}

// Keys are the settings as a subject of `assay eval sampled` has them, each with a comma in front.
func (d Drafting) Keys() string {
	if d == (Drafting{}) {
		return ""
	}
	keys := fmt.Sprintf(",drafter=%s,draft_length=%d,draft_acceptance=%s,draft_epsilon=%g", d.Drafter, d.Length, d.Acceptance, d.Epsilon)
	if d.Model != "" {
		keys += ",draft_model=" + d.Model + ",draft_quantization=" + d.Weights
	}
	return keys
}

// sampledTokens is how many tokens are written and judged.
func (m *Matrix) sampledTokens() (tokens int) {
	for _, p := range m.Probes() {
		if m.Samples(p) {
			tokens += m.Scenario.Quality.SampledAnswers * len(m.Temperatures) * (SampledPrompt + 2*m.Scenario.Quality.SampledTokens)
		}
	}
	return tokens
}

// Samples says whether sampled text is measured of a probe: of those that do not sample exactly, and of the reference,
// which shows what the measurement itself is off by.
func (m *Matrix) Samples(p Probe) bool {
	return len(m.Temperatures) > 0 && (p.Drafts != Drafting{} || p.ID == m.Reference.ID)
}
