package model_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/internal/cpu"
	"github.com/assaylab/assay/engine/internal/par"
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/engine/model"
)

// text is a sequence of which the first positions are a prompt's.
type text struct {
	ids    []int32
	prompt int
}

// texts are sequences of every mixture: prompts that fill tile registers several times, or
// barely begin one, some that nothing is generated behind, and one without a prompt.
func texts(t testing.TB, name string) (all []text) {
	windows := readReference(t, name).Windows
	for i, lengths := range [][2]int{{45, 70}, {17, 17}, {1, 9}, {0, 5}, {32, 40}} {
		all = append(all, text{windows[i].IDs[:lengths[1]], lengths[0]})
	}
	return all
}

// textSlots are the cache slots of a text: of the i-th, [96 i, 96 i + 96).
const textSlots = 96

// cutter says how many rows of a text the next pass has, of those left: of prompt positions,
// and of others. None of both is a text that rests.
type cutter func(i, prompt, others int) (rows int)

// transcript is what a model made of texts: all logits, and the cache.
type transcript struct {
	logits [][][]float32 // (texts, positions, vocab)
	cache  *model.Cache
}

// transcribe computes texts in passes of as many rows as cut says.
func transcribe(t testing.TB, m *model.Model, format string, threads, blockSize int, all []text, cut cutter) transcript {
	t.Helper()
	cache, err := model.NewCache(m, format, len(all)*textSlots/blockSize, blockSize)
	if err != nil {
		t.Fatal(err)
	}
	pool := par.New(threads)
	defer pool.Close()
	out := transcript{make([][][]float32, len(all)), cache}
	s, p, at := model.NewState(m, cache, pool), &model.Pass{}, make([]int, len(all))
	for rests := 0; rests < 20; rests++ {
		p.Reset()
		ends := slices.Clone(at)
		for i, x := range all {
			ends[i] += cut(i, max(0, x.prompt-at[i]), len(x.ids)-max(x.prompt, at[i]))
		}
		owners := fillPass(p, all, at, ends, blockSize)
		if len(owners) == 0 {
			continue
		}
		rests, at = 0, ends
		s.Forward(p)
		for r, i := range owners {
			out.logits[i] = append(out.logits[i], slices.Clone(p.Row(r)))
		}
	}
	cache.Blocks, cache.BlockSize = 0, 0 // what is left is the memory
	return out
}

// fillPass adds positions [from, to) of the texts, and returns whose each row is.
func fillPass(p *model.Pass, all []text, from, to []int, blockSize int) (owners []int) {
	add := func(i, from, to int, add func(int, []int32, ...int32)) {
		if from >= to {
			return
		}
		own := blocks(textSlots / blockSize)
		for j := range own {
			own[j] += int32(i * len(own))
		}
		add(from, own, all[i].ids[from:to]...)
		for range to - from {
			p.Logits = append(p.Logits, int32(len(owners)))
			owners = append(owners, i)
		}
	}
	for i, x := range all {
		add(i, from[i], min(to[i], x.prompt), p.AddPrompt)
	}
	for i, x := range all {
		add(i, max(from[i], x.prompt), to[i], p.Add)
	}
	return owners
}

// alone has each text computed by itself: its prompt whole, then one position a pass.
func alone() cutter {
	turn := 0
	return func(i, prompt, others int) int {
		if i != turn {
			return 0
		}
		if prompt+others == 0 {
			turn++
			return 0
		}
		return max(prompt, min(1, others))
	}
}

// cutters are ways to compute texts that must not change what comes of them.
func cutters() map[string]cutter {
	return map[string]cutter{
		"together":      func(_, prompt, others int) int { return max(prompt, min(1, others)) },
		"all in a pass": func(_, prompt, others int) int { return prompt + others },
		"one by one":    func(_, prompt, others int) int { return min(1, prompt+others) },
		"chunks of 7":   func(_, prompt, others int) int { return min(7, prompt+others) },
		"ragged":        ragged(1, 20),
		"ragged, wide":  ragged(2, 60),
	}
}

// ragged cuts anywhere, so that a pass may have the end of a prompt and what follows, and
// lets texts rest.
func ragged(seed uint64, most int) cutter {
	r := rand.New(rand.NewPCG(61, seed))
	return func(_, prompt, others int) int { return min(prompt+others, r.IntN(most+1)) }
}

// promptFormats are the formats of weights whose products are of bfloat16 numbers in prompts, and
// files whose matrices of one input are in several.
var promptFormats = []string{"Q8_0", "BF16", "Q4_K", "Q4_0", "Q4_1", "Q6_K", "F16", "Q8_0+F16", "F32+Q4_0+BF16"}

// What a position gives, logits, keys and values, depends on its sequence and on which of its
// positions are a prompt's, and on nothing else.
func TestPromptsDependOnNothingButTheSequence(t *testing.T) {
	for _, set := range kernel.Sets(cpu.Detect()) {
		cuts, formats, kinds := cutters(), []string{"bf16", "q8_0"}, promptFormats
		if set.Name == "generic" { // slow, and the others' definition
			cuts, formats, kinds = map[string]cutter{"ragged": cuts["ragged"], "chunks of 7": cuts["chunks of 7"]}, formats[:1], promptFormats[:3]
		}
		for _, weights := range kinds {
			t.Run(set.Name+"/"+weights, func(t *testing.T) {
				m := requantized(t, "../models/gopherling-2m-bf16.gguf", weights, set)
				all := texts(t, "gopherling-2m")
				for _, format := range formats {
					want := transcribe(t, m, format, 1, 16, all, alone())
					for name, cut := range cuts {
						threads, blockSize := 1+len(name)%2, []int{1, 3, 16, 32}[len(name)%4]
						got := transcribe(t, m, format, threads, blockSize, all, cut)
						sameTranscript(t, fmt.Sprintf("%s cache, %s, %d threads, blocks of %d", format, name, threads, blockSize), got, want)
					}
				}
			})
		}
	}
}

