package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/assaylab/assay/engine/convert"
	"github.com/assaylab/assay/engine/gguf"
)

type convertOptions struct {
	convert.Options
	dryRun, json bool
}

func newConvert() *cobra.Command {
	var o convertOptions
	c := &cobra.Command{
		Use:   "convert HF_DIR OUT",
		Short: "Make a GGUF file of a model as it is published",
		Long: `Convert reads a model's directory as model hubs have it (config.json, tokenizer.json
and safetensors, whole or in shards) and writes it as the GGUF file OUT. Matrices are
stored as --type says; auto keeps BF16 and makes all else F16. Norms stay F32. What
changes the model's answers and has no place in GGUF is refused, not dropped. OUT
appears whole or not at all.`,
		Example: `  assay convert ./Qwen3-0.6B qwen3-0.6b.gguf
  assay convert ./Qwen3-0.6B qwen3-0.6b.gguf --type F32 --dry-run`,
		Args: arguments("HF_DIR", "OUT"),
		RunE: func(c *cobra.Command, args []string) error {
			return convertDir(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), args[0], args[1], o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.Type, "type", convert.Auto, "format of the matrices: "+strings.Join(convert.Types(), ", "))
	f.StringVar(&o.Name, "name", "", "name of the model; by default what its files and directory say")
	f.BoolVar(&o.dryRun, "dry-run", false, "list the tensors and write nothing")
	f.BoolVar(&o.json, "json", false, "the summary as one JSON object")
	return c
}

// convertDir converts, and prints a summary to w and progress to werr.
func convertDir(ctx context.Context, w, werr io.Writer, dir, out string, o convertOptions) error {
	if err := checkConvert(dir, out); err != nil {
		return err
	}
	m, err := convert.Open(dir, o.Options)
	if err != nil {
		return err
	}
	defer m.Close()
	if !o.dryRun {
		report(werr, m.Tensors)
		interruptible(ctx, m.Tensors)
		if err := gguf.WriteFile(out, m.KVs, m.Tensors); err != nil {
			return err
		}
	}
	s := conversion{Summary: m.Summary(), File: out, Written: !o.dryRun}
	if o.dryRun {
		s.List = listed(m.Tensors)
	}
	if o.json {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(s)
	}
	return s.print(w, werr)
}

// checkConvert finds mistakes in the arguments that would show late or oddly.
func checkConvert(dir, out string) error {
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return fmt.Errorf("convert: %w", err)
	case !info.IsDir():
		return fmt.Errorf("convert: %s is a file; expected the directory with config.json and the weights", dir)
	}
	if info, err := os.Stat(out); err == nil && info.IsDir() {
		return fmt.Errorf("convert: %s is a directory; expected the name of the file to write", out)
	}
	return nil
}

// interruptible makes writing tensors end when ctx does.
func interruptible(ctx context.Context, tensors []gguf.TensorData) {
	for i := range tensors {
		write := tensors[i].Write
		tensors[i].Write = func(w io.Writer) error { return write(contextWriter{ctx, w}) }
	}
}

type contextWriter struct {
	ctx context.Context
	w   io.Writer
}

func (c contextWriter) Write(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.w.Write(p)
}

// conversion is what convert shows.
type conversion struct {
	convert.Summary
	File    string         `json:"file"`
	Written bool           `json:"written"`
	List    []listedTensor `json:"tensor_list,omitempty"`
}

type listedTensor struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Shape []int  `json:"shape"` // in ggml's order
	Bytes int    `json:"bytes"`
}

func listed(tensors []gguf.TensorData) []listedTensor {
	list := make([]listedTensor, len(tensors))
	for i, t := range tensors {
		bytes, _ := t.Type.Size(t.Dims) // writing would refuse a shape without a size
		list[i] = listedTensor{t.Name, t.Type.String(), t.Dims, bytes}
	}
	return list
}

func (c conversion) print(w, werr io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, t := range c.List {
		fmt.Fprintf(table, "%s\t%s\t%v\t%d bytes\n", t.Name, t.Type, t.Shape, t.Bytes)
	}
	if len(c.List) > 0 {
		fmt.Fprintln(table)
	}
	fmt.Fprintf(table, "model\t%s (%s)\n", c.Name, c.Architecture)
	fmt.Fprintf(table, "parameters\t%d in %d tensors\n", c.Parameters, c.Tensors)
	fmt.Fprintf(table, "weights\t%.1f MB, matrices in %s\n", megabytes(c.Bytes), c.Type)
	fmt.Fprintf(table, "tokenizer\t%s\n", c.Tokenizer)
	done := c.File
	if !c.Written {
		done += " (not written)"
	}
	fmt.Fprintf(table, "file\t%s\n", done)
	var errs []error
	for _, s := range c.Warnings {
		_, err := fmt.Fprintf(werr, "warning: %s\n", s)
		errs = append(errs, err)
	}
	return errors.Join(append(errs, table.Flush())...)
}
