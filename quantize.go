package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/assaylab/assay/engine/checkpoint"
	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/imatrix"
	"github.com/assaylab/assay/engine/recipe"
)

type quantizeOptions struct {
	to, imatrix  string
	tensors      []string
	search       bool
	dryRun, json bool
}

func newQuantize() *cobra.Command {
	var o quantizeOptions
	c := &cobra.Command{
		Use:   "quantize IN OUT --to FORMAT",
		Short: "Store a model's weights in a smaller format",
		Long: `Quantize reads the GGUF file IN (embedded:NAME and cache:NAME work too) and writes
OUT with its matrices in another format:
` + wrapped(recipeNames(), 80) + `
Each is llama.cpp's mixture of that name, with the same choice for every tensor: the
head takes Q6_K or Q8_0, rows that blocks of 256 do not divide take a format of
blocks of 32, norms stay as they are. Nothing is quantized upward: what IN holds in
fewer bits is kept. OUT appears whole or not at all.

An importance matrix (assay imatrix, or llama.cpp's) makes the quantizer minimise
the error of columns that matter. Without one, the bytes are those of llama.cpp's
quantizer; with --search they are others, with a smaller error in most formats.`,
		Example: `  assay quantize embedded:gopherling-7m gopherling-q4_k_m.gguf --to Q4_K_M
  assay quantize model.gguf out.gguf --to Q4_K_M --tensor 'ffn_down=Q6_K' --dry-run`,
		Args: func(c *cobra.Command, args []string) error {
			if o.dryRun && len(args) == 1 {
				return nil
			}
			return arguments("IN", "OUT")(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			return quantize(c.OutOrStdout(), c.ErrOrStderr(), append(args, "")[:2], o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.to, "to", "", "format of the matrices (required)")
	f.StringArrayVar(&o.tensors, "tensor", nil, "REGEX=FORMAT: put the tensors whose names match in another format; may be repeated, the first match counts")
	f.StringVar(&o.imatrix, "imatrix", "", "importance matrix file")
	f.BoolVar(&o.search, "search", false, "search longer for the scales of tensors without importance; the bytes then differ from llama.cpp's")
	f.BoolVar(&o.dryRun, "dry-run", false, "show what every tensor would become and write nothing; OUT is not needed")
	f.BoolVar(&o.json, "json", false, "the plan as JSON lines, one a tensor")
	_ = c.MarkFlagRequired("to") // fails for an unknown flag only
	return c
}

func recipeNames() string {
	var names []string
	for _, r := range recipe.All {
		names = append(names, r.Name)
	}
	return strings.Join(names, ", ") + "."
}

// wrapped breaks text at spaces into lines of at most width bytes.
func wrapped(text string, width int) string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return strings.Join(append(lines, line), "\n")
}

func quantize(w, werr io.Writer, paths []string, o quantizeOptions) error {
	in, out := paths[0], paths[1]
	r, err := recipe.ByName(o.to)
	if err != nil {
		return fmt.Errorf("quantize: --to: %w", err)
	}
	if !o.dryRun && sameFile(in, out) {
		return fmt.Errorf("quantize: %s is the input itself; name another output", out)
	}
	f, err := openFile(in)
	if err != nil {
		return err
	}
	defer f.Close()
	steps, err := planQuantize(werr, f, r, o)
	if err != nil {
		return err
	}
	if o.json {
		if err := stepsAsJSON(w, steps); err != nil {
			return err
		}
	} else if o.dryRun {
		if err := printSteps(w, steps); err != nil {
			return err
		}
	}
	if !o.dryRun {
		kvs, tensors := checkpoint.Requantize(f, r, steps)
		report(werr, tensors)
		if err := gguf.WriteFile(out, kvs, tensors); err != nil {
			return err
		}
	}
	if o.json {
		return nil
	}
	return summarizeSteps(w, out, r, steps, o.dryRun)
}

func planQuantize(werr io.Writer, f *gguf.File, r recipe.Recipe, o quantizeOptions) ([]checkpoint.Step, error) {
	var overrides []recipe.Override
	for _, text := range o.tensors {
		v, err := recipe.ParseOverride(text)
		if err != nil {
			return nil, fmt.Errorf("quantize: --tensor: %w", err)
		}
		overrides = append(overrides, v)
	}
	var importance checkpoint.Importance
	if o.imatrix != "" {
		m, err := imatrix.Open(o.imatrix)
		if err != nil {
			return nil, err
		}
		importance = m.Importance()
	}
	steps, err := checkpoint.Plan(f, r, overrides, importance)
	for i := range steps {
		steps[i].Search = o.search
	}
	if err != nil || importance == nil {
		return steps, err
	}
	return steps, noteMissing(werr, o.imatrix, steps)
}

// noteMissing says how many tensors the importance matrix does not know; that it knows
// none is an error.
func noteMissing(werr io.Writer, path string, steps []checkpoint.Step) error {
	missing, asked := 0, 0
	for _, s := range steps {
		if s.Importable() {
			asked++
			if !s.HasImportance() {
				missing++
			}
		}
	}
	switch {
	case asked > 0 && missing == asked:
		return fmt.Errorf("quantize: --imatrix: %s knows none of the %d tensors that would use it: was it collected from another model?", path, asked)
	case missing > 0:
		fmt.Fprintf(werr, "note: %d of %d tensors are not in the importance matrix\n", missing, asked)
	}
	return nil
}

func printSteps(w io.Writer, steps []checkpoint.Step) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "Tensor\tShape\tFrom\tTo\tBytes\tWhy\n")
	for _, s := range steps {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%s\n", s.Tensor.Name, shape(s.Tensor.Dims), s.From, s.To, s.Bytes(), s.Why)
	}
	fmt.Fprintln(t)
	return t.Flush()
}

