package showback

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
)

// Measure finds what tokens weigh in the trials of an arm of a run: the engine's seconds for a generated
// token, in the steps that only generate, and for a computed prompt token, in what is left of all
// steps when the generated tokens' part is taken away. Arm is "" where the run has one.
//
// Where the trials' steps were traced, and tell that apart, weights are of a fit of what steps took, and a
// block of the cache held for a second has one, too.
//
// All are means at the run's loads: what a step costs whoever is in it is shared by those who are.
func Measure(set *record.Set, arm string) (Weights, error) {
	a, err := armOf(set.Run.Arms, arm)
	if err != nil {
		return Weights{}, fmt.Errorf("%s: %w", set.Dir, err)
	}
	var all steps
	var trace traced
	for i := range set.Trials {
		if t := &set.Trials[i]; t.Key.Arm == a.ID && t.Status == record.StatusOK && len(t.Invalid) == 0 {
			all.add(&t.Engine)
			if err := trace.trial(set, t.Key.ID); err != nil {
				return Weights{}, err
			}
		}
	}
	w, ok := trace.weights()
	if !ok {
		if w, err = all.weights(); err != nil {
			return Weights{}, fmt.Errorf("%s: arm %s: %w", set.Dir, a.Name, err)
		}
		if trace.steps > 0 {
			w.Notes = append(w.Notes, fmt.Sprintf("The %d traced steps do not tell apart what prompts, answers and held blocks take: blocks weigh nothing by themselves.", trace.steps))
		}
	}
	w.Notes = append(w.Notes, "Weights are means at the run's loads. At another load a generated token takes another part of a step, since more or fewer share it.")
	w.Source = fmt.Sprintf("measured in %s, arm %s, %d trials: %s", set.Dir, a.Name, max(len(all.busy), trace.trials), w.Source)
	return w, nil
}

func armOf(arms []record.Arm, name string) (*record.Arm, error) {
	var names []string
	for i := range arms {
		if arms[i].Name == name || arms[i].ID == name || name == "" && len(arms) == 1 {
			return &arms[i], nil
		}
		names = append(names, arms[i].Name)
	}
	if name == "" {
		return nil, fmt.Errorf("arm: the run has %d: say which is deployed, one of %s", len(arms), strings.Join(names, "; "))
	}
	slices.Sort(names)
	return nil, fmt.Errorf("arm %q: expected one of %s", name, strings.Join(names, "; "))
}

// steps are what trials' engines counted, a number a trial: seconds and tokens.
type steps struct {
	busy, prompt, generated []float64 // of all steps
	generating, tokens      []float64 // of the steps that only generate
}

func (s *steps) add(c *record.Counters) {
	busy, tokens := int64(0), int64(0)
	for _, b := range c.Batches {
		busy, tokens = busy+b.BusyNS, tokens+b.Tokens
	}
	if c.Steps == 0 || tokens == 0 {
		return
	}
	s.busy, s.prompt = append(s.busy, float64(c.BusyNS)/1e9), append(s.prompt, float64(c.PromptTokens-c.PrefixHitTokens))
	s.generated = append(s.generated, float64(c.GeneratedTokens))
	s.generating, s.tokens = append(s.generating, float64(busy)/1e9), append(s.tokens, float64(tokens))
}

// weights are ratios of sums, with the interval over trials where there are two or more.
func (s *steps) weights() (Weights, error) {
	if len(s.busy) == 0 {
		return Weights{}, fmt.Errorf("no trial that is valid has counted steps that only generate, which a generated token's time is found in")
	}
	decode, decodeInterval, ok := stat.ClusterRatio(s.generating, s.tokens)
	rest := make([]float64, len(s.busy))
	for i := range rest {
		rest[i] = s.busy[i] - decode*s.generated[i]
	}
	prefill, prefillInterval, _ := stat.ClusterRatio(rest, s.prompt)
	if !(prefill > 0) {
		return Weights{}, fmt.Errorf("prompts took no measurable time: %.4g s a token; a load with longer prompts tells", prefill)
	}
	w := Weights{Basis: ByTokens, Prefill: prefill, Decode: decode, Seconds: true}
	w.Source = fmt.Sprintf("%s a computed prompt token, %s a generated one", micros(prefill, prefillInterval, ok), micros(decode, decodeInterval, ok))
	if !ok {
		w.Notes = append(w.Notes, "One trial gives no interval: how sure the weights are is not known.")
	}
	return w, nil
}

func micros(seconds float64, i stat.Interval, ok bool) string {
	if !ok {
		return fmt.Sprintf("%.3g µs", seconds*1e6)
	}
	return fmt.Sprintf("%.3g µs (%.3g to %.3g)", seconds*1e6, i.Low*1e6, i.High*1e6)
}
