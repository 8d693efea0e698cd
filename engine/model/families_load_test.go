package model_test

import (
	"bytes"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/internal/cpu"
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/engine/model"
)

// spoiled is a family's file as parts that a test changes before it is loaded.
type spoiled struct {
	kvs     []gguf.KV
	tensors []gguf.TensorData
}

func (s *spoiled) set(key string, value any) {
	s.kvs = slices.DeleteFunc(s.kvs, func(kv gguf.KV) bool { return kv.Key == key })
	if value != nil {
		s.kvs = append(s.kvs, gguf.KV{Key: key, Value: value})
	}
}

func (s *spoiled) remove(tensor string) {
	s.tensors = slices.DeleteFunc(s.tensors, func(t gguf.TensorData) bool { return t.Name == tensor })
}

// reshape gives a tensor's values other dimensions.
func (s *spoiled) reshape(tensor string, dims ...int) {
	i := slices.IndexFunc(s.tensors, func(t gguf.TensorData) bool { return t.Name == tensor })
	s.tensors[i].Dims = dims
}

func loadSpoiled(t testing.TB, name string, spoil func(*spoiled)) (*model.Model, error) {
	f, err := gguf.Open("../testdata/gguf/" + name + ".gguf")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	parts := &spoiled{kvs: slices.Clone(f.KVs)}
	for _, w := range f.Tensors {
		parts.tensors = append(parts.tensors, w.ToWrite())
	}
	spoil(parts)
	var b bytes.Buffer
	if err := gguf.Write(&b, parts.kvs, parts.tensors); err != nil {
		t.Fatal(err)
	}
	parsed, err := gguf.Parse(name+".gguf", b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	sets := kernel.Sets(cpu.Detect())
	return model.Load(parsed, sets[0])
}

func TestFamiliesRefuseBadFiles(t *testing.T) {
	for _, c := range []struct {
		name, family string
		spoil        func(*spoiled)
		want         string
	}{
		{"no bias", "qwen2", func(s *spoiled) { s.remove("blk.1.attn_k.bias") }, "blk.1.attn_k.bias"},
		{"no norm of heads", "qwen3", func(s *spoiled) { s.remove("blk.0.attn_q_norm.weight") }, "blk.0.attn_q_norm.weight"},
		{"norm of heads for llama", "qwen3", func(s *spoiled) { s.set("general.architecture", "qwen2") }, "qwen2.block_count"},
		{"no router", "qwen3moe", func(s *spoiled) { s.remove("blk.1.ffn_gate_inp.weight") }, "blk.1.ffn_gate_inp.weight"},
		{"experts in another order", "qwen3moe", func(s *spoiled) { s.reshape("blk.0.ffn_up_exps.weight", 32, 5, 32) }, "has shape [32 5 32], want [5 32 32]"},
		{"no experts", "qwen3moe", func(s *spoiled) { s.set("qwen3moe.expert_count", uint32(0)) }, "expert_count is 0"},
		{"more used than there are", "qwen3moe", func(s *spoiled) { s.set("qwen3moe.expert_used_count", uint32(6)) }, "expert_used_count is 6 of 5"},
		{"experts of llama", "llama", func(s *spoiled) { s.set("llama.expert_count", uint32(8)) }, "llama.expert_count is 8"},
		{"no norm after", "gemma3", func(s *spoiled) { s.remove("blk.5.post_ffw_norm.weight") }, "blk.5.post_ffw_norm.weight"},
		{"capped logits", "gemma3", func(s *spoiled) { s.set("gemma3.final_logit_softcapping", float32(30)) }, "final_logit_softcapping is 30"},
		{"a pattern of other layers", "gemma3", func(s *spoiled) { s.set("gemma3.attention.sliding_window_pattern", []bool{true, false}) }, "has 2 values, want one for each of 6"},
		{"values of another width", "gemma3", func(s *spoiled) { s.set("gemma3.attention.value_length", uint32(32)) }, "value_length is 32"},
		{"no factors", "phi3-longrope", func(s *spoiled) { s.remove("rope_factors_short.weight") }, "rope_factors_short.weight"},
		{"factors of another width", "llama3-scaled", func(s *spoiled) { s.reshape("rope_freqs.weight", 4, 2) }, "rope_freqs.weight"},
		{"base of windowed layers", "gemma3", func(s *spoiled) { s.set("gemma3.rope.freq_base_swa", float32(0.5)) }, "freq_base_swa is 0.5"},
		{"heads per layer", "phi3", func(s *spoiled) { s.set("phi3.attention.head_count_kv", []int32{1, 2}) }, "phi3.attention.head_count_kv"},
		{"fused matrix too short", "phi3", func(s *spoiled) { s.set("phi3.feed_forward_length", uint32(40)) }, "blk.0.ffn_up.weight"},
		{"unknown scaling", "llama-yarn", func(s *spoiled) { s.set("llama.rope.scaling.type", "ntk") }, `"ntk"`},
		{"scaling without factor", "llama-yarn", func(s *spoiled) { s.set("llama.rope.scaling.factor", nil) }, "llama.rope.scaling.factor"},
		{"scaling without context", "llama-yarn", func(s *spoiled) { s.set("llama.rope.scaling.original_context_length", nil) }, "original_context_length"},
		{"negative factor", "llama-linear", func(s *spoiled) { s.set("llama.rope.scaling.factor", float32(-2)) }, "factor is -2"},
		{"betas", "llama-yarn", func(s *spoiled) { s.set("llama.rope.scaling.yarn_beta_fast", float32(-1)) }, "yarn_beta_fast -1"},
		{"temperature without length", "ministral3", func(s *spoiled) {
			s.set("mistral3.rope.scaling.type", "none")
			s.set("mistral3.rope.scaling.original_context_length", nil)
		}, "original_context_length, which is missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := loadSpoiled(t, c.family, c.spoil)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.family+".gguf") {
				t.Errorf("error is %v, want one that names %s.gguf and %q", err, c.family, c.want)
			}
		})
	}
}

