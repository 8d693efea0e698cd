package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/engine/checkpoint"
	"github.com/assaylab/assay/engine/eval"
	"github.com/assaylab/assay/engine/kernel"
)

type evalOptions struct {
	reference, text string
	windows, length int
	threads         int
	json            bool
}

func newEval() *cobra.Command {
	var o evalOptions
	c := &cobra.Command{
		Use:   "eval SUBJECT... --text FILE",
		Short: "Measure what quantization and cache format cost in quality",
		Long: `Eval predicts every token of windows of a text and compares each subject with a
reference: perplexity, KL divergence, share of equal first choices.

A SUBJECT is MODEL[,quantization=FORMAT][,kv=FORMAT]: a GGUF file, embedded:NAME or
cache:NAME, its weights as in the file and its cache in f32 unless said otherwise. The
reference is the first subject's model as shipped, with an f32 cache, unless
--reference names another.

With --json there is one object per subject and line, with every token's values.`,
		Example: `  assay eval embedded:gopherling-7m,quantization=Q4_0 \
    --text scenarios/data/assay-source.txt`,
		Args: arguments("SUBJECT..."),
		RunE: func(c *cobra.Command, args []string) error {
			return runEval(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), args, o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.reference, "reference", "", "subject to compare with")
	f.StringVar(&o.text, "text", "", "text file (required)")
	f.IntVar(&o.windows, "windows", 8, "windows, spread over the text")
	f.IntVar(&o.length, "length", 512, "tokens of a window")
	f.IntVar(&o.threads, "threads", 0, "worker threads, 0 for all usable cores")
	f.BoolVar(&o.json, "json", false, "one JSON object per subject, with every token's values")
	_ = c.MarkFlagRequired("text") // fails for an unknown flag only
	return c
}

// subject is one argument of eval.
type subject struct{ model, quantization, kv string }

func parseSubject(text string) (subject, error) {
	parts := strings.Split(text, ",")
	s := subject{model: parts[0], kv: "f32"}
	for _, p := range parts[1:] {
		switch key, value, _ := strings.Cut(p, "="); key {
		case "quantization":
			s.quantization = value
		case "kv":
			s.kv = value
		default:
			return s, fmt.Errorf("eval: subject %q: found %q, expected quantization=FORMAT or kv=FORMAT", text, p)
		}
	}
	return s, nil
}

func (s subject) String() string {
	words := s.model
	if s.quantization != "" {
		words += " as " + s.quantization
	}
	return words + ", " + s.kv + " cache"
}

// opened keeps checkpoints by model and quantization: subjects that differ in the
// cache alone share one.
type opened map[subject]*checkpoint.Checkpoint

func (o opened) open(s subject, kernels *kernel.Set) (*checkpoint.Checkpoint, error) {
	key := subject{model: s.model, quantization: s.quantization}
	if c, ok := o[key]; ok {
		return c, nil
	}
	c, err := openModel(s.model, s.quantization, kernels)
	if err == nil {
		o[key] = c
	}
	return c, err
}

func runEval(ctx context.Context, w, werr io.Writer, args []string, o evalOptions) error {
	switch {
	case o.threads < 0:
		return fmt.Errorf("eval: --threads: found %d, expected 0 (all usable cores) or more", o.threads)
	case o.threads == 0:
		o.threads = runtime.GOMAXPROCS(0)
	}
	kernels, err := selectKernels()
	if err != nil {
		return err
	}
	names := args
	if o.reference == "" {
		first, err := parseSubject(args[0])
		if err != nil {
			return err
		}
		o.reference = first.model
	}
	cache := opened{}
	defer func() {
		for _, c := range cache {
			c.Close()
		}
	}()
	var parsed []subject
	var subjects []eval.Subject
	for _, text := range append([]string{o.reference}, names...) {
		s, err := parseSubject(text)
		if err != nil {
			return err
		}
		c, err := cache.open(s, kernels)
		if err != nil {
			return err
		}
		parsed = append(parsed, s)
		subjects = append(subjects, eval.Subject{Model: c.Model, KVFormat: s.kv})
	}
	windows, err := readWindows(o, cache[subject{model: parsed[0].model, quantization: parsed[0].quantization}])
	if err != nil {
		return err
	}
	start := time.Now()
	values, err := eval.Compare(ctx, subjects[0], subjects[1:], windows, o.threads, func(done int) {
		fmt.Fprintf(werr, "window %d of %d\n", done, len(windows))
	})
	if err != nil {
		return err
	}
	if o.json {
		return writeValues(w, parsed, subjects, values, time.Since(start))
	}
	return writeSummary(w, parsed, values)
}

func readWindows(o evalOptions, c *checkpoint.Checkpoint) ([][]int32, error) {
	text, err := os.ReadFile(o.text)
	if err != nil {
		return nil, err
	}
	windows, err := eval.Windows(c.Tokenizer.Encode(string(text), true), o.windows, o.length)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.text, err)
	}
	return windows, nil
}

func writeValues(w io.Writer, parsed []subject, subjects []eval.Subject, values []eval.Values, took time.Duration) error {
	enc := json.NewEncoder(w)
	for i, v := range values {
		err := enc.Encode(record.Quality{
			Format: record.FormatVersion, Subject: parsed[i+1].String(), Reference: parsed[0].String(),
			Window: v.Window, NLL: v.NLL, Ref: v.RefNLL, KL: v.KL, SameTop: v.SameTop,
			WeightBytes: subjects[i+1].Model.WeightBytes(), ElapsedNS: took.Nanoseconds(),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func writeSummary(w io.Writer, parsed []subject, values []eval.Values) error {
	fmt.Fprintf(w, "reference: %s, perplexity %.4f over %d tokens\n", parsed[0], math.Exp(mean(values[0].RefNLL)), len(values[0].NLL))
	for i, v := range values {
		same := 0
		for _, s := range v.SameTop {
			if s {
				same++
			}
		}
		loss := mean(v.NLL) - mean(v.RefNLL)
		fmt.Fprintf(w, "%s: perplexity %.4f (%+.2f %%), KL divergence %.2g nats, same first choice %.1f %%\n", parsed[i+1],
			math.Exp(mean(v.NLL)), 100*math.Expm1(loss), mean(v.KL), 100*float64(same)/float64(len(v.SameTop)))
	}
	return nil
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}
