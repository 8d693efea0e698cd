package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/spf13/cobra"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/engine/checkpoint"
	"github.com/assaylab/assay/engine/eval"
	"github.com/assaylab/assay/engine/sample"
)

type sampledOptions struct {
	evalOptions
	text                    string
	answers, tokens, prompt int
	temperatures            []float64
	seed                    uint64
}

func newEvalSampled() *cobra.Command {
	var o sampledOptions
	c := &cobra.Command{
		Use:   "sampled SUBJECT... --text FILE",
		Short: "Sampled text: is it as likely as it should be",
		Long: `Sampled has the engine write answers to pieces of a text, at --temperatures, and asks
the model how likely every token was: tokens that are drawn from a distribution have its
entropy as their negative log-likelihood on average. The excess, the mean difference of
the two, is 0 but for chance with the engine's exact rules; drafts that are accepted
otherwise than exactly push it away from 0, below it where likely tokens come too often.

Settings of drafts can follow a subject here: draft_model, drafter, draft_length,
draft_acceptance, draft_epsilon, each with its =VALUE. Answers end after --tokens.`,
		Example: `  assay eval sampled embedded:gopherling-7m,drafter=ngram \
    embedded:gopherling-7m,drafter=ngram,draft_acceptance=typical \
    --text scenarios/data/assay-source.txt`,
		Args: arguments("SUBJECT..."),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return usageError(c, "%v", err)
			}
			return runSampled(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), args, o)
		},
	}
	o.drafts = true
	f := c.Flags()
	o.flags(f)
	f.StringVar(&o.text, "text", "", "text file that prompts are cut from (required)")
	f.IntVar(&o.answers, "answers", 64, "answers at each temperature")
	f.IntVar(&o.tokens, "tokens", 128, "tokens of an answer")
	f.IntVar(&o.prompt, "prompt-tokens", 32, "tokens of a prompt")
	f.Float64SliceVar(&o.temperatures, "temperatures", []float64{1}, "to sample at")
	f.Uint64Var(&o.seed, "seed", 1, "of the first answer; the next ones have those that follow")
	_ = c.MarkFlagRequired("text") // fails for an unknown flag only
	return c
}

func (o *sampledOptions) check() error {
	switch {
	case o.answers < 2:
		return fmt.Errorf("--answers: found %d, expected 2 or more", o.answers)
	case o.tokens < 1:
		return fmt.Errorf("--tokens: found %d, expected 1 or more", o.tokens)
	case o.prompt < 2:
		return fmt.Errorf("--prompt-tokens: found %d, expected 2 or more", o.prompt)
	case len(o.temperatures) == 0 || !distinct(o.temperatures):
		return fmt.Errorf("--temperatures: found %v, expected at least one, each once", o.temperatures)
	}
	for _, t := range o.temperatures {
		if !(t > 0 && t <= 10) {
			return fmt.Errorf("--temperatures: found %g, expected above 0 and at most 10", t)
		}
	}
	return nil
}

func runSampled(ctx context.Context, w, werr io.Writer, args []string, o sampledOptions) error {
	text, err := readText(o.text)
	if err != nil {
		return err
	}
	return runTask(ctx, w, args, o.evalOptions, "sampled", o.text, func(ctx context.Context, e entry, threads int) (answers, error) {
		windows, err := eval.Windows(e.checkpoint.Tokenizer.Encode(text, true), o.answers, o.prompt)
		if err != nil {
			return answers{}, fmt.Errorf("%s: %w", o.text, err)
		}
		var a answers
		for _, t := range o.temperatures {
			metrics, err := o.at(ctx, werr, e, windows, t, threads)
			if err != nil {
				return answers{}, fmt.Errorf("%s: %w", e.name, err)
			}
			a.Metrics = append(a.Metrics, metrics...)
		}
		return a, nil
	})
}

