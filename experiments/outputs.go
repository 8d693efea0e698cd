package experiments

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/sweep"
	"github.com/assaylab/assay/experiments/target"
	"github.com/assaylab/assay/loadgen/workload"
)

// outputs asks every arm of the included engine the scenario's fixed prompts, unless its answers are on disk. Nothing of it is timed.
func (r *run) outputs(ctx context.Context) error {
	o := r.plan.Scenario.Outputs
	if o == nil {
		return nil
	}
	corpus, err := r.text(o.Text)
	if err != nil {
		return err
	}
	spec := workload.Spec{Prompt: workload.FixedLength(o.PromptTokens), Output: workload.FixedLength(o.Tokens), Special: true}
	prompts, err := corpus.Prompts(spec, workload.Key{Seed: r.plan.Scenario.Run.Seed, Load: "outputs"}, o.Prompts)
	if err != nil {
		return fmt.Errorf("%s: outputs: %w", r.plan.Scenario.File, err)
	}
	for _, a := range r.plan.Matrix.Arms {
		if a.Target != nil || r.store.OutputsDone(a.Record.ID) {
			continue
		}
		r.Progress.Phase(fmt.Sprintf("answers of %s%s to %d fixed prompts", a.Record.Name, r.label, len(prompts)))
		items, err := r.answers(ctx, a, prompts)
		if err != nil {
			return fmt.Errorf("answers of %s: %w", a.Record.Name, err)
		}
		if err := r.store.PutOutputs(record.Outputs{Arm: a.Record.ID, Items: items}); err != nil {
			return err
		}
	}
	return nil
}

// answers starts an arm's engine for its answers alone.
func (r *run) answers(ctx context.Context, a sweep.Arm, prompts []workload.Prompt) (items []record.Output, err error) {
	e := &target.Engine{Executable: r.Executable, Args: r.serveArgs(a), Client: r.client}
	stop, err := r.begin(ctx, e, r.plan.Scenario.Run.ReadyTimeout)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	for _, p := range prompts {
		o, err := r.ask(ctx, e.URL(), p)
		if err != nil {
			return nil, err
		}
		items = append(items, o)
	}
	return items, nil
}

// ask sends one prompt and waits for the whole answer.
func (r *run) ask(ctx context.Context, base string, p workload.Prompt) (record.Output, error) {
	body, err := json.Marshal(map[string]any{"model": servedName, "prompt": p.Text, "max_tokens": r.plan.Scenario.Outputs.Tokens, "temperature": 0})
	if err != nil {
		return record.Output{}, err
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/v1/completions", bytes.NewReader(body))
	if err != nil {
		return record.Output{}, err
	}
	q.Header.Set("Content-Type", "application/json")
	res, err := r.client.Do(q)
	if err != nil {
		return record.Output{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return record.Output{}, err
	}
	if res.StatusCode != http.StatusOK {
		return record.Output{}, fmt.Errorf("the engine answered %s: %s", res.Status, bytes.TrimSpace(text))
	}
	var answer struct {
		Choices []struct{ Text string }
		Usage   struct {
			CompletionTokens int `json:"completion_tokens"`
		}
	}
	if err := json.Unmarshal(text, &answer); err != nil || len(answer.Choices) != 1 {
		return record.Output{}, errors.Join(fmt.Errorf("the engine's answer has %d choices, expected 1", len(answer.Choices)), err)
	}
	return record.Output{Prompt: p.Text, Text: answer.Choices[0].Text, Tokens: answer.Usage.CompletionTokens}, nil
}
