package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/assaylab/assay/engine/eval/task"
	"github.com/assaylab/assay/experiments/exam"
)

type generateOptions struct {
	evalOptions
	file, check string
	maxTokens   int
	allowExec   bool
	timeout     time.Duration
}

func newEvalGenerate() *cobra.Command {
	var o generateOptions
	c := &cobra.Command{
		Use:   "generate SUBJECT... --task FILE",
		Short: "Judge completions: by equality, or by a command",
		Long: `Generate continues the prompts of a JSONL file greedily, one object per line:

  {"prompt": "1 + 1 =", "expected": "2", "max_tokens": 4, "stop": ["\n"]}

An answer is right where it equals "expected", blanks around either aside; with a
"pattern", a regular expression, where the first match or its first group does. An item
may instead, or as well, name a command: "check": ["python3", "{file}"]. The answer, with
the texts "before" and "after" around it, is on its standard input and in the file that
{file} names, called "file" in an empty directory. It passes where it exits with 0.
--check gives such a command to all items that have none.

Commands are run with --allow-exec only. They have your rights and no sandbox, on text
that a model wrote: use a container if the text is run as a program. Of the
environment they see PATH; they and what they start are killed after --timeout.
` + serverHelp,
		Example: `  assay eval generate embedded:gopherling-7m --task scenarios/data/generate.jsonl`,
		Args:    arguments("SUBJECT..."),
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case o.maxTokens < 1:
				return usageError(c, "--max-tokens: found %d, expected 1 or more", o.maxTokens)
			case o.timeout <= 0:
				return usageError(c, "--timeout: found %v, expected more than 0", o.timeout)
			case o.check != "" && !o.allowExec:
				return usageError(c, "--check runs a command on what the model writes: add --allow-exec if you want that")
			}
			return runGenerate(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), args, o)
		},
	}
	f := c.Flags()
	o.flags(f)
	o.servers = true
	f.StringVar(&o.file, "task", "", "JSONL file of prompts (required)")
	f.IntVar(&o.maxTokens, "max-tokens", 128, "tokens to generate at most, where an item says nothing")
	f.StringVar(&o.check, "check", "", "command that judges items without one of their own, split at blanks")
	f.BoolVar(&o.allowExec, "allow-exec", false, "run the commands of --check and of the task file")
	f.DurationVar(&o.timeout, "timeout", 10*time.Second, "of a command")
	_ = c.MarkFlagRequired("task") // fails for an unknown flag only
	return c
}

func runGenerate(ctx context.Context, w, werr io.Writer, args []string, o generateOptions) error {
	prompts, err := readTask(o.file, task.ReadGenerates)
	if err != nil {
		return err
	}
	if err := o.settleChecks(werr, prompts); err != nil {
		return err
	}
	asks := exam.AskGenerates(prompts, o.maxTokens)
	return runTask(ctx, w, args, o.evalOptions, exam.Generate, o.file, func(ctx context.Context, e entry, threads int) (answers, error) {
		written, err := o.written(ctx, werr, e, asks, threads)
		if err != nil {
			return answers{}, fmt.Errorf("%s: %w", o.file, err)
		}
		return o.judge(ctx, werr, e, prompts, written)
	})
}

// settleChecks gives items the command of --check, and takes the file's own commands
// away where none may run.
func (o generateOptions) settleChecks(werr io.Writer, prompts []task.Generate) error {
	withheld, expected := 0, false
	for i := range prompts {
		p := &prompts[i]
		if len(p.Check.Command) == 0 {
			p.Check.Command = strings.Fields(o.check)
		}
		switch {
		case p.Expected == nil && p.Pattern == nil && len(p.Check.Command) == 0:
			return fmt.Errorf("%s: item %s: found neither \"expected\" nor \"pattern\" nor \"check\", expected one to judge the answer by, or --check", o.file, p.ID)
		case len(p.Check.Command) > 0 && !o.allowExec:
			withheld++
			p.Check.Command = nil
		}
		expected = expected || p.Expected != nil || p.Pattern != nil
	}
	switch {
	case withheld > 0 && !expected:
		return fmt.Errorf("%s: its items are judged by commands, which run with --allow-exec only (with your rights, on text that a model wrote)", o.file)
	case withheld > 0:
		fmt.Fprintf(werr, "commands that judge items and are not run without --allow-exec: %d\n", withheld)
	}
	return nil
}

// judge runs the commands of items, too, as far as there are any.
func (o generateOptions) judge(ctx context.Context, werr io.Writer, e entry, prompts []task.Generate, written []exam.Written) (answers, error) {
	step, n := newSteps(werr, e.name.String()+": judged", len(prompts)), 0
	defer step.end()
	return exam.ByText(prompts, written, func(p task.Generate, answer string) (bool, string, error) {
		v, err := p.Check.Run(ctx, answer, o.timeout, os.Getenv("PATH"))
		if err != nil {
			return false, "", fmt.Errorf("%s: item %s: %w", o.file, p.ID, err)
		}
		if v.TimedOut {
			v.Output += fmt.Sprintf("\nkilled after %v", o.timeout)
		}
		n++
		step.done(n)
		return v.Passed, v.Output, nil
	})
}
