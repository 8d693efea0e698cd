package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/engine/checkpoint"
	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/engine/machine"
	"github.com/assaylab/assay/engine/model"
)

// plannedFormats are the cache formats that kv plans for when none is named, most bits first.
// f16 takes what bf16 takes, and a rotation takes nothing.
var plannedFormats = []string{"f32", "bf16", "q8_0", "q8_0/q4_0", "q4_0", "q4_0+channel"}

type kvOptions struct {
	checkpoint.KVAsk
	policies []string
	bound    kvcache.Bound
	memory   string
	json     bool
}

func newKV() *cobra.Command {
	d := engine.DefaultOptions()
	var o kvOptions
	c := &cobra.Command{
		Use:   "kv FILE",
		Short: "Show what the keys and values of a model take, by format and layout",
		Long: `Kv computes from a model's shape, before anything runs, what its cached keys and
values take in each format and layout: of a token, a sequence and a batch, and how
many sequences fit the memory that is available beside the weights.

A format is that of keys and values, or K/V, as in q8_0/q4_0, with +channel for keys
that have scales per channel, and +hadamard for a rotation. Contiguous sequences have
their whole context reserved, paged ones the blocks of the --length that they have.

With --kv-policy it also plans for caches that keep a part of each: what a sequence has
while it generates, and the most that it has at once, which is more while its prompt is
computed. One of the sequences of a batch is counted with its most.`,
		Example: `  assay kv embedded:gopherling-7m --context 512 --batch 16
  assay kv model.gguf --context 8192 --length 4000 --answer 200 --kv-policy sinks,snapkv --kv-budget 1024 --memory 8GB`,
		Args: arguments("FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := planKV(c.OutOrStdout(), args[0], o); err != nil {
				return fmt.Errorf("kv: %w", err)
			}
			return nil
		},
	}
	f := c.Flags()
	f.IntVar(&o.Context, "context", 0, "positions that a sequence may have, 0 for the model's own")
	f.IntVar(&o.Length, "length", 0, "positions that it has on average, 0 for all of the context")
	f.IntVar(&o.Batch, "batch", d.MaxBatch, "sequences at once")
	f.IntVar(&o.Answer, "answer", 0, "of --length, positions that are generated; the others are the prompt")
	f.StringSliceVar(&o.policies, "kv-policy", nil, "plan for these, too: which positions of a sequence are kept, of window, sinks, h2o, snapkv")
	f.IntVar(&o.bound.Budget, "kv-budget", d.KVBudget, "positions kept of a sequence, where not all are")
	f.IntVar(&o.bound.Sinks, "kv-sinks", d.KVSinks, "first positions that are always kept")
	f.IntVar(&o.bound.Recent, "kv-recent", d.KVRecent, "last positions that are always kept, with h2o and snapkv")
	f.IntVar(&o.Budget, "token-budget", d.TokenBudget, "rows in one step")
	f.IntVar(&o.BlockSize, "block-size", d.BlockSize, "positions per KV block")
	f.StringSliceVar(&o.Formats, "kv", plannedFormats, "cache formats")
	f.StringVar(&o.memory, "memory", "", "memory for weights, steps and cache, such as 8GB or 6GiB (default: what is available)")
	f.BoolVar(&o.json, "json", false, "everything as one JSON object")
	return c
}

// kvPlan is what kv shows.
type kvPlan struct {
	Model       string                  `json:"model"`
	Layers      int                     `json:"layers"`
	KVHeads     int                     `json:"kv_heads"`
	HeadDim     int                     `json:"head_columns"`
	WeightBytes int64                   `json:"weight_bytes"`
	MemoryBytes int64                   `json:"memory_bytes"` // 0 where not known
	Context     int                     `json:"context_tokens"`
	Length      int                     `json:"length_tokens"`
	Batch       int                     `json:"batch"`
	Answer      int                     `json:"answer_tokens"`
	Strategies  []checkpoint.KVStrategy `json:"strategies"`
	Skipped     []checkpoint.KVSkipped  `json:"skipped,omitempty"`
	Blocks      []checkpoint.KVBlock    `json:"block_sizes"`
}

func planKV(w io.Writer, path string, o kvOptions) error {
	f, err := openFile(path)
	if err != nil {
		return err
	}
	defer f.Close()
	p, err := o.plan(f)
	if err != nil {
		return err
	}
	if o.json {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(p)
	}
	return p.print(w)
}

