package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/assaylab/assay/engine/bench"
)

// Names of the engines.
const (
	ours     = "Assay"
	llama    = "llama.cpp"
	openvino = "OpenVINO GenAI"
)

// engine is a program in one configuration.
type engine interface {
	// identity is the engine's name and the configuration's.
	identity() (engine, configuration string)
	// once runs tests of one job once, on the file, and gives a speed for each.
	once(ctx context.Context, file string, tests []bench.Test) ([]speed, error)
	close() error
}

// speed is one run of a test.
type speed struct {
	Name  string  // of the test
	Rate  float64 // tokens a second
	Share float64 // of the roof, 0 where the engine does not know it
	Bound string  // what the roof is of
}

// assay is this engine, through its own bench verb.
type assay struct {
	program, kernel, kv string // kv is "" for the default
	threads             int
}

func (a assay) identity() (string, string) {
	if a.kv == "" {
		return ours, "default"
	}
	return ours, a.kv + " cache"
}

func (a assay) close() error { return nil }

func (a assay) once(ctx context.Context, file string, tests []bench.Test) ([]speed, error) {
	args := append([]string{"bench", "--json", "-r", "1", "-m", file, "-t", strconv.Itoa(a.threads)}, matrixFlags(tests)...)
	if a.kernel != "" {
		args = append(args, "--kernel", a.kernel)
	}
	if a.kv != "" {
		args = append(args, "--kv", a.kv)
	}
	out, err := output(ctx, a.program, args...)
	if err != nil {
		return nil, err
	}
	var report struct{ Results []bench.Result }
	if err := json.Unmarshal(out, &report); err != nil {
		return nil, fmt.Errorf("assay bench: %w", err)
	}
	var all []speed
	for _, x := range report.Results {
		all = append(all, speed{x.Name, x.Speed.Median, x.Share, x.Roof.Bound})
	}
	return all, nil
}

// matrixFlags has assay bench run the tests; it may run others beside them.
func matrixFlags(tests []bench.Test) []string {
	var prompts, generates, batches []string
	depth := 0
	for _, t := range tests {
		switch {
		case t.Batch > 1:
			batches, generates = add(batches, t.Batch), add(generates, t.Generate)
		case t.Prompt > 0:
			prompts = add(prompts, t.Prompt)
		default:
			generates = add(generates, t.Generate)
		}
		depth = t.Depth
	}
	none := func(list []string) string {
		if len(list) == 0 {
			return "0"
		}
		return strings.Join(list, ",")
	}
	flags := []string{"-p", none(prompts), "-n", none(generates), "-d", strconv.Itoa(depth)}
	if len(batches) > 0 {
		flags = append(flags, "-b", strings.Join(batches, ","), "--batch-prompt", strconv.Itoa(depth))
	}
	return flags
}

// add appends a number that is not there yet.
func add(list []string, n int) []string {
	s := strconv.Itoa(n)
	for _, have := range list {
		if have == s {
			return list
		}
	}
	return append(list, s)
}

// llamaTools is a build of llama.cpp in one configuration.
type llamaTools struct {
	dir     string // of its programs
	flash   bool
	kv      string
	threads int
}

// llamaDefault is the configuration that llama.cpp chooses by itself.
const llamaDefault = "flash attention, f16 cache"

func (l llamaTools) identity() (string, string) {
	c := "no flash attention, "
	if l.flash {
		c = "flash attention, "
	}
	return llama, c + l.kv + " cache"
}

func (l llamaTools) close() error { return nil }

// manyTokens is the length from which a test is not run once more as a warm-up: what
// that saves, minutes of each round, is far more than what it costs, the first touch of
// some memory.
const manyTokens = 1024

