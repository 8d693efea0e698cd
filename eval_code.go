package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/assaylab/assay/engine/eval"
	"github.com/assaylab/assay/engine/eval/task"
	"github.com/assaylab/assay/experiments/exam"
)

type codeOptions struct {
	evalOptions
	source             string
	items              int
	seed               uint64
	context, maxTokens int
	tokenizer          string
}

func newEvalCode() *cobra.Command {
	var o codeOptions
	c := &cobra.Command{
		Use:   "code SUBJECT... --source PATH",
		Short: "Go code: is the next line right, does the function parse",
		Long: `Code cuts Go functions off at a random line and lets each subject write on, greedily,
to the end of the function. It counts how often the next line is the one in the file,
blanks around it aside, and how often the function with what was written parses
(go/parser). A function that is not ended within --max-tokens does not. The likelihood
of the file's own next line shows smaller differences than either.

PATH is a directory, of which all Go files are taken, or a file of many Go files one
after the other. Take code that the models were not trained on: for the embedded ones
not the Go distribution, but scenarios/data/assay-source.txt. The same source, --items
and --seed give the same places.

With a server among the subjects there are no likelihoods, and prompts are cut by
--tokenizer for it.
` + serverHelp,
		Example: `  assay eval code embedded:gopherling-7m embedded:gopherling-7m,quantization=Q4_0 \
    --source scenarios/data/assay-source.txt --items 100`,
		Args: arguments("SUBJECT..."),
		RunE: func(c *cobra.Command, args []string) error {
			for _, f := range []struct {
				name  string
				value int
			}{{"items", o.items}, {"context-tokens", o.context}, {"max-tokens", o.maxTokens}} {
				if f.value < 1 {
					return usageError(c, "--%s: found %d, expected 1 or more", f.name, f.value)
				}
			}
			return runCode(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), args, o)
		},
	}
	f := c.Flags()
	o.flags(f)
	o.servers = true
	f.StringVar(&o.source, "source", "", "directory or file with Go source (required)")
	f.IntVar(&o.items, "items", 100, "functions to cut off")
	f.Uint64Var(&o.seed, "seed", 1, "of the choice of functions and lines")
	f.IntVar(&o.context, "context-tokens", 512, "tokens of the file before the line, at most")
	f.IntVar(&o.maxTokens, "max-tokens", 128, "tokens to write, at most")
	f.StringVar(&o.tokenizer, "tokenizer", defaultModel, "GGUF file, embedded:NAME or cache:NAME that cuts a server's prompts")
	_ = c.MarkFlagRequired("source") // fails for an unknown flag only
	return c
}

func runCode(ctx context.Context, w, werr io.Writer, args []string, o codeOptions) error {
	sources, err := readSources(o.source)
	if err != nil {
		return err
	}
	places, skipped, err := task.Codes(sources, o.items, o.seed)
	for _, s := range skipped {
		fmt.Fprintln(werr, "left out:", s)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", o.source, err)
	}
	likelihoods := !anyServer(append(args, o.reference))
	return runTask(ctx, w, args, o.evalOptions, exam.Code, o.source, func(ctx context.Context, e entry, threads int) (answers, error) {
		if e.server != nil {
			return o.askServer(ctx, werr, e, places)
		}
		prompts, lines := make([]eval.Prompt, len(places)), make([]eval.Choice, len(places))
		for i, p := range places {
			prompts[i], lines[i] = p.Encode(e.checkpoint.Tokenizer, o.context, o.maxTokens)
		}
		var nll []float64
		if likelihoods {
			scores, err := eval.Choices(ctx, e.subject(), lines, threads, nil)
			if err != nil {
				return answers{}, fmt.Errorf("%s: %w", e.name, err)
			}
			for _, s := range scores {
				nll = append(nll, -s.LogProb[0])
			}
		}
		written, err := complete(ctx, werr, e, prompts, threads)
		if err != nil {
			return answers{}, fmt.Errorf("%s: %w", e.name, err)
		}
		return exam.ByCode(places, written, nll), nil
	})
}

// askServer has a server continue the places, if it continues texts.
func (o codeOptions) askServer(ctx context.Context, werr io.Writer, e entry, places []task.Code) (answers, error) {
	if !exam.Continues(e.server.Kind) {
		return answers{}, fmt.Errorf("%s: a server of this dialect answers messages, and does not continue a text: use a dialect of completions", e.name)
	}
	kernels, err := selectKernels()
	if err != nil {
		return answers{}, err
	}
	c, err := openModel(o.tokenizer, "", kernels)
	if err != nil {
		return answers{}, err
	}
	defer c.Close()
	written, err := o.written(ctx, werr, e, exam.AskCodes(places, c.Tokenizer, o.context, o.maxTokens), 0)
	if err != nil {
		return answers{}, err
	}
	return exam.ByCode(places, written, nil), nil
}

// readSources reads the Go files below a directory, or those that a text holds.
func readSources(path string) ([]task.Source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		return task.SplitSources(path, string(text)), nil
	}
	var all []task.Source
	err = filepath.WalkDir(path, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if hidden := strings.HasPrefix(d.Name(), ".") && file != path; d.IsDir() && (hidden || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !d.Type().IsRegular() || filepath.Ext(file) != ".go" {
			return nil
		}
		text, err := os.ReadFile(file)
		all = append(all, task.Source{Name: filepath.ToSlash(file), Line: 1, Text: string(text)})
		return err
	})
	return all, err
}