func (o kvOptions) plan(f *gguf.File) (*kvPlan, error) {
	c, err := model.ReadConfig(f)
	if err != nil {
		return nil, err
	}
	if o.Memory, err = memoryOf(o.memory); err != nil {
		return nil, err
	}
	if o.Context == 0 {
		o.Context = c.Context
	}
	if o.Length == 0 {
		o.Length = o.Context
	}
	o.WeightBytes = checkpoint.Summarize(f).Bytes
	for _, policy := range o.policies {
		if policy == kvcache.PolicyFull { // which is planned for in any case
			continue
		}
		b := o.bound
		b.Policy = policy
		o.Bounds = append(o.Bounds, b)
	}
	if err := o.Check(c); err != nil {
		return nil, err
	}
	p := &kvPlan{Model: c.Name, Layers: c.Layers, KVHeads: c.KVHeads, HeadDim: c.HeadDim, WeightBytes: o.WeightBytes,
		MemoryBytes: o.Memory, Context: o.Context, Length: o.Length, Answer: o.Answer, Batch: o.Batch}
	p.Strategies, p.Skipped, err = checkpoint.PlanKV(c, o.KVAsk)
	p.Blocks = checkpoint.KVBlocks(o.KVAsk, 8, 16, 32, 64, 128, 256)
	return p, err
}

// memoryOf is the memory that is asked for, or what is available, 0 where that is not known.
func memoryOf(text string) (int64, error) {
	if text == "" {
		return machine.Available(os.DirFS("/")), nil
	}
	return parseBytes(text)
}

// byteUnits are the units of sizes, the longer names first.
var byteUnits = []struct {
	name string
	size float64
}{
	{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}, {"tib", 1 << 40},
	{"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"tb", 1e12}, {"b", 1}, {"", 1},
}

// parseBytes reads sizes such as 8GB, 1.5 GiB and 1000000.
func parseBytes(text string) (int64, error) {
	lower := strings.ToLower(strings.TrimSpace(text))
	i := slices.IndexFunc(byteUnits, func(u struct {
		name string
		size float64
	}) bool {
		return strings.HasSuffix(lower, u.name)
	})
	digits := strings.TrimSpace(strings.TrimSuffix(lower, byteUnits[i].name))
	n, err := strconv.ParseFloat(digits, 64)
	if n *= byteUnits[i].size; err != nil || !(n >= 1) || n > math.MaxInt64/2 {
		return 0, errors.New("--memory: found " + strconv.Quote(text) + ", expected a size such as 8GB or 6GiB")
	}
	return int64(n), nil
}

func (p *kvPlan) print(w io.Writer) error {
	memory := "memory is not known"
	if p.MemoryBytes > 0 {
		memory = bytesOf(p.MemoryBytes) + " of memory"
	}
	fmt.Fprintf(w, "%s: %d layers of %d key and value heads of %d columns; weights of %s, %s\n\n",
		p.Model, p.Layers, p.KVHeads, p.HeadDim, bytesOf(p.WeightBytes), memory)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "KV format\tBits\tA token\tLayout\tKept\tBlock\tA sequence\tAt most\t%d of them\tFit\n", p.Batch)
	for i, s := range p.Strategies {
		format, bits, token := s.Format, fmt.Sprintf("%.1f", s.Bits), bytesOf(s.TokenBytes)
		if i > 0 && p.Strategies[i-1].Format == s.Format {
			format, bits, token = "", "", ""
		}
		fit := "?"
		if s.Fit >= 0 {
			fit = strconv.FormatInt(s.Fit, 10)
		}
		if s.Fit >= 0 && s.Fit < int64(p.Batch) {
			fit += ": too few"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\n", format, bits, token, s.Layout, s.Policy, s.BlockSize,
			bytesOf(s.SequenceBytes), bytesOf(s.MostBytes), bytesOf(s.BatchBytes), fit)
	}
	fmt.Fprintf(t, "\nBlock size\tBlocks\tUnused\tShare\n")
	for _, b := range p.Blocks {
		fmt.Fprintf(t, "%d\t%d\t%.1f\t%.1f %%\n", b.Size, b.Blocks, b.Unused, 100*b.Share)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, s := range p.Skipped {
		fmt.Fprintf(w, "\nSkipped: %s, %s: %s.", s.Format, s.Policy, s.Reason)
	}
	if len(p.Skipped) > 0 {
		fmt.Fprintln(w)
	}
	_, err := fmt.Fprintf(w, "\nSequences of up to %d positions, with %d. Unused are positions of a paged sequence's last block, on average.\n", p.Context, p.Length)
	return err
}
