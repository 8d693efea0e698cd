package recipe

import (
	"slices"
	"strings"
)

// Tensor is what choosing needs to know of one.
type Tensor struct {
	Name    string
	Dims    []int  // in GGUF's order, the length of a row first
	Format  string // as stored now
	Experts int    // matrices stacked in it; 1 for a plain one
}

// Shape is what choosing needs to know of the model.
type Shape struct {
	Layers         int
	Heads, KVHeads int
	Experts        int // 0 without a mixture of experts
}

// kind is the part a tensor plays.
type kind int

const (
	other kind = iota
	head
	embedding
	values // attention's values, alone or fused with queries and keys
	keys
	attentionOutput
	down
)

// kinds are found by the first of these that a name contains, in order.
var kinds = []struct {
	part string
	kind kind
}{
	{"attn_qkv.weight", values}, {"attn_v.weight", values}, {"attn_k.weight", keys},
	{"attn_output.weight", attentionOutput}, {"ffn_down", down},
}

func kindOf(name string) kind {
	switch name {
	case "output.weight":
		return head
	case "token_embd.weight":
		return embedding
	}
	for _, k := range kinds {
		if strings.Contains(name, k.part) {
			return k.kind
		}
	}
	return other
}

// Quantizable says whether a tensor is stored in a smaller format at all: matrices,
// but for norms and the router of a mixture of experts, which are small and decide much.
func Quantizable(t Tensor) bool {
	matrix := len(t.Dims) > 1 && slices.ContainsFunc(t.Dims[1:], func(d int) bool { return d > 1 })
	return matrix && strings.HasSuffix(t.Name, "weight") &&
		!strings.Contains(t.Name, "_norm.weight") && !strings.Contains(t.Name, "ffn_gate_inp.weight")
}
