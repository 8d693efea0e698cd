package model_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/internal/cpu"
	"github.com/assaylab/assay/engine/internal/par"
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/engine/model"
)

// shortened is a family's file with its first layers alone.
func shortened(t *testing.T, name, arch string, whole, layers int) *model.Model {
	m, err := loadSpoiled(t, name, func(s *spoiled) {
		s.set(arch+".block_count", uint32(layers))
		for _, w := range slices.Clone(s.tensors) {
			for i := layers; i < whole; i++ {
				if strings.HasPrefix(w.Name, fmt.Sprintf("blk.%d.", i)) {
					s.remove(w.Name)
				}
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// draftState is one whose cache drafts are made in.
func draftState(t *testing.T, m *model.Model, format string) *model.State {
	cache, err := model.NewCache(m, format, 4, 32)
	if err != nil {
		t.Fatal(err)
	}
	cache.Longest, cache.Rollback = 128, 3
	pool := par.New(1)
	t.Cleanup(pool.Close)
	return model.NewState(m, cache, pool)
}

// compute runs tokens from a position on, and returns the logits of each.
func compute(s *model.State, prompt bool, at int, tokens ...int32) (all [][]float32) {
	var p model.Pass
	if prompt {
		p.AddPrompt(at, []int32{2, 0, 1, 3}, tokens...)
	} else {
		p.Add(at, []int32{2, 0, 1, 3}, tokens...)
	}
	for i := range tokens {
		p.Logits = append(p.Logits, int32(i))
	}
	s.Forward(&p)
	for i := range tokens {
		all = append(all, slices.Clone(p.Row(i)))
	}
	return all
}

// The first layers of a model are the model that has only these, to the last bit, though it
// never computes what the whole has computed; and what they compute in the whole's cache, most of it
// in vain, changes nothing for the whole.
func TestFirstLayersAreAModelOfTheirOwn(t *testing.T) {
	kernels := kernel.Sets(cpu.Detect())[0] // that of loadSpoiled
	for _, name := range families {
		m := openFamily(t, name, kernels)
		for _, format := range []string{"f32", "bf16", "q8_0", "q4_0/q8_0+channel+hadamard"} {
			if _, err := model.CacheBytesPerToken(m.Config, format); err != nil {
				continue // heads of 16 columns
			}
			for layers := 1; layers < m.Layers; layers++ {
				t.Run(fmt.Sprintf("%s, %s, %d of %d", name, format, layers, m.Layers), func(t *testing.T) {
					draftAlong(t, m, shortened(t, name, m.Architecture, m.Layers, layers), format, layers)
				})
			}
		}
	}
}

func draftAlong(t *testing.T, m, short *model.Model, format string, layers int) {
	whole, undisturbed, own := draftState(t, m, format), draftState(t, m, format), draftState(t, short, format)
	first := whole.First(layers)
	if got := first.Model().Ops(9, true); got != short.Ops(9, true) {
		t.Errorf("%d multiply-adds, of a model of so many layers %d", got, short.Ops(9, true))
	}
	const prompt, length, drafts = 22, 80, 3
	text := make([]int32, length)
	for i := range text {
		text[i] = int32((i*i + 3) % m.Vocab)
	}
	for _, s := range []*model.State{whole, undisturbed, own} {
		compute(s, true, 0, text[:prompt]...)
	}
	for at := prompt; at < length; at++ {
		next := []int32{text[at]}
		for i := range drafts {
			got, want := compute(first, false, at+i, next[i])[0], compute(own, false, at+i, next[i])[0]
			if !slices.Equal(got, want) {
				t.Fatalf("position %d, draft %d: not what a model of so many layers computes", at, i)
			}
			next = append(next, (next[i]+1)%int32(m.Vocab))
		}
		if got, want := compute(whole, false, at, next...)[0], compute(undisturbed, false, at, text[at])[0]; !slices.Equal(got, want) {
			t.Fatalf("position %d: drafts changed what the whole model computes", at)
		}
	}
}

func TestFirstLayersAllocateNothing(t *testing.T) {
	sets := kernel.Sets(cpu.Detect())
	m := openFamily(t, "gemma3", sets[len(sets)-1])
	s := draftState(t, m, "bf16")
	first := s.First(1)
	var p model.Pass
	own := blocks(1)
	step := func() {
		p.Reset()
		p.Add(5, own, 1)
		p.Logits = append(p.Logits, 0)
		first.Forward(&p)
	}
	step()
	if n := testing.AllocsPerRun(20, step); n != 0 {
		t.Errorf("a pass allocates %v times", n)
	}
}
