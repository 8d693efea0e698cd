package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/engine/eval"
)

type windowOptions struct {
	evalOptions
	text            string
	windows, length int
}

func newEval() *cobra.Command {
	var o windowOptions
	c := &cobra.Command{
		Use:   "eval SUBJECT... --text FILE",
		Short: "Measure how well models predict, answer and write",
		Long: `Eval predicts every token of windows of a text and compares each subject with a
reference: perplexity, KL divergence, share of equal first choices. The verbs below it
measure in other ways: as llama.cpp does, by multiple choice, by what is written.

A SUBJECT is MODEL[,quantization=FORMAT][,kv=FORMAT]: a GGUF file, embedded:NAME or
cache:NAME, its weights as in the file and its cache in f32 unless said otherwise.
Settings of what the cache keeps can follow: kv_policy, kv_budget, kv_sinks, kv_recent,
kv_observe, block_size, each with its =VALUE; of a window of text, the first half then
counts as the prompt. The reference is the first subject's model as shipped, with a
full f32 cache, unless --reference names another. The verbs below take the first
subject as it is.

All differences are between answers to the same items, with 95 % intervals.
With --json there is one object per subject and line, with every item's values.`,
		Example: `  assay eval embedded:gopherling-7m,quantization=Q4_0 \
    --text scenarios/data/assay-source.txt
  assay eval choice embedded:gopherling-7m embedded:gopherling-2m \
    --task scenarios/data/choice.jsonl`,
		Args: arguments("SUBJECT..."),
		RunE: func(c *cobra.Command, args []string) error {
			return runWindows(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), args, o)
		},
	}
	f := c.Flags()
	o.flags(f)
	f.StringVar(&o.text, "text", "", "text file (required)")
	f.IntVar(&o.windows, "windows", 8, "windows, spread over the text")
	f.IntVar(&o.length, "length", 512, "tokens of a window")
	_ = c.MarkFlagRequired("text") // fails for an unknown flag only
	c.AddCommand(newEvalPerplexity(), newEvalChoice(), newEvalGenerate(), newEvalCode(), newEvalNeedle(), newEvalSampled())
	return c
}

func runWindows(ctx context.Context, w, werr io.Writer, args []string, o windowOptions) error {
	if o.reference == "" {
		first, err := parseSubject(args[0])
		if err != nil {
			return err
		}
		o.reference = first.model
	}
	l, err := openLineup(ctx, args, o.evalOptions)
	if err != nil {
		return err
	}
	defer l.close()
	reference := l.entries[l.reference]
	text, err := os.ReadFile(o.text)
	if err != nil {
		return err
	}
	windows, err := eval.Windows(reference.checkpoint.Tokenizer.Encode(string(text), true), o.windows, o.length)
	if err != nil {
		return fmt.Errorf("%s: %w", o.text, err)
	}
	named := l.named()
	start := time.Now()
	values, err := eval.Compare(ctx, eval.Comparison{
		Reference: reference.subject(), Subjects: subjectsOf(named), Windows: windows, BOS: -1, Threads: l.threads,
		Progress: func(done int) { fmt.Fprintf(werr, "window %d of %d\n", done, len(windows)) },
	})
	if err != nil {
		return err
	}
	all := qualities(named, values, reference.name.String(), record.ProtocolWindows, time.Since(start))
	if o.json {
		return writeJSON(w, all)
	}
	caption := fmt.Sprintf("%d tokens in %d windows of %d, each given all before it in its window; reference: %s, perplexity %.4f",
		len(values[0].NLL), o.windows, o.length, reference.name, perplexity(values[0].RefNLL))
	return writeQualities(w, caption, all)
}

// qualities are what is recorded of a comparison.
func qualities(entries []entry, values []eval.Values, reference, protocol string, took time.Duration) []record.Quality {
	all := make([]record.Quality, len(values))
	for i, v := range values {
		all[i] = record.Quality{
			Format: record.FormatVersion, Subject: entries[i].name.String(), Reference: reference, Protocol: protocol,
			Window: v.Window, NLL: v.NLL, Ref: v.RefNLL, KL: v.KL, SameTop: v.SameTop,
			WeightBytes: entries[i].checkpoint.Model.WeightBytes(), ElapsedNS: took.Nanoseconds(),
		}
	}
	return all
}

// writeJSON writes one object a line.
func writeJSON[T any](w io.Writer, all []T) error {
	enc := json.NewEncoder(w)
	for _, v := range all {
		if err := enc.Encode(v); err != nil {
			return err
		}
	}
	return nil
}
