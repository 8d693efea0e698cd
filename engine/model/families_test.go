package model_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/internal/cpu"
	"github.com/assaylab/assay/engine/internal/par"
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/engine/model"
)

// families are the fixtures of testdata/hf/families.py: small random models.
var families = []string{
	"llama", "llama3-scaled", "llama-yarn", "llama-linear", "mistral", "mistral-nemo-sharded", "ministral3", "qwen2", "qwen3",
	"qwen3moe", "gemma3", "gemma3-linear", "phi3", "phi3-longrope", "smollm3",
}

// answers is what transformers computes of a family in float32 (testdata/hf/make.py).
type answers struct {
	Cases []struct {
		IDs    []int32
		Rows   []int32     // whose logits are given
		Logits [][]float32 // (rows, vocab)
		Greedy []int32
	}
}

func readAnswers(t testing.TB, name string) answers {
	data, err := os.ReadFile("../testdata/hf/" + name + "/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var a answers
	if err := json.Unmarshal(data, &a); err != nil {
		t.Fatal(err)
	}
	if len(a.Cases) != 3 || len(a.Cases[0].Rows) != len(a.Cases[0].IDs) || len(a.Cases[2].Greedy) != 16 {
		t.Fatalf("%s: %d cases, the first with %d of %d rows", name, len(a.Cases), len(a.Cases[0].Rows), len(a.Cases[0].IDs))
	}
	return a
}

func openFamily(t testing.TB, name string, kernels *kernel.Set) *model.Model {
	f, err := gguf.Open("../testdata/gguf/" + name + ".gguf")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	m, err := model.Load(f, kernels)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// familyTolerance is of logits, relative to the largest of a row.
const familyTolerance = 1e-4

func TestFamiliesAgreeWithTransformers(t *testing.T) {
	sets := kernel.Sets(cpu.Detect())
	for _, name := range families {
		ref := readAnswers(t, name)
		for _, set := range slices.Compact([]*kernel.Set{sets[0], sets[len(sets)-1]}) {
			t.Run(name+"/"+set.Name, func(t *testing.T) {
				m := openFamily(t, name, set)
				for i, c := range ref.Cases {
					s := newFamilyState(t, m, "f32", len(c.IDs)+len(c.Greedy), 1)
					got := logits(s, c.IDs, c.Rows, len(c.IDs))
					for j, want := range c.Logits {
						if d := distance(got[j], want); d > familyTolerance {
							t.Errorf("case %d, row %d: logits differ by %.2g of the largest", i, c.Rows[j], d)
						}
					}
					if got := greedy(s, c.IDs, len(c.Greedy)); !slices.Equal(got, c.Greedy) {
						t.Errorf("case %d: continuation %v, want %v", i, got, c.Greedy)
					}
				}
			})
		}
	}
}

func newFamilyState(t testing.TB, m *model.Model, format string, longest, threads int) *model.State {
	cache, err := model.NewCache(m, format, (longest+15)/16, 16)
	if err != nil {
		t.Fatal(err)
	}
	cache.Longest = longest
	pool := par.New(threads)
	t.Cleanup(pool.Close)
	return model.NewState(m, cache, pool)
}

// logits computes those of the rows, ascending, in passes of at most chunk tokens.
func logits(s *model.State, ids, rows []int32, chunk int) [][]float32 {
	var p model.Pass
	var out [][]float32
	own := blocks(len(ids)/16 + 1)
	for at := 0; at < len(ids); at += chunk {
		end := min(len(ids), at+chunk)
		p.Reset()
		p.Add(at, own, ids[at:end]...)
		for _, r := range rows {
			if int(r) >= at && int(r) < end {
				p.Logits = append(p.Logits, r-int32(at))
			}
		}
		s.Forward(&p)
		for i := range p.Logits {
			out = append(out, slices.Clone(p.Row(i)))
		}
	}
	return out
}

// greedy continues ids by n tokens.
func greedy(s *model.State, ids []int32, n int) []int32 {
	var p model.Pass
	own := blocks((len(ids)+n)/16 + 1)
	next, all := ids, slices.Clone(ids)
	for range n {
		p.Reset()
		p.Add(len(all)-len(next), own, next...)
		p.Logits = append(p.Logits, int32(len(next)-1))
		s.Forward(&p)
		row := p.Row(0)
		all = append(all, int32(slices.Index(row, slices.Max(row))))
		next = all[len(all)-1:]
	}
	return all[len(ids):]
}

// distance is the largest difference of two rows by the largest value of the second.
func distance(a, b []float32) float64 {
	top, most := 0.0, 0.0
	for i := range b {
		most = max(most, math.Abs(float64(a[i]-b[i])))
		top = max(top, math.Abs(float64(b[i])))
	}
	return most / top
}

// A row's logits depend on its sequence alone: not on how the prompt was cut, on the
// threads or on what else is in the pass, with every cache format.
func TestFamiliesDependOnNothingButTheSequence(t *testing.T) {
	sets := kernel.Sets(cpu.Detect())
	for _, name := range families {
		m := openFamily(t, name, sets[len(sets)-1])
		ids := readAnswers(t, name).Cases[2].IDs
		last := []int32{int32(len(ids) - 1)}
		for _, format := range model.CacheFormats {
			if _, err := model.CacheBytesPerToken(m.Config, format); err != nil {
				continue // heads of 16 columns
			}
			t.Run(fmt.Sprint(name, "/", format), func(t *testing.T) {
				s := newFamilyState(t, m, format, 128, 1)
				want := logits(s, ids, last, len(ids))[0]
				for _, chunk := range []int{1, 7, 16} {
					if got := logits(s, ids, last, chunk)[0]; !slices.Equal(got, want) {
						t.Errorf("logits differ in chunks of %d", chunk)
					}
				}
				if got := logits(newFamilyState(t, m, format, 128, 2), ids, last, len(ids))[0]; !slices.Equal(got, want) {
					t.Error("logits differ with two threads")
				}
				if got := amongOthers(s, ids); !slices.Equal(got, want) {
					t.Error("logits differ with other sequences in the pass")
				}
			})
		}
	}
}

// amongOthers computes the last token's logits in one pass with two other sequences.
func amongOthers(s *model.State, ids []int32) []float32 {
	var p model.Pass
	p.Add(0, []int32{7}, 5, 6, 7)
	p.Add(0, []int32{3, 1, 5}, ids...)
	p.Add(0, []int32{0, 2}, slices.Repeat([]int32{9}, 20)...)
	p.Logits = []int32{int32(2 + len(ids)), int32(22 + len(ids))}
	s.Forward(&p)
	return slices.Clone(p.Row(0))
}

// The cache's format costs little accuracy: the wrong one would cost much.
func TestFamiliesWithSmallerCaches(t *testing.T) {
	sets := kernel.Sets(cpu.Detect())
	for _, name := range families {
		m := openFamily(t, name, sets[len(sets)-1])
		c := readAnswers(t, name).Cases[2]
		for format, tolerance := range map[string]float64{"bf16": 0.04, "q8_0": 0.06} {
			if _, err := model.CacheBytesPerToken(m.Config, format); err != nil {
				continue
			}
			s := newFamilyState(t, m, format, len(c.IDs), 1)
			if d := distance(logits(s, c.IDs, c.Rows, len(c.IDs))[0], c.Logits[0]); d > tolerance {
				t.Errorf("%s, %s: logits differ by %.2g of the largest", name, format, d)
			}
		}
	}
}

func TestFamiliesAllocateNothing(t *testing.T) {
	sets := kernel.Sets(cpu.Detect())
	for _, name := range families {
		m := openFamily(t, name, sets[len(sets)-1])
		s := newFamilyState(t, m, "f32", 128, 1)
		var p model.Pass
		own, token := blocks(8), int32(5)
		step := func() {
			p.Reset()
			p.Add(int(token), own, token, token+1, token+2)
			p.Logits = append(p.Logits, 2)
			s.Forward(&p)
			token++
		}
		step()
		if n := testing.AllocsPerRun(20, step); n != 0 {
			t.Errorf("%s: a pass allocates %v times", name, n)
		}
	}
}