// at writes and judges answers at one temperature. Each value is a mean over the tokens of an answer.
func (o *sampledOptions) at(ctx context.Context, werr io.Writer, e entry, windows []eval.Window, temperature float64, threads int) ([]record.Metric, error) {
	p := sample.Params{Temperature: float32(temperature), Seed: o.seed}
	written, err := o.write(ctx, e, windows, p, threads)
	if err != nil {
		return nil, err
	}
	step := newSteps(werr, fmt.Sprintf("%s, temperature %g: answer", e.name, temperature), len(written))
	defer step.end()
	values, err := eval.Judge(ctx, e.subject(), written, p, threads, step.done)
	if err != nil {
		return nil, err
	}
	metric := func(name string) record.Metric {
		return record.Metric{Name: fmt.Sprintf("%s, temperature %g", name, temperature), Unit: "nats per token"}
	}
	excess, nll := metric("excess of negative log-likelihood over entropy"), metric("negative log-likelihood")
	for _, v := range values {
		sum, entropy := 0.0, 0.0
		for i := range v.NLL {
			sum, entropy = sum+v.NLL[i], entropy+v.Entropy[i]
		}
		n := float64(len(v.NLL))
		excess.Values, nll.Values = append(excess.Values, (sum-entropy)/n), append(nll.Values, sum/n)
	}
	return []record.Metric{excess, nll}, nil
}

// sampledBatch is how many answers are written at once at most.
const sampledBatch = 8

// write has an engine answer the prompts. Batches start full and are not joined, so that what the drafter "suffix" has
// seen when it is asked does not depend on time.
func (o *sampledOptions) write(ctx context.Context, e entry, windows []eval.Window, p sample.Params, threads int) ([]eval.Sampled, error) {
	options, err := e.name.options(o.prompt+o.tokens, threads)
	if err != nil {
		return nil, err
	}
	options.Batching, options.BatchWait = "static", options.BatchWait*1000
	for options.MaxBatch = sampledBatch; len(windows)%options.MaxBatch != 0; {
		options.MaxBatch--
	}
	options.MaxQueue = max(options.MaxQueue, len(windows))
	var draft *checkpoint.Checkpoint
	if path := e.name.drafts.model; path != "" {
		if draft, err = openDraft(e.checkpoint, path); err != nil {
			return nil, err
		}
		defer draft.Close()
	}
	run, err := startSampling(e.checkpoint, draft, options)
	if err != nil {
		return nil, err
	}
	defer run.Close()
	return answerAll(ctx, run, windows, p, o.tokens)
}

func openDraft(c *checkpoint.Checkpoint, path string) (*checkpoint.Checkpoint, error) {
	kernels, err := selectKernels()
	if err != nil {
		return nil, err
	}
	d, err := openModel(path, "", kernels)
	if err != nil {
		return nil, fmt.Errorf("draft model: %w", err)
	}
	if err := c.Compatible(d); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

func startSampling(c, draft *checkpoint.Checkpoint, o engine.Options) (*engine.Engine, error) {
	if draft == nil {
		return engine.New(c.Model, nil, nil, o, nil)
	}
	return engine.New(c.Model, draft.Model, nil, o, nil)
}

// answerAll asks for all answers at once; the i-th has p's seed and i.
func answerAll(ctx context.Context, e *engine.Engine, windows []eval.Window, p sample.Params, tokens int) ([]eval.Sampled, error) {
	out, errs := make([]eval.Sampled, len(windows)), make([]error, len(windows))
	var wg sync.WaitGroup
	defer wg.Wait()
	for i, w := range windows {
		r := engine.Request{Prompt: w.Tokens, MaxTokens: tokens, IgnoreEOS: true, Sampling: p}
		r.Sampling.Seed += uint64(i)
		s, err := e.Submit(ctx, r)
		if err != nil {
			return nil, err
		}
		wg.Go(func() { out[i].Prompt = w.Tokens; out[i].Answer, errs[i] = listen(ctx, s) })
	}
	wg.Wait()
	return out, errors.Join(errs...)
}

// listen reads a stream to its end.
func listen(ctx context.Context, s *engine.Stream) (tokens []int32, err error) {
	for {
		ev, err := s.Next(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return tokens, nil
		case err != nil:
			return nil, err
		}
		tokens = append(tokens, ev.Tokens...)
	}
}