// The same for a model of several layers, where a prompt's positions read those of others.
func TestPromptsOfManyLayers(t *testing.T) {
	sets := kernel.Sets(cpu.Detect())
	for _, weights := range promptFormats {
		m := requantized(t, "../models/gopherling-7m-bf16.gguf", weights, sets[len(sets)-1])
		all := texts(t, "gopherling-7m")
		for _, format := range []string{"f32", "bf16"} {
			want := transcribe(t, m, format, 1, 16, all, alone())
			for name, cut := range cutters() {
				got := transcribe(t, m, format, 2, 3, all, cut)
				sameTranscript(t, fmt.Sprintf("%s, %s cache, %s", weights, format, name), got, want)
			}
		}
	}
}

func sameTranscript(t *testing.T, name string, got, want transcript) {
	t.Helper()
	for i := range want.logits {
		if len(got.logits[i]) != len(want.logits[i]) {
			t.Fatalf("%s: %d positions of text %d, want %d", name, len(got.logits[i]), i, len(want.logits[i]))
		}
		for p := range want.logits[i] {
			if !slices.Equal(got.logits[i][p], want.logits[i][p]) {
				t.Fatalf("%s: logits at position %d of text %d differ", name, p, i)
			}
		}
	}
	if !reflect.DeepEqual(got.cache, want.cache) {
		t.Fatalf("%s: keys or values differ", name)
	}
}

// Which positions are a prompt's changes their logits where the model says so, a little, and
// nowhere else.
func TestPromptsAreTheirOwnClass(t *testing.T) {
	for _, set := range kernel.Sets(cpu.Detect()) {
		for _, weights := range append([]string{"F32"}, promptFormats...) {
			m := requantized(t, "../models/gopherling-2m-bf16.gguf", weights, set)
			ids := readReference(t, "gopherling-2m").Windows[0].IDs[:20]
			whole := func(_, prompt, others int) int { return prompt + others }
			as := transcribe(t, m, "f32", 1, 16, []text{{ids, len(ids)}}, whole)
			not := transcribe(t, m, "f32", 1, 16, []text{{ids, 0}}, whole)
			two, bound := m.Prompts() && weights != "F32", 0.1
			if strings.HasSuffix(weights, "F16") && !strings.Contains(weights, "+") { // which keep 16 bits of activations
				bound = 1e-4
			}
			most := farthest(as, not)
			if (most > 0) != two || most > bound {
				t.Errorf("%s, %s: as a prompt, logits differ by %.2g of the largest; two classes: %v", set.Name, weights, most, two)
			} else if two {
				t.Logf("%s, %s: as a prompt, logits differ by %.2g of the largest", set.Name, weights, most)
			}
			if m.Prompts() != set.Prompts() {
				t.Errorf("%s: the model says %v, its kernels %v", set.Name, m.Prompts(), set.Prompts())
			}
		}
	}
}

// Matrices of one input may be in formats that want it in different forms.
func TestFormatsOfOneInput(t *testing.T) {
	const path = "../models/gopherling-2m-bf16.gguf"
	all := texts(t, "gopherling-2m")
	for _, set := range kernel.Sets(cpu.Detect()) {
		want := transcribe(t, requantized(t, path, "BF16", set), "f32", 1, 16, all, alone())
		for _, weights := range []string{"Q8_0+F16", "F16+Q8_0", "F32+Q8_0+BF16"} {
			got := transcribe(t, requantized(t, path, weights, set), "f32", 1, 16, all, alone())
			if most := farthest(got, want); most > 0.05 {
				t.Errorf("%s, %s: logits differ by %.2g of the largest", set.Name, weights, most)
			}
		}
	}
}

// farthest is the largest distance of two transcripts' logits.
func farthest(a, b transcript) (most float64) {
	for i := range b.logits {
		for p := range b.logits[i] {
			most = max(most, distance(a.logits[i][p], b.logits[i][p]))
		}
	}
	return most
}

// Experts take the rows of both kinds together, and nothing depends on which they are.
func TestPromptsWithExperts(t *testing.T) {
	for _, set := range kernel.Sets(cpu.Detect()) {
		m := requantized(t, "../testdata/gguf/qwen3moe.gguf", "Q8_0", set)
		ids := readAnswers(t, "qwen3moe").Cases[2].IDs
		for _, prompt := range []int{0, len(ids) / 2, len(ids) - 3} {
			all := []text{{ids, prompt}}
			want := transcribe(t, m, "bf16", 1, 16, all, func(_, prompt, others int) int { return prompt + others })
			got := transcribe(t, m, "bf16", 2, 16, all, ragged(3, 9))
			sameTranscript(t, set.Name, got, want)
		}
	}
}

func TestPromptBehindOthersPanics(t *testing.T) {
	var p model.Pass
	p.AddPrompt(0, []int32{0}, 1, 2)
	p.AddPrompt(0, []int32{1}, 3)
	p.Add(3, []int32{2}, 4)
	defer func() {
		if recover() == nil {
			t.Error("positions of a prompt behind others: no panic")
		}
		if p.Reset(); p.Prompt != 0 {
			t.Errorf("an empty pass has %d positions of prompts", p.Prompt)
		}
	}()
	p.AddPrompt(2, []int32{0}, 5)
}
