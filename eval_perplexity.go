package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/engine/eval"
	"github.com/assaylab/assay/engine/eval/task"
)

type perplexityOptions struct {
	evalOptions
	text           string
	length, chunks int
	save, against  string
	asPrompt       bool
}

func newEvalPerplexity() *cobra.Command {
	var o perplexityOptions
	c := &cobra.Command{
		Use:   "perplexity SUBJECT... --text FILE",
		Short: "Perplexity and KL divergence by llama.cpp's rules",
		Long: `Perplexity cuts a text as llama.cpp's perplexity tool does, so that the numbers of the
two compare: consecutive chunks of --ctx tokens, BOS in place of each one's first
token where the model wants it, the second half of each scored. Subjects are compared
with the first one, or with --reference.

--save-logits keeps the reference's predictions in a file, and --against compares with
such a file instead of a model, so that a large reference runs once, anywhere. The
files are those of llama.cpp's --kl-divergence-base, in both directions.

Tokens are predicted with the arithmetic of generated ones, with which answers are
made. With --as-prompt it is that of prompts, where the kernels have one: those named
amx, for weights in integer formats.`,
		Example: `  assay eval perplexity embedded:gopherling-7m embedded:gopherling-7m,quantization=Q4_0 \
    --text scenarios/data/assay-source.txt --chunks 8`,
		Args: arguments("SUBJECT..."),
		RunE: func(c *cobra.Command, args []string) error {
			if o.text == "" && o.against == "" {
				return usageError(c, "--text or --against is missing")
			}
			if o.against != "" && (o.reference != "" || o.save != "" || c.Flags().Changed("ctx") || c.Flags().Changed("chunks")) {
				return usageError(c, "--against FILE is the reference and says the chunks: no --reference, --save-logits, --ctx or --chunks beside it")
			}
			return runPerplexity(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), args, o)
		},
	}
	f := c.Flags()
	o.flags(f)
	f.StringVar(&o.text, "text", "", "text file; with --against, only checked to be the saved one's")
	f.IntVar(&o.length, "ctx", 512, "tokens of a chunk")
	f.IntVar(&o.chunks, "chunks", 0, "chunks from the text's beginning, 0 for all")
	f.StringVar(&o.save, "save-logits", "", "file to keep the reference's predictions in")
	f.StringVar(&o.against, "against", "", "file of saved predictions to compare with")
	f.BoolVar(&o.asPrompt, "as-prompt", false, "compute with the arithmetic of prompts, where kernels have one")
	return c
}

func runPerplexity(ctx context.Context, w, werr io.Writer, args []string, o perplexityOptions) error {
	l, err := openLineup(ctx, args, o.evalOptions)
	if err != nil {
		return err
	}
	defer l.close()
	for i := range l.entries {
		l.entries[i].name.asPrompt = o.asPrompt
	}
	reference := l.entries[l.reference]
	c := eval.Comparison{
		Reference: reference.subject(), Subjects: subjectsOf(l.entries), Threads: l.threads,
		BOS: startToken(reference.checkpoint.Tokenizer),
	}
	name := reference.name.String()
	if o.against != "" {
		name = "saved in " + o.against
		f, err := openLogits(&c, o.against)
		if err != nil {
			return err
		}
		defer f.Close()
		if !c.Saved.IsExact() {
			fmt.Fprintf(werr, "%s keeps likelihoods of the reference down to e^-16 of each best one only: it makes the reference's perplexity a little too good, and the change from it a little too large\n", o.against)
		}
	}
	if err := cutChunks(&c, reference.checkpoint.Tokenizer, o); err != nil {
		return err
	}
	step := newSteps(werr, "chunk", len(c.Windows))
	c.Progress = step.done
	start := time.Now()
	values, err := compareAndSave(ctx, c, o.save)
	step.end()
	if err != nil {
		return err
	}
	all := qualities(l.entries, values, name, record.ProtocolChunks, time.Since(start))
	if o.json {
		return writeJSON(w, all)
	}
	n := len(c.Windows[0].Tokens)
	return writeQualities(w, fmt.Sprintf("%d chunks of %d tokens, the last %d of each scored; reference: %s, perplexity %.4f",
		len(c.Windows), n, n-1-n/2, name, perplexity(values[0].RefNLL)), all)
}

// startToken is what the tokenizer puts in front of a text, -1 for nothing.
func startToken(t task.Tokenizer) int32 {
	if ids := t.Encode("", true); len(ids) > 0 {
		return ids[0]
	}
	return -1
}

// openLogits puts the saved predictions in the reference's place. The file is read
// while they are compared with.
func openLogits(c *eval.Comparison, path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		c.Saved, err = eval.ReadLogits(path, f, info.Size())
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	c.Windows = c.Saved.Windows
	return f, nil
}

// cutChunks cuts the text. Where chunks are there already, from a file of saved
// predictions, it checks that they are the text's.
func cutChunks(c *eval.Comparison, t task.Tokenizer, o perplexityOptions) error {
	if o.text == "" {
		return nil
	}
	text, err := readText(o.text)
	if err != nil {
		return err
	}
	tokens := t.Encode(strings.TrimSuffix(text, "\n"), true) // as llama.cpp reads a file
	if c.Saved == nil {
		if c.Windows, err = eval.Chunks(tokens, o.chunks, o.length); err != nil {
			return fmt.Errorf("%s: %w", o.text, err)
		}
		return nil
	}
	for i, w := range c.Windows {
		if from := i * len(w.Tokens); from+len(w.Tokens) > len(tokens) || !slices.Equal(w.Tokens, tokens[from:from+len(w.Tokens)]) {
			return fmt.Errorf("%s: chunk %d differs from %s: predictions were saved of another text, or with another tokenizer", o.against, i+1, o.text)
		}
	}
	return nil
}

// readText holds a file once, where a string made of its bytes would be a second copy of a text that may be large.
func readText(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	var b strings.Builder
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		b.Grow(int(info.Size()))
	}
	if _, err := io.Copy(&b, f); err != nil {
		return "", err
	}
	return b.String(), nil
}

// compareAndSave runs the comparison and, where path is not empty, keeps the
// reference's predictions there: all of them or no file.
func compareAndSave(ctx context.Context, c eval.Comparison, path string) (values []eval.Values, err error) {
	if path == "" {
		return eval.Compare(ctx, c)
	}
	err = writeFile(path, func(w io.Writer) error {
		if c.Save, err = eval.NewLogWriter(w, c.Reference.Model.Vocab, c.Windows); err != nil {
			return err
		}
		if values, err = eval.Compare(ctx, c); err != nil {
			return err
		}
		return c.Save.Close()
	})
	return values, err
}
