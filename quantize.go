package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/assaylab/assay/engine/checkpoint"
	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/quant"
)

func newQuantize() *cobra.Command {
	var to string
	c := &cobra.Command{
		Use:   "quantize IN OUT --to FORMAT",
		Short: "Store a model's weights in a smaller format",
		Long: `Quantize reads the GGUF file IN (embedded:NAME and cache:NAME work too) and writes
OUT with its matrices in another format: F32, F16, BF16, Q8_0, Q4_1 or Q4_0. Norms
stay as they are, and with a 4-bit format the output head takes Q8_0. Nothing is
quantized upward. OUT appears whole or not at all.`,
		Example: "  assay quantize embedded:gopherling-7m gopherling-q4_0.gguf --to Q4_0",
		Args:    arguments("IN", "OUT"),
		RunE: func(c *cobra.Command, args []string) error {
			before, after, err := quantizeFile(args[0], args[1], to, c.ErrOrStderr())
			if err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "%s: %.1f MB of weights, from %.1f MB\n", args[1], megabytes(after), megabytes(before))
			return nil
		},
	}
	c.Flags().StringVar(&to, "to", "", "format of the matrices (required)")
	_ = c.MarkFlagRequired("to") // fails for an unknown flag only
	return c
}

// quantizeFile writes out and returns the bytes of all tensors before and after. What
// takes longer than patience is reported to werr.
func quantizeFile(in, out, to string, werr io.Writer) (before, after int64, err error) {
	format, err := quant.ByName(to)
	if err != nil {
		return 0, 0, err
	}
	if sameFile(in, out) {
		return 0, 0, fmt.Errorf("quantize: %s is the input itself; name another output", out)
	}
	f, err := openFile(in)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	kvs, tensors, err := checkpoint.Requantize(f, format)
	if err != nil {
		return 0, 0, err
	}
	report(werr, tensors)
	if err := gguf.WriteFile(out, kvs, tensors); err != nil {
		return 0, 0, err
	}
	g, err := gguf.Open(out)
	if err != nil {
		return 0, 0, err
	}
	defer g.Close()
	return weightBytes(f), weightBytes(g), nil
}

// patience is how long a command may work without saying so.
const patience = 2 * time.Second

// report says now and then which tensor is being written.
func report(werr io.Writer, tensors []gguf.TensorData) {
	last := time.Now()
	for i := range tensors {
		write := tensors[i].Write
		tensors[i].Write = func(w io.Writer) error {
			if time.Since(last) > patience {
				last = time.Now()
				fmt.Fprintf(werr, "tensor %d of %d: %s\n", i+1, len(tensors), tensors[i].Name)
			}
			return write(w)
		}
	}
}

func weightBytes(f *gguf.File) (n int64) {
	for _, t := range f.Tensors {
		n += int64(len(t.Data))
	}
	return n
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
