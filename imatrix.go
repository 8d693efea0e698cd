package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/assaylab/assay/engine/eval"
	"github.com/assaylab/assay/engine/imatrix"
	"github.com/assaylab/assay/engine/tokenizer"
)

type imatrixOptions struct {
	text, output            string
	chunks, length, threads int
}

func newImatrix() *cobra.Command {
	var o imatrixOptions
	c := &cobra.Command{
		Use:   "imatrix MODEL --text FILE --output OUT",
		Short: "Collect an importance matrix for quantize",
		Long: `Imatrix runs a model over a text and writes, for every weight matrix, how strongly its
columns are driven. assay quantize --imatrix, and llama.cpp's quantizer, then keep the
error small where it counts. MODEL should be the unquantized one, and the text like
what the model is for.

Ctrl-C stops early and writes what the finished chunks gave.`,
		Example: `  assay imatrix embedded:gopherling-7m --text scenarios/data/assay-source.txt \
    --output imatrix.gguf --chunks 4
  assay quantize embedded:gopherling-7m small.gguf --to Q3_K_M \
    --imatrix imatrix.gguf`,
		Args: arguments("MODEL"),
		RunE: func(c *cobra.Command, args []string) error {
			return collectImatrix(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), args[0], o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.text, "text", "", "text file (required)")
	f.StringVarP(&o.output, "output", "o", "", "file to write (required)")
	f.IntVar(&o.chunks, "chunks", 0, "chunks of the text to read, 0 for all")
	f.IntVar(&o.length, "ctx", 512, "tokens of a chunk")
	f.IntVar(&o.threads, "threads", 0, "worker threads, 0 for all usable cores")
	for _, name := range []string{"text", "output"} {
		_ = c.MarkFlagRequired(name) // fails for an unknown flag only
	}
	return c
}

func collectImatrix(ctx context.Context, w, werr io.Writer, model string, o imatrixOptions) error {
	if o.threads < 0 {
		return fmt.Errorf("imatrix: --threads: found %d, expected 0 (all usable cores) or more", o.threads)
	}
	if o.threads == 0 {
		o.threads = runtime.GOMAXPROCS(0)
	}
	kernels, err := selectKernels()
	if err != nil {
		return err
	}
	text, err := os.ReadFile(o.text)
	if err != nil {
		return err
	}
	c, err := openModel(model, "", kernels)
	if err != nil {
		return err
	}
	defer c.Close()
	if sameFile(model, o.output) {
		return fmt.Errorf("imatrix: %s is the model itself; name another output", o.output)
	}
	chunks, err := o.cut(c.Tokenizer, string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", o.text, err)
	}
	m, err := imatrix.Collect(ctx, imatrix.Collection{
		File: c.File, Model: c.Model, Dataset: filepath.Base(o.text), Chunks: chunks, Threads: o.threads,
		Progress: func(done int) { fmt.Fprintf(werr, "chunk %d of %d\n", done, len(chunks)) },
	})
	if err != nil && (ctx.Err() == nil || m.Chunks == 0) {
		return err
	}
	if werr := m.Write(o.output); werr != nil {
		return werr
	}
	fmt.Fprintf(w, "%s: %d matrices over %d chunks of %d tokens\n", o.output, len(m.Entries), m.Chunks, o.length)
	return err
}

// cut is the text in chunks, each of which begins as a text does.
func (o imatrixOptions) cut(t *tokenizer.Tokenizer, text string) ([][]int32, error) {
	tokens := t.Encode(text, true)
	windows, err := eval.Chunks(tokens, o.chunks, o.length)
	if err != nil {
		return nil, err
	}
	chunks := make([][]int32, len(windows))
	for i, v := range windows {
		chunks[i] = append([]int32{}, v.Tokens...)
		if bos := t.BOS(); bos >= 0 && len(tokens) > 0 && tokens[0] == bos {
			chunks[i][0] = bos
		}
	}
	return chunks, nil
}
