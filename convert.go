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
	"github.com/assaylab/assay/engine/safetensors"
)

type convertOptions struct {
	convert.Options
	to, dtype    string
	shard        int64 // megabytes
	dryRun, json bool
}

func newConvert() *cobra.Command {
	var o convertOptions
	c := &cobra.Command{
		Use:   "convert IN OUT",
		Short: "Make a GGUF file of a model as it is published, or the other way round",
		Long: `Convert reads a model's directory as model hubs have it (config.json, tokenizer.json
and safetensors, whole or in shards) and writes it as the GGUF file OUT. Matrices are
stored as --type says; auto keeps BF16 and makes all else F16. Norms stay F32. What
changes the model's answers and has no place in GGUF is refused, not dropped.

With --to hf, IN is a GGUF file (embedded:NAME and cache:NAME work too) and OUT the
directory that is made of it, for vLLM, transformers and others. With --dtype auto every
value stays what it is; quantized tensors are written as the numbers they stand for.

OUT appears whole or not at all.`,
		Example: `  assay convert ./Qwen3-0.6B qwen3-0.6b.gguf
  assay convert ./Qwen3-0.6B qwen3-0.6b.gguf --type F32 --dry-run
  assay convert --to hf embedded:gopherling-7m ./gopherling-7m`,
		Args: arguments("IN", "OUT"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := checkConvertFlags(c, o); err != nil {
				return err
			}
			do := convertDir
			if o.to == "hf" {
				do = convertFile
			}
			return do(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), args[0], args[1], o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.to, "to", "gguf", "what OUT shall be: gguf, a file, or hf, a directory")
	f.StringVar(&o.Type, "type", convert.Auto, "to gguf: format of the matrices: "+strings.Join(convert.Types(), ", "))
	f.StringVar(&o.Name, "name", "", "to gguf: name of the model; by default what its files and directory say")
	f.StringVar(&o.dtype, "dtype", convert.Auto, "to hf: type of all tensors: "+strings.Join(convert.Types(), ", "))
	f.Int64Var(&o.shard, "shard-mb", safetensors.DefaultShard/1e6, "to hf: most megabytes of tensors in one file")
	f.BoolVar(&o.dryRun, "dry-run", false, "list the tensors and write nothing")
	f.BoolVar(&o.json, "json", false, "the summary as one JSON object")
	return c
}

// checkConvertFlags refuses flags that belong to the other direction.
func checkConvertFlags(c *cobra.Command, o convertOptions) error {
	others := map[string][]string{"gguf": {"dtype", "shard-mb"}, "hf": {"type", "name"}}[o.to]
	if others == nil {
		return usageError(c, "--to: found %q, expected gguf or hf", o.to)
	}
	for _, name := range others {
		if c.Flags().Changed(name) {
			return usageError(c, "--%s: not used with --to %s", name, o.to)
		}
	}
	if o.shard < 1 {
		return usageError(c, "--shard-mb: found %d, expected 1 or more", o.shard)
	}
	return nil
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
	return s.show(w, werr, o.json)
}

// show prints the conversion for people or for scripts.
func (s conversion) show(w, werr io.Writer, asJSON bool) error {
	if asJSON {
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
		return fmt.Errorf("convert: %s is a file; expected the directory with config.json and the weights%s", dir, otherWay(dir))
	}
	if info, err := os.Stat(out); err == nil && info.IsDir() {
		return fmt.Errorf("convert: %s is a directory; expected the name of the file to write", out)
	}
	return nil
}

// otherWay is a hint for those who want the inverse.
func otherWay(file string) string {
	if strings.HasSuffix(file, ".gguf") {
		return " (--to hf makes a directory of a GGUF file)"
	}
	return ""
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
	Shape []int  `json:"shape"` // in the order of the file that is written
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