func stepsAsJSON(w io.Writer, steps []checkpoint.Step) error {
	enc := json.NewEncoder(w)
	for _, s := range steps {
		err := enc.Encode(struct {
			Tensor string `json:"tensor"`
			Shape  []int  `json:"shape"`
			From   string `json:"from"`
			To     string `json:"to"`
			Bytes  int64  `json:"bytes"`
			Why    string `json:"why"`
		}{s.Tensor.Name, s.Tensor.Dims, s.From.Name, s.To.Name, s.Bytes(), s.Why})
		if err != nil {
			return err
		}
	}
	return nil
}

func summarizeSteps(w io.Writer, out string, r recipe.Recipe, steps []checkpoint.Step, dryRun bool) error {
	var before, after, elems int64
	for _, s := range steps {
		n := int64(len(s.Tensor.Data))
		before, after = before+n, after+s.Bytes()
		elems += n / int64(s.From.BlockBytes) * int64(s.From.BlockElems)
	}
	if dryRun {
		out = r.Name + " would be"
	} else {
		out += ":"
	}
	_, err := fmt.Fprintf(w, "%s %.1f MB of weights (%.2f bits each), from %.1f MB\n", out, megabytes(after), 8*float64(after)/float64(max(1, elems)), megabytes(before))
	return err
}

// patience is how long a command may work without saying so.
const patience = 2 * time.Second

// report says now and then which tensor is being written.
func report(werr io.Writer, tensors []gguf.TensorData) {
	r := newTensorReport(werr, len(tensors))
	for i, t := range tensors {
		tensors[i].Write = r.around(i, t.Name, t.Write)
	}
}

// tensorReport says now and then which of n tensors is being written.
type tensorReport struct {
	w    io.Writer
	n    int
	last time.Time
}

func newTensorReport(w io.Writer, n int) *tensorReport {
	return &tensorReport{w: w, n: n, last: time.Now()}
}

func (r *tensorReport) around(i int, name string, write func(io.Writer) error) func(io.Writer) error {
	return func(w io.Writer) error {
		if time.Since(r.last) > patience {
			r.last = time.Now()
			fmt.Fprintf(r.w, "tensor %d of %d: %s\n", i+1, r.n, name)
		}
		return write(w)
	}
}

// sameFile guards the input, which is mapped while the output is written.
func sameFile(a, b string) bool {
	ia, errA := os.Stat(a)
	ib, errB := os.Stat(b)
	if errA != nil || errB != nil {
		return filepath.Clean(a) == filepath.Clean(b)
	}
	return os.SameFile(ia, ib)
}

func megabytes(n int64) float64 { return float64(n) / 1e6 }