func TestFamilyConfigs(t *testing.T) {
	load := func(name string, spoil func(*spoiled)) *model.Model {
		m, err := loadSpoiled(t, name, spoil)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	as := func(name string) *model.Model { return load(name, func(*spoiled) {}) }
	if got, want := windows(as("gemma3")), []int{8, 8, 8, 8, 8, 0}; !slices.Equal(got, want) {
		t.Errorf("gemma3: windows %v, want %v", got, want)
	}
	every := load("gemma3", func(s *spoiled) { s.set("gemma3.attention.sliding_window_pattern", uint32(2)) })
	if got, want := windows(every), []int{8, 0, 8, 0, 8, 0}; !slices.Equal(got, want) {
		t.Errorf("gemma3, pattern 2: windows %v, want %v", got, want)
	}
	marked := load("gemma3", func(s *spoiled) {
		s.set("gemma3.attention.sliding_window_pattern", []bool{false, true, true, false, false, true})
	})
	if got, want := windows(marked), []int{0, 8, 8, 0, 0, 8}; !slices.Equal(got, want) {
		t.Errorf("gemma3, marked: windows %v, want %v", got, want)
	}
	if got, want := windows(as("phi3")), []int{12, 12}; !slices.Equal(got, want) {
		t.Errorf("phi3: windows %v, want %v", got, want)
	}
	if got := load("gemma3", func(s *spoiled) { s.set("gemma3.attention.scale", float32(0.125)) }).AttentionScale; got != 0.125 {
		t.Errorf("gemma3: attention scale %g, want that of the file", got)
	}
	if l := as("smollm3").Weights.Layers; l[2].Turn != model.TurnModel || l[3].Turn != model.TurnNone {
		t.Error("smollm3: not the last of four layers goes without rotation")
	}
	old := load("llama-linear", func(s *spoiled) {
		s.set("llama.rope.scaling.type", nil)
		s.set("llama.rope.scaling.factor", nil)
		s.set("llama.rope.scale_linear", float32(2))
	})
	if old.Scaling.Type != model.Linear || old.Scaling.Factor != 2 {
		t.Errorf("the old key of linear scaling: %+v", old.Scaling)
	}
}

func windows(m *model.Model) []int {
	var w []int
	for _, l := range m.Weights.Layers {
		w = append(w, l.Window)
	}
	return w
}

// A context of millions of positions costs nothing: what is sized by positions is sized
// by the cache.
func TestLongContextsLoadCheaply(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	m, err := loadSpoiled(t, "llama", func(s *spoiled) { s.set("llama.context_length", uint32(1<<23)) })
	if err != nil {
		t.Fatal(err)
	}
	s := newFamilyState(t, m, "f32", 64, 1)
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 4<<20 {
		t.Errorf("loading and a state for 64 positions take %d bytes", n)
	}
	c := readAnswers(t, "llama").Cases[0]
	if d := distance(logits(s, c.IDs, c.Rows, 4)[0], c.Logits[0]); d > familyTolerance {
		t.Errorf("logits differ by %.2g of the largest", d)
	}
}

// Experts and windows count as they are used.
func TestOpsOfFamilies(t *testing.T) {
	sets := kernel.Sets(cpu.Detect())
	for name, want := range map[string]int64{
		// 2 layers: q and o 64x32, k and v 32x32, the router 5x32, two experts of three 32x32;
		// attention 2x64 for each of 21 positions.
		"qwen3moe": 2 * (2*64*32 + 2*32*32 + 5*32 + 2*3*32*32 + 2*64*21),
		// 6 layers: q and o 64x32, k and v 32x32, three of 32x32; attention to 8 in five layers.
		"gemma3": 6*(2*64*32+2*32*32+3*32*32) + 2*64*(5*8+21),
	} {
		m := openFamily(t, name, sets[0])
		if got := m.Ops(20, false); got != want {
			t.Errorf("%s: Ops(20, false) = %d, want %d", name, got, want)
		}
		if got := m.Ops(20, true) - want; got != 32*352 {
			t.Errorf("%s: the head is %d, want %d", name, got, 32*352)
		}
	}
}

// Quantized experts and fused matrices give what the sequence alone gives, too.
func TestQuantizedFamiliesDependOnNothingButTheSequence(t *testing.T) {
	for _, set := range kernel.Sets(cpu.Detect()) {
		for _, name := range []string{"qwen3moe", "gemma3", "phi3"} {
			for format, tolerance := range map[string]float64{"BF16": 0.04, "Q8_0": 0.1, "Q4_1": 0.5} {
				m := requantized(t, "../testdata/gguf/"+name+".gguf", format, set)
				c := readAnswers(t, name).Cases[2]
				ids, last := c.IDs, c.Rows
				s := newFamilyState(t, m, "bf16", 128, 1)
				want := logits(s, ids, last, len(ids))[0]
				if d := distance(want, c.Logits[0]); d > tolerance {
					t.Errorf("%s, %s, %s: logits differ by %.2g of the largest from those of unquantized weights", name, format, set.Name, d)
				}
				if got := logits(s, ids, last, 5)[0]; !slices.Equal(got, want) {
					t.Errorf("%s, %s, %s: logits differ in chunks", name, format, set.Name)
				}
				if got := amongOthers(s, ids); !slices.Equal(got, want) {
					t.Errorf("%s, %s, %s: logits differ with other sequences in the pass", name, format, set.Name)
				}
			}
		}
	}
}