func (l llamaTools) once(ctx context.Context, file string, tests []bench.Test) ([]speed, error) {
	if tests[0].Batch > 1 {
		return l.batched(ctx, file, tests)
	}
	flash := "0"
	if l.flash {
		flash = "1"
	}
	var prompts, generates []string
	for _, t := range tests {
		if t.Prompt > 0 {
			prompts = add(prompts, t.Prompt)
		} else {
			generates = add(generates, t.Generate)
		}
	}
	args := []string{"-m", file, "-r", "1", "-t", strconv.Itoa(l.threads), "-fa", flash, "-ctk", l.kv, "-ctv", l.kv, "-o", "jsonl", "-d", strconv.Itoa(tests[0].Depth),
		"-p", orZero(prompts), "-n", orZero(generates)}
	if tests[0].Depth+tests[0].Prompt >= manyTokens {
		args = append(args, "--no-warmup")
	}
	out, err := output(ctx, filepath.Join(l.dir, benchTool), args...)
	if err != nil {
		return nil, err
	}
	return parseLlamaBench(out)
}

func orZero(list []string) string {
	if len(list) == 0 {
		return "0"
	}
	return strings.Join(list, ",")
}

// parseLlamaBench reads its lines of JSON.
func parseLlamaBench(out []byte) ([]speed, error) {
	var all []speed
	for line := range bytes.Lines(out) {
		var x struct {
			Prompt   int     `json:"n_prompt"`
			Generate int     `json:"n_gen"`
			Depth    int     `json:"n_depth"`
			Rate     float64 `json:"avg_ts"`
		}
		if err := json.Unmarshal(line, &x); err != nil {
			return nil, fmt.Errorf("%s: found %q, expected a JSON object: %w", benchTool, line, err)
		}
		t := bench.Test{Prompt: x.Prompt, Generate: x.Generate, Depth: x.Depth, Batch: 1}
		all = append(all, speed{Name: t.Name(), Rate: x.Rate})
	}
	return all, nil
}

// batched runs the tool that decodes several sequences at once.
func (l llamaTools) batched(ctx context.Context, file string, tests []bench.Test) ([]speed, error) {
	flash := "off"
	if l.flash {
		flash = "on"
	}
	var batches []string
	context := 0
	for _, t := range tests {
		batches, context = add(batches, t.Batch), max(context, t.Batch*(t.Depth+t.Generate))
	}
	out, err := output(ctx, filepath.Join(l.dir, batchedTool), "-m", file, "-c", strconv.Itoa(context), "-t", strconv.Itoa(l.threads), "-fa", flash, "-ctk", l.kv, "-ctv", l.kv,
		"-npp", strconv.Itoa(tests[0].Depth), "-ntg", strconv.Itoa(tests[0].Generate), "-npl", strings.Join(batches, ","), "--output-format", "jsonl")
	if err != nil {
		return nil, err
	}
	return parseBatchedBench(out)
}

// parseBatchedBench reads the tool's lines of JSON, among which are others.
func parseBatchedBench(out []byte) ([]speed, error) {
	var all []speed
	for line := range bytes.Lines(out) {
		if !bytes.HasPrefix(bytes.TrimSpace(line), []byte("{")) {
			continue
		}
		var x struct {
			Prompt   int     `json:"pp"`
			Generate int     `json:"tg"`
			Batch    int     `json:"pl"`
			Rate     float64 `json:"speed_tg"`
		}
		if err := json.Unmarshal(line, &x); err != nil {
			return nil, fmt.Errorf("%s: found %q, expected a JSON object: %w", batchedTool, line, err)
		}
		t := bench.Test{Generate: x.Generate, Depth: x.Prompt, Batch: x.Batch}
		all = append(all, speed{Name: t.Name(), Rate: x.Rate})
	}
	return all, nil
}

// output runs a program and returns what it printed.
func output(ctx context.Context, name string, args ...string) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	c := exec.CommandContext(ctx, name, args...)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil {
		return nil, errors.Join(ctx.Err(), fmt.Errorf("%s: %w: %s", filepath.Base(name), err, lastLines(stderr.String(), 3)))
	}
	return stdout.Bytes(), nil
}

func lastLines(text string, n int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-n):], " / ")
}
