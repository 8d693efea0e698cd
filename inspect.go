package main

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/engine/checkpoint"
	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/engine/model"
)

type inspectOptions struct {
	context, batch int
	kvFormat       string
	summary, json  bool
}

func newInspect() *cobra.Command {
	d := engine.DefaultOptions()
	var o inspectOptions
	c := &cobra.Command{
		Use:   "inspect FILE",
		Short: "Show what a model file holds and what memory serving it takes",
		Long: `Inspect lists a GGUF file's metadata, tensors and number formats, and estimates the
memory of serving it to a number of sequences of a length. FILE may be
embedded:NAME or cache:NAME, too. Of an architecture that Assay cannot run it shows
the rest, and why.`,
		Example: `  assay inspect embedded:gopherling-7m --summary
  assay inspect model.gguf --context 4096 --batch 16 --kv-format q8_0`,
		Args: arguments("FILE"),
		RunE: func(c *cobra.Command, args []string) error { return inspect(c.OutOrStdout(), args[0], o) },
	}
	f := c.Flags()
	f.IntVar(&o.context, "context", 0, "positions of each sequence, 0 for the model's own")
	f.IntVar(&o.batch, "batch", d.MaxBatch, "sequences at once")
	f.StringVar(&o.kvFormat, "kv-format", d.KVFormat, "cache format: "+strings.Join(model.CacheFormats, ", "))
	f.BoolVar(&o.summary, "summary", false, "leave out the lists of metadata and tensors")
	f.BoolVar(&o.json, "json", false, "everything as one JSON object")
	return c
}

// inspection is what inspect shows.
type inspection struct {
	checkpoint.Summary
	Metadata []gguf.KV          `json:"metadata"`
	Memory   *checkpoint.Memory `json:"memory_estimate,omitempty"`
	Refusal  string             `json:"cannot_run,omitempty"` // why the model cannot be run
}

func inspect(w io.Writer, path string, o inspectOptions) error {
	switch {
	case o.context < 0:
		return fmt.Errorf("inspect: --context: found %d, expected 0 (the model's own) or more", o.context)
	case o.batch < 1:
		return fmt.Errorf("inspect: --batch: found %d, expected 1 or more", o.batch)
	}
	f, err := openFile(path)
	if err != nil {
		return err
	}
	defer f.Close()
	i := inspection{Summary: checkpoint.Summarize(f), Metadata: f.KVs}
	if i.Memory, err = estimate(f, o); err != nil {
		i.Refusal = err.Error()
	}
	if o.json {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(i)
	}
	return i.print(w, o.summary)
}

// estimate is nil where the model cannot be run.
func estimate(f *gguf.File, o inspectOptions) (*checkpoint.Memory, error) {
	kernels, err := kernel.ForMachine("")
	if err != nil {
		return nil, err
	}
	m, err := model.Load(f, kernels)
	if err != nil {
		return nil, err
	}
	if o.context == 0 {
		o.context = m.Context
	}
	e, err := checkpoint.EstimateMemory(m, o.batch, o.context, engine.DefaultOptions().TokenBudget, o.kvFormat)
	return &e, err
}

func (i inspection) print(w io.Writer, summary bool) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if !summary {
		i.printMetadata(t)
		i.printTensors(t)
	}
	fmt.Fprintf(t, "%s: %s %s, %s parameters in %d tensors, %s (%.2f bits each)\n",
		i.File, i.Architecture, i.Name, countOf(i.Parameters), len(i.Tensors), bytesOf(i.Bytes), 8*float64(i.Bytes)/float64(max(1, i.Parameters)))
	fmt.Fprintf(t, "\nFormat\tTensors\tParameters\tBytes\n")
	for _, k := range i.Types {
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\n", k.Type, k.Tensors, countOf(k.Parameters), bytesOf(k.Bytes))
	}
	i.printMemory(t)
	return t.Flush()
}

func (i inspection) printMetadata(w io.Writer) {
	fmt.Fprintf(w, "Metadata, GGUF version %d, %d keys\n", i.Version, len(i.Metadata))
	for _, kv := range i.Metadata {
		fmt.Fprintf(w, "%s\t%s\n", kv.Key, abridged(kv.Value))
	}
	fmt.Fprintln(w)
}

func (i inspection) printTensors(w io.Writer) {
	fmt.Fprintf(w, "Tensor\tShape\tFormat\tBytes\n")
	for _, t := range i.Tensors {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\n", t.Name, shape(t.Shape), t.Type, t.Bytes)
	}
	fmt.Fprintln(w)
}

// shape words dimensions, the length of a row first.
func shape(dims []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(dims), " ", " x "), "[]")
}

func (i inspection) printMemory(w io.Writer) {
	m := i.Memory
	if m == nil {
		fmt.Fprintf(w, "\nAssay cannot run this model: %s\n", i.Refusal)
		return
	}
	fmt.Fprintf(w, "\nMemory of %d sequences of %d tokens, estimated\n", m.Sequences, m.Context)
	fmt.Fprintf(w, "weights\t%s\tpacked at the start\n", bytesOf(m.WeightBytes))
	fmt.Fprintf(w, "KV cache\t%s\t%s, %s a token\n", bytesOf(m.KVBytes), m.KVFormat, bytesOf(m.KVBytesPerToken))
	fmt.Fprintf(w, "activations\t%s\tsteps of %d tokens\n", bytesOf(m.ActivationBytes), m.TokenBudget)
	fmt.Fprintf(w, "total\t%s\tnot counted: %s\n", bytesOf(m.TotalBytes), m.NotCounted)
}

// abridged is a metadata value on one short line.
func abridged(v any) string {
	const width, elements = 72, 6
	if s, ok := v.(string); ok {
		return cut(fmt.Sprintf("%q", s), width)
	}
	r := reflect.ValueOf(v)
	if r.Kind() != reflect.Slice {
		return fmt.Sprint(v)
	}
	var parts []string
	for i := range min(r.Len(), elements) {
		parts = append(parts, abridged(r.Index(i).Interface()))
	}
	if r.Len() > elements {
		parts = append(parts, "…")
	}
	return fmt.Sprintf("%d: %s", r.Len(), cut(strings.Join(parts, ", "), width))
}

// cut shortens to n runes.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// bytesOf has three digits and a decimal unit, as model sizes are quoted.
func bytesOf(n int64) string { return scaledBy(float64(n), []string{"B", "kB", "MB", "GB", "TB"}) }

// countOf has three digits and a decimal unit.
func countOf(n int64) string {
	return strings.TrimSpace(scaledBy(float64(n), []string{"", "k", "M", "B", "T"}))
}

func scaledBy(x float64, units []string) string {
	i := 0
	for x >= 999.5 && i < len(units)-1 {
		x, i = x/1000, i+1
	}
	digits := 0
	if i > 0 && x < 99.95 {
		digits = 1
	}
	return fmt.Sprintf("%.*f %s", digits, x, units[i])
}
