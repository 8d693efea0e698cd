package model_test

import (
	"fmt"
	"testing"

	"github.com/assaylab/assay/engine/internal/cpu"
	"github.com/assaylab/assay/engine/internal/par"
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/engine/model"
)

// Keys and values of a model of one layer do not depend on what is seen. What a row gets
// with first and last positions alone is therefore what it gets of a table, in blocks of 1,
// of just these: the two go different ways, and agree but for rounding.
func TestBoundedRowsSeeWhatTheyShall(t *testing.T) {
	const length = 700
	sets := kernel.Sets(cpu.Detect())
	for _, set := range []*kernel.Set{sets[0], sets[len(sets)-1]} {
		m := open(t, "gopherling-2m", set)
		if m.Layers != 1 {
			t.Fatalf("%d layers: the test needs a model of one", m.Layers)
		}
		tokens := boundedTokens(length, m.Vocab)
		for _, format := range []string{"f32", "bf16", "q8_0"} {
			cases := []struct{ sinks, window, threads int }{{300, 100, 1}, {4, 60, 2}, {0, 290, 2}, {257, 260, 2}, {0, 70, 1}, {5, 1, 2}}
			if format == "q8_0" {
				cases = cases[:2]
			}
			if set == sets[0] && len(sets) > 1 { // the slowest
				cases = cases[:len(cases)/4]
			}
			for _, x := range cases {
				t.Run(fmt.Sprint(set.Name, format, x), func(t *testing.T) {
					for _, prompt := range []bool{false, true} {
						compareBounded(t, m, format, tokens, x.sinks, x.window, x.threads, prompt)
					}
				})
			}
		}
	}
}

func boundedTokens(n, vocab int) []int32 {
	tokens := make([]int32, n)
	for i := range tokens {
		tokens[i] = int32((i*7919 + i*i) % vocab)
	}
	return tokens
}

func compareBounded(t *testing.T, m *model.Model, format string, tokens []int32, sinks, window, threads int, prompt bool) {
	pool := par.New(threads)
	defer pool.Close()
	state := func(blockSize int) (*model.State, *model.Cache) {
		c, err := model.NewCache(m, format, len(tokens)/blockSize, blockSize)
		if err != nil {
			t.Fatal(err)
		}
		return model.NewState(m, c, pool), c
	}
	bounded, cache := state(4)
	cache.Sinks, cache.Window = sinks, window
	full, _ := state(1)
	var got, want model.Pass
	add := func(p *model.Pass, first int, blocks []int32, tokens []int32) {
		p.Reset()
		if prompt {
			p.AddPrompt(first, blocks, tokens...)
		} else {
			p.Add(first, blocks, tokens...)
		}
	}
	blocks, slots := places(len(tokens)/4), places(len(tokens))
	for from := 0; from < len(tokens); from += 50 {
		rows := tokens[from : from+50]
		for i := range max(0, (from-window)/32*32/4-(sinks+3)/4) {
			blocks[(sinks+3)/4+i] = -1 // as the pool leaves them
		}
		add(&got, from, blocks, rows)
		got.Logits = []int32{0, 17, 49}
		bounded.Forward(&got)
		add(&want, from, slots, rows)
		full.Forward(&want)
		for i, r := range got.Logits {
			p := from + int(r)
			seen := visible(p, sinks, window)
			add(&want, p, seen, tokens[p:p+1])
			want.Last().Dropped, want.Logits = p+1-len(seen), []int32{0}
			full.Forward(&want)
			if d := distance(got.Row(i), want.Row(0)); d > 1e-3 || d > 2e-5 && !(prompt && m.Prompts()) && format != "q8_0" {
				t.Fatalf("position %d: logits differ by %g", p, d)
			}
		}
	}
}

func places(n int) []int32 {
	all := make([]int32, n)
	for i := range all {
		all[i] = int32(i)
	}
	return all
}

// visible is what position p sees, its own included.
func visible(p, sinks, window int) (seen []int32) {
	for i := range p + 1 {
		if i < sinks || i > p-window || p < sinks+window {
			seen = append(seen, int32(i))
		}
	}
	return seen
}
