package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/assaylab/assay/engine/checkpoint"
	"github.com/assaylab/assay/engine/eval"
)

// promptBytes is how long prompts are, at most.
const promptBytes = 240

// contextTokens is enough for a prompt and its continuation.
const contextTokens = 512

// cutPrompts takes n prompts from a text, evenly spread: each from the beginning of a
// line, without blanks at its end. Every text gives the same ones again.
func cutPrompts(text string, n int) ([]string, error) {
	var all []string
	for i := range n {
		from := i * (len(text) - 2*promptBytes) / n
		if i > 0 && from > 0 {
			from += strings.IndexByte(text[from:], '\n') + 1
		}
		if from < 0 || from+promptBytes > len(text) {
			return nil, fmt.Errorf("the text has %d bytes, too few for %d prompts", len(text), n)
		}
		to := from + promptBytes
		for !utf8.RuneStart(text[to]) {
			to--
		}
		all = append(all, strings.TrimRight(text[from:to], " \t\n"))
	}
	return all, nil
}

// greedy continues the prompts with both engines.
func (b *bench) greedy(ctx context.Context, s subject) (Greedy, error) {
	g := Greedy{Model: s.name, Format: "F32", Text: s.text}
	text, err := os.ReadFile(filepath.Join(b.root, s.text))
	if err != nil {
		return g, err
	}
	prompts, err := cutPrompts(string(text), greedyPrompts)
	if err != nil {
		return g, fmt.Errorf("%s: %w", s.text, err)
	}
	path, err := b.exactFile(ctx, s)
	if err != nil {
		return g, err
	}
	c, err := checkpoint.Open(path, b.kernels)
	if err != nil {
		return g, err
	}
	defer c.Close()
	ours, err := continuations(ctx, c, prompts, b.threads)
	if err != nil {
		return g, err
	}
	file := filepath.Join(b.work, "prompt")
	defer os.Remove(file)
	for i, p := range prompts {
		if err := os.WriteFile(file, []byte(p), 0o644); err != nil {
			return g, err
		}
		theirs, err := b.tools.complete(ctx, path, file, contextTokens)
		if err != nil {
			return g, err
		}
		one := Continuation{Tokens: len(ours[i].Tokens), Theirs: theirs}
		if mine := c.Tokenizer.Decode(ours[i].Tokens); mine != theirs {
			one.Ours = mine
		}
		g.Continuations = append(g.Continuations, one)
	}
	return g, nil
}

// continuations are this engine's.
func continuations(ctx context.Context, c *checkpoint.Checkpoint, prompts []string, threads int) ([]eval.Completion, error) {
	items := make([]eval.Prompt, len(prompts))
	for i, p := range prompts {
		items[i] = eval.Prompt{Tokens: c.Tokenizer.Encode(p, true), Max: greedyTokens}
	}
	return eval.Generate(ctx, eval.Subject{Model: c.Model, KVFormat: "f32"}, items, c.Tokenizer.Ends(), threads, nil)
}
