package model_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/gguf"
)

// Whatever one number of the metadata says, a file is refused or runs: no panic, and no
// memory by what it claims.
func FuzzMetadata(f *testing.F) {
	f.Add(uint8(0), "block_count", uint64(3), false)
	f.Add(uint8(9), "expert_used_count", uint64(0), false)
	f.Add(uint8(10), "attention.sliding_window_pattern", uint64(1), false)
	f.Add(uint8(12), "attention.sliding_window", uint64(1)<<40, false)
	f.Add(uint8(13), "rope.dimension_count", uint64(14), false)
	f.Add(uint8(6), "attention.temperature_scale", math.Float64bits(math.NaN()), true)
	f.Add(uint8(2), "rope.scaling.factor", math.Float64bits(1e-40), true)
	f.Add(uint8(2), "rope.scaling.original_context_length", uint64(1), false)
	f.Fuzz(func(t *testing.T, family uint8, key string, bits uint64, float bool) {
		if key == "" || strings.ContainsRune(key, 0) {
			return
		}
		name := families[int(family)%len(families)]
		m, err := loadSpoiled(t, name, func(s *spoiled) {
			at := slices.IndexFunc(s.kvs, func(kv gguf.KV) bool { return kv.Key == "general.architecture" })
			full := s.kvs[at].Value.(string) + "." + key
			if float {
				s.set(full, math.Float64frombits(bits))
			} else {
				s.set(full, bits)
			}
		})
		if err != nil {
			if !strings.Contains(err.Error(), name+".gguf") {
				t.Errorf("the error does not name the file: %v", err)
			}
			return
		}
		if m.Context < 8 {
			return
		}
		logits(newFamilyState(t, m, "f32", 8, 1), []int32{1, 2, 3, 4}, []int32{3}, 3)
	})
}

// One matrix for queries, keys and values gives the bits that three give.
func TestFusedAttentionIsEquivalent(t *testing.T) {
	f, err := gguf.Open("../testdata/gguf/qwen2.gguf")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	join := func(s *spoiled, kind string) {
		for _, layer := range []string{"blk.0.", "blk.1."} {
			var data []byte
			fused := gguf.TensorData{Name: layer + "attn_qkv." + kind}
			rows := 0
			for _, part := range []string{"attn_q.", "attn_k.", "attn_v."} {
				w, err := f.Tensor(layer + part + kind)
				if err != nil {
					t.Fatal(err)
				}
				data = append(data, w.Data...)
				rows += w.Dims[len(w.Dims)-1]
				fused.Type, fused.Dims = w.Type, slices.Clone(w.Dims)
				s.remove(w.Name)
			}
			fused.Dims[len(fused.Dims)-1], fused.Write = rows, gguf.Bytes(data)
			s.tensors = append(s.tensors, fused)
		}
	}
	c := readAnswers(t, "qwen2").Cases[1]
	var got [2][]float32
	for i := range got {
		m, err := loadSpoiled(t, "qwen2", func(s *spoiled) {
			if i == 1 {
				join(s, "weight")
				join(s, "bias")
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		got[i] = logits(newFamilyState(t, m, "f32", 64, 1), c.IDs, c.Rows, len(c.IDs))[0]
	}
	if !slices.Equal(got[0], got[1]) {
		t.Error("logits differ")
	}
}
