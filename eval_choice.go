package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/engine/eval"
	"github.com/assaylab/assay/engine/eval/task"
)

func newEvalChoice() *cobra.Command {
	var o evalOptions
	var file string
	c := &cobra.Command{
		Use:   "choice SUBJECT... --task FILE",
		Short: "Accuracy on multiple-choice questions",
		Long: `Choice asks the questions of a JSONL file, one object per line:

  {"context": "The sky is", "choices": ["green", "blue"], "answer": 1}

and counts how often the right choice is the most likely one: by the sum of its tokens'
log-probabilities, and by that sum per character, per byte and per token of the choice.
Text is cut into tokens, and choices weighed, as lm-evaluation-harness does (acc,
acc_norm, acc_bytes); per token is ours. It also gives the mean negative
log-likelihood of the right choices, which shows smaller differences than accuracy.`,
		Example: `  assay eval choice embedded:gopherling-7m embedded:gopherling-7m,quantization=Q4_0 \
    --task scenarios/data/choice.jsonl`,
		Args: arguments("SUBJECT..."),
		RunE: func(c *cobra.Command, args []string) error {
			return runChoice(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), args, o, file)
		},
	}
	o.flags(c.Flags())
	c.Flags().StringVar(&file, "task", "", "JSONL file of questions (required)")
	_ = c.MarkFlagRequired("task") // fails for an unknown flag only
	return c
}

func runChoice(ctx context.Context, w, werr io.Writer, args []string, o evalOptions, file string) error {
	questions, err := readTask(file, task.ReadChoices)
	if err != nil {
		return err
	}
	return runTask(ctx, w, args, o, "choice", file, func(ctx context.Context, e entry, threads int) (answers, error) {
		items := make([]eval.Choice, len(questions))
		for i, q := range questions {
			items[i] = q.Encode(e.checkpoint.Tokenizer)
		}
		step := newSteps(werr, e.name.String()+": question", len(items))
		defer step.end()
		values, err := eval.Choices(ctx, e.subject(), items, threads, step.done)
		if err != nil {
			return answers{}, fmt.Errorf("%s: %w", file, err)
		}
		return judgeChoices(questions, items, values), nil
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

func judgeChoices(questions []task.Choice, items []eval.Choice, values []eval.ChoiceValues) answers {
	sum, char := record.Metric{Name: "accuracy by sum of log-probabilities"}, record.Metric{Name: "accuracy per character"}
	bytes, tokens := record.Metric{Name: "accuracy per byte"}, record.Metric{Name: "accuracy per token"}
	nll := record.Metric{Name: "negative log-likelihood of the right choice", Unit: "nats"}
	var a answers
	for i, q := range questions {
		pick := q.Pick(items[i], values[i])
		sum.Hits = append(sum.Hits, pick.Sum == q.Answer)
		char.Hits = append(char.Hits, pick.PerCharacter == q.Answer)
		bytes.Hits = append(bytes.Hits, pick.PerByte == q.Answer)
		tokens.Hits = append(tokens.Hits, pick.PerToken == q.Answer)
		nll.Values = append(nll.Values, -values[i].LogProb[q.Answer])
		item := record.Item{ID: q.ID, Answer: q.Choices[pick.Sum], LogProb: values[i].LogProb}
		for _, c := range items[i].Continuations {
			item.Tokens = append(item.Tokens, len(c))
		}
		a.items = append(a.items, item)
	}
	a.metrics = []record.Metric{sum, char, bytes, tokens, nll}
	return a
}
