package bench

import (
	"fmt"
	"slices"
)

// Test is one kind of work whose speed is measured: either Prompt or Generate is 0.
type Test struct {
	Prompt   int    `json:"prompt"`   // tokens prefilled at once, in passes of at most a chunk
	Generate int    `json:"generate"` // decode steps, a token of each sequence a step
	Depth    int    `json:"depth"`    // tokens that each sequence has before
	Batch    int    `json:"batch"`    // sequences, each with its own tokens
	Threads  int    `json:"threads"`
	KV       string `json:"kv_format"`
}

// Name is the test's name as llama-bench words it: pp512, tg128, tg128@d4096, and with
// more sequences than one "tg128 b16@d128".
func (t Test) Name() string {
	name := fmt.Sprintf("tg%d", t.Generate)
	if t.Prompt > 0 {
		name = fmt.Sprintf("pp%d", t.Prompt)
	}
	if t.Batch > 1 {
		name += fmt.Sprintf(" b%d", t.Batch)
	}
	if t.Depth > 0 {
		name += fmt.Sprintf("@d%d", t.Depth)
	}
	return name
}

// Tokens is what a run of the test computes.
func (t Test) Tokens() int { return t.Prompt + t.Generate*t.Batch }

// length is the positions of each sequence at the end.
func (t Test) length() int { return t.Depth + t.Prompt + t.Generate }

// Matrix is the tests of every combination. Prompts and Generates run behind each of
// Depths with one sequence; Batches run the Generates behind BatchPrompt tokens.
type Matrix struct {
	Prompts, Generates, Depths, Batches []int
	BatchPrompt                         int
	Threads                             []int
	KV                                  []string
}

// Tests lists the matrix, equal ones once.
func (x Matrix) Tests() []Test {
	var all []Test
	add := func(t Test) {
		if t.Tokens() > 0 && !slices.Contains(all, t) {
			all = append(all, t)
		}
	}
	for _, kv := range x.KV {
		for _, threads := range x.Threads {
			for _, depth := range x.Depths {
				for _, n := range x.Prompts {
					add(Test{Prompt: n, Depth: depth, Batch: 1, Threads: threads, KV: kv})
				}
				for _, n := range x.Generates {
					add(Test{Generate: n, Depth: depth, Batch: 1, Threads: threads, KV: kv})
				}
			}
			for _, b := range x.Batches {
				for _, n := range x.Generates {
					add(Test{Generate: n, Depth: x.BatchPrompt, Batch: b, Threads: threads, KV: kv})
				}
			}
		}
	}
	return all
}
