package main

import (
	"context"
	"io"

	"github.com/assaylab/assay/engine/eval"
	"github.com/assaylab/assay/engine/eval/task"
	"github.com/assaylab/assay/experiments/exam"
)

// written has a subject write an answer to each of asks, and tells how far it is.
func (o evalOptions) written(ctx context.Context, werr io.Writer, e entry, asks []exam.Ask, threads int) ([]exam.Written, error) {
	if e.server == nil {
		prompts := make([]eval.Prompt, len(asks))
		for i, a := range asks {
			prompts[i] = task.Generate{Prompt: a.Prompt, Stop: a.Stop}.Encode(e.checkpoint.Tokenizer, a.Max)
		}
		return complete(ctx, werr, e, prompts, threads)
	}
	step := newSteps(werr, e.name.String()+": answer", len(asks))
	defer step.end()
	return e.server.Write(ctx, asks, step.done)
}

// complete continues prompts of a model that is at hand.
func complete(ctx context.Context, werr io.Writer, e entry, prompts []eval.Prompt, threads int) ([]exam.Written, error) {
	step := newSteps(werr, e.name.String()+": completion", len(prompts))
	defer step.end()
	done, err := eval.Generate(ctx, e.subject(), prompts, e.checkpoint.Tokenizer.Ends(), threads, step.done)
	if err != nil {
		return nil, err
	}
	all := make([]exam.Written, len(done))
	for i, c := range done {
		all[i] = exam.Written{Text: e.checkpoint.Tokenizer.Decode(c.Tokens), Finish: string(c.Finish)}
	}
	return all, nil
}
