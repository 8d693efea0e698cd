package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/assaylab/assay/engine/eval"
	"github.com/assaylab/assay/engine/eval/task"
	"github.com/assaylab/assay/experiments/exam"
)

type choiceOptions struct {
	evalOptions
	file      string
	letters   bool
	maxTokens int
}

func newEvalChoice() *cobra.Command {
	var o choiceOptions
	c := &cobra.Command{
		Use:   "choice SUBJECT... --task FILE",
		Short: "Accuracy on multiple-choice questions",
		Long: `Choice asks the questions of a JSONL file, one object per line:

  {"context": "The sky is", "choices": ["green", "blue"], "answer": 1}

and counts how often the right choice is the most likely one: by the sum of its tokens'
log-probabilities, and by that sum per character, per byte and per token of the choice.
Text is cut into tokens, and choices weighed, as lm-evaluation-harness does (acc,
acc_norm, acc_bytes); per token is ours. It also gives the mean negative
log-likelihood of the right choices, which shows smaller differences than accuracy.

With --letters every subject writes the letter of its choice instead, which is all that
most servers can be asked for.
` + serverHelp,
		Example: `  assay eval choice embedded:gopherling-7m embedded:gopherling-7m,quantization=Q4_0 \
    --task scenarios/data/choice.jsonl
  assay eval choice http://127.0.0.1:8000,dialect=chat --letters \
    --task scenarios/data/choice.jsonl`,
		Args: arguments("SUBJECT..."),
		RunE: func(c *cobra.Command, args []string) error {
			if o.maxTokens < 1 {
				return usageError(c, "--max-tokens: found %d, expected 1 or more", o.maxTokens)
			}
			return runChoice(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), args, o)
		},
	}
	f := c.Flags()
	o.flags(f)
	o.servers = true
	f.StringVar(&o.file, "task", "", "JSONL file of questions (required)")
	f.BoolVar(&o.letters, "letters", false, "have the letter of a choice written, in place of likelihoods")
	f.IntVar(&o.maxTokens, "max-tokens", 16, "with --letters: tokens of an answer, at most")
	_ = c.MarkFlagRequired("task") // fails for an unknown flag only
	return c
}

func runChoice(ctx context.Context, w, werr io.Writer, args []string, o choiceOptions) error {
	questions, err := readTask(o.file, task.ReadChoices)
	if err != nil {
		return err
	}
	if o.letters {
		return o.askLetters(ctx, w, werr, args, questions)
	}
	return runTask(ctx, w, args, o.evalOptions, exam.Choice, o.file, func(ctx context.Context, e entry, threads int) (answers, error) {
		step := newSteps(werr, e.name.String()+": question", len(questions))
		defer step.end()
		items, values, err := o.score(ctx, e, questions, threads, step.done)
		if err != nil {
			return answers{}, fmt.Errorf("%s: %w", o.file, err)
		}
		return exam.ByScore(questions, items, values), nil
	})
}

// score weighs the choices, of a server only where it tells likelihoods.
func (o choiceOptions) score(ctx context.Context, e entry, questions []task.Choice, threads int, progress func(int)) (items []eval.Choice, values []eval.ChoiceValues, err error) {
	if e.server != nil {
		return o.scoreServer(ctx, e, questions, progress)
	}
	items = make([]eval.Choice, len(questions))
	for i, q := range questions {
		items[i] = q.Encode(e.checkpoint.Tokenizer)
	}
	values, err = eval.Choices(ctx, e.subject(), items, threads, progress)
	return items, values, err
}

func (o choiceOptions) scoreServer(ctx context.Context, e entry, questions []task.Choice, progress func(int)) ([]eval.Choice, []eval.ChoiceValues, error) {
	var no *exam.NoScores
	if err := e.server.Scores(ctx); errors.As(err, &no) {
		return nil, nil, fmt.Errorf("%s tells no likelihoods: %w; with --letters every subject writes the letter of its choice", e.name, err)
	} else if err != nil {
		return nil, nil, err
	}
	return e.server.Score(ctx, questions, progress)
}

// askLetters has every subject write a letter.
func (o choiceOptions) askLetters(ctx context.Context, w, werr io.Writer, args []string, questions []task.Choice) error {
	for _, q := range questions {
		if n := len(q.Choices); n > task.MaxLetters {
			return fmt.Errorf("%s: question %s: found %d choices, expected at most %d, for which there are letters", o.file, q.ID, n, task.MaxLetters)
		}
	}
	asks := exam.AskLetters(questions, o.maxTokens)
	return runTask(ctx, w, args, o.evalOptions, exam.Letters, o.file, func(ctx context.Context, e entry, threads int) (answers, error) {
		written, err := o.written(ctx, werr, e, asks, threads)
		if err != nil {
			return answers{}, fmt.Errorf("%s: %w", o.file, err)
		}
		return exam.ByLetter(questions, written), nil
	})
}

// readTask reads a whole file of items.
func readTask[T any](file string, read func(name string, r io.Reader) ([]T, error)) ([]T, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return read(file, f)
}
