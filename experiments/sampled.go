package experiments

import (
	"context"
	"fmt"
	"strconv"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/sweep"
)

// sampled has those of the probes that it is measured of write text, and returns by probe how likely that is; nothing
// where all arms sample exactly.
func (l *Lab) sampled(ctx context.Context, p *Plan, todo []sweep.Probe, weights map[string]string) (map[string][]record.Sampled, error) {
	q, temperatures := p.Scenario.Quality, p.Matrix.Temperatures
	var names, ids []string
	for _, probe := range todo {
		if p.Matrix.Samples(probe) {
			names, ids = append(names, subject(probe, weights)+probe.Drafts.Keys()), append(ids, probe.ID)
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	l.Progress.Phase(fmt.Sprintf("quality: %d settings on %d sampled answers of %d tokens", len(names), q.SampledAnswers*len(temperatures), q.SampledTokens))
	args := []string{"eval", "sampled", "--json", "--text", p.Scenario.Resolve(q.Text), "--answers", strconv.Itoa(q.SampledAnswers),
		"--tokens", strconv.Itoa(q.SampledTokens), "--prompt-tokens", strconv.Itoa(sweep.SampledPrompt), "--seed", strconv.FormatUint(p.Scenario.Run.Seed, 10)}
	for _, t := range temperatures {
		args = append(args, "--temperatures", strconv.FormatFloat(t, 'g', -1, 64))
	}
	tasks, err := measure[record.Task](ctx, l, args, names)
	if err != nil {
		return nil, err
	}
	all := map[string][]record.Sampled{}
	for i, task := range tasks {
		if all[ids[i]], err = sampledOf(task, temperatures, q.SampledTokens); err != nil {
			return nil, fmt.Errorf("measure quality of %s: %w", names[i], err)
		}
	}
	return all, nil
}

// sampledOf takes the two metrics of each temperature from what `assay eval sampled` prints.
func sampledOf(t record.Task, temperatures []float64, tokens int) (all []record.Sampled, err error) {
	if len(t.Metrics) != 2*len(temperatures) {
		return nil, fmt.Errorf("found %d metrics of sampled text, expected 2 for each of %d temperatures", len(t.Metrics), len(temperatures))
	}
	for i, temperature := range temperatures {
		all = append(all, record.Sampled{Temperature: temperature, Tokens: tokens, Excess: t.Metrics[2*i].Values, NLL: t.Metrics[2*i+1].Values})
	}
	return all, nil
}
