package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
)

// The tools that are used.
const (
	perplexityTool = "llama-perplexity"
	quantizeTool   = "llama-quantize"
	completionTool = "llama-completion"
	imatrixTool    = "llama-imatrix" // for those who compare importance matrices by hand
)

var toolNames = []string{perplexityTool, quantizeTool, completionTool, imatrixTool}

// tools are llama.cpp's programs in a directory.
type tools struct {
	dir     string
	threads int
}

// findTools checks that the programs are there.
func findTools(dir string, threads int) (tools, error) {
	for _, name := range toolNames {
		if _, err := exec.LookPath(filepath.Join(dir, executable(name))); err != nil {
			return tools{}, fmt.Errorf("no %s in %s: %w", name, dir, err)
		}
	}
	return tools{dir, threads}, nil
}

func executable(name string) string {
	if runtime.GOOS == "windows" {
		return name + ".exe"
	}
	return name
}

// attempts is how often a tool is run whose last words are missing: llama.cpp writes
// from a thread of its own, and may exit before that has written all.
const attempts = 5

// run runs a tool until what it wrote to standard error has the pattern last.
func (t tools) run(ctx context.Context, last string, name string, args ...string) (out, said string, err error) {
	for range attempts {
		var stdout, stderr bytes.Buffer
		cmd := exec.CommandContext(ctx, filepath.Join(t.dir, executable(name)), args...)
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Run(); err != nil {
			return "", "", errors.Join(ctx.Err(), fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, tail(stderr.String(), 10)))
		}
		if out, said = stdout.String(), stderr.String(); strings.Contains(said, last) {
			return out, said, nil
		}
	}
	return "", "", fmt.Errorf("%s %s: exited with 0 and never wrote %q\n%s", name, strings.Join(args, " "), last, tail(said, 10))
}

// tail is the last n lines.
func tail(text string, n int) string {
	all := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(all[max(0, len(all)-n):], "\n")
}

// exactCache has llama.cpp keep its cache in f32, as this engine does here.
var exactCache = []string{"-ctk", "f32", "-ctv", "f32", "-fa", "off"}

// verdict is what llama-perplexity says.
type verdict struct {
	running []float64 // perplexity of the first chunk, the first two, and so on
	feature string    // instruction sets in use
}

// perplexity runs a file over a text and leaves the predictions at logits.
func (t tools) perplexity(ctx context.Context, model, text string, chunks int, exact bool, logits string) (verdict, error) {
	args := []string{"-m", model, "-f", text, "--no-escape", "-c", strconv.Itoa(chunkTokens), "--chunks", strconv.Itoa(chunks),
		"-t", strconv.Itoa(t.threads), "--kl-divergence-base", logits}
	if exact {
		args = append(args, exactCache...)
	}
	out, said, err := t.run(ctx, "Final estimate: PPL", perplexityTool, args...)
	if err != nil {
		return verdict{}, err
	}
	v := verdict{feature: features(said)}
	for i, m := range runningPerplexity.FindAllStringSubmatch(out, -1) {
		value, err := strconv.ParseFloat(m[2], 64)
		if err != nil || m[1] != strconv.Itoa(i+1) || math.IsNaN(value) {
			return v, fmt.Errorf("%s: found %q for chunk %d, expected its perplexity", perplexityTool, m[0], i+1)
		}
		v.running = append(v.running, value)
	}
	if len(v.running) != chunks {
		return v, fmt.Errorf("%s: found %d perplexities, expected %d", perplexityTool, len(v.running), chunks)
	}
	return v, nil
}

var runningPerplexity = regexp.MustCompile(`\[(\d+)\]([0-9.]+|-?nan),`)

var feature = regexp.MustCompile(`([A-Z][A-Z0-9_]+) = 1`)

// features are the words of the line about the system that are switched on.
func features(said string) string {
	var all []string
	for line := range strings.Lines(said) {
		if _, rest, ok := strings.Cut(line, "system_info:"); ok {
			for _, m := range feature.FindAllStringSubmatch(rest, -1) {
				all = append(all, m[1])
			}
		}
	}
	return strings.Join(all, " ")
}

// quantize writes model in another format. F32 may widen what is quantized.
func (t tools) quantize(ctx context.Context, model, to, format string) error {
	args := []string{"--allow-requantize"}
	if format == everywhere {
		for _, part := range []string{"attn_", "ffn_"} {
			args = append(args, "--tensor-type", part+"="+strings.ToLower(everywhere))
		}
		format = everywhereRecipe
	}
	_, _, err := t.run(ctx, "", quantizeTool, append(args, model, to, format, strconv.Itoa(t.threads))...)
	return err
}

// complete continues the prompt in a file greedily. Its prefix is not part of what
// comes back.
func (t tools) complete(ctx context.Context, model, prompt string, length int) (string, error) {
	args := append([]string{"-m", model, "-bf", prompt, "-n", strconv.Itoa(greedyTokens), "-c", strconv.Itoa(length), "-t", strconv.Itoa(t.threads),
		"--temp", "0", "-no-cnv", "--no-display-prompt", "--no-escape", "--simple-io"}, exactCache...)
	out, _, err := t.run(ctx, "total time", completionTool, args...)
	if err != nil {
		return "", err
	}
	return strings.TrimSuffix(strings.TrimSuffix(out, "\n\n"), " [end of text]\n"), nil
}

// version is what the tools call themselves.
func (t tools) version(ctx context.Context) (string, error) {
	out, said, err := t.run(ctx, "", perplexityTool, "--version")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(out + said) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), "version: "); ok {
			return v, nil
		}
	}
	return "", fmt.Errorf("%s --version: found %q, expected a line with its version", perplexityTool, out+said)
}
