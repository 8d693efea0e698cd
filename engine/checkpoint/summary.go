package checkpoint

import (
	"cmp"
	"slices"

	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/model"
)

// Summary is what a model file holds, counted.
type Summary struct {
	File         string     `json:"file"`
	Version      int        `json:"gguf_version"`
	Alignment    int        `json:"alignment_bytes"`
	Architecture string     `json:"architecture"` // "" where the file does not say
	Name         string     `json:"name"`
	Parameters   int64      `json:"parameters"`
	Bytes        int64      `json:"tensor_bytes"`
	Types        []TypeSize `json:"types"`   // the largest share first
	Tensors      []Tensor   `json:"tensors"` // in the file's order
}

// TypeSize is what the tensors of one type take together.
type TypeSize struct {
	Type       string `json:"type"`
	Tensors    int    `json:"tensors"`
	Parameters int64  `json:"parameters"`
	Bytes      int64  `json:"bytes"`
}

// Tensor describes one tensor. Shape is in the file's order: the length of a row first.
type Tensor struct {
	Name   string `json:"name"`
	Shape  []int  `json:"shape"`
	Type   string `json:"type"`
	Bytes  int64  `json:"bytes"`
	Offset int64  `json:"offset"`
}

// Summarize counts f's tensors. It needs no architecture that can be run.
func Summarize(f *gguf.File) Summary {
	s := Summary{File: f.Name, Version: f.Version, Alignment: f.Alignment}
	s.Architecture, _ = f.String("general.architecture") // a file without one has none to show
	s.Name, _ = f.String("general.name")
	byType := map[string]*TypeSize{}
	for _, t := range f.Tensors {
		n := int64(1)
		for _, d := range t.Dims {
			n *= int64(d)
		}
		name, size := t.Type.String(), int64(len(t.Data))
		s.Tensors = append(s.Tensors, Tensor{t.Name, t.Dims, name, size, t.Offset})
		if byType[name] == nil {
			byType[name] = &TypeSize{Type: name}
		}
		k := byType[name]
		k.Tensors, k.Parameters, k.Bytes = k.Tensors+1, k.Parameters+n, k.Bytes+size
		s.Parameters, s.Bytes = s.Parameters+n, s.Bytes+size
	}
	for _, k := range byType {
		s.Types = append(s.Types, *k)
	}
	slices.SortFunc(s.Types, func(a, b TypeSize) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Type, b.Type))
	})
	return s
}

// Memory is what serving a model takes, estimated from its shape.
type Memory struct {
	Sequences       int    `json:"sequences"`
	Context         int    `json:"context_tokens"` // of each sequence
	KVFormat        string `json:"kv_format"`
	WeightBytes     int64  `json:"weight_bytes"` // as the file has them; packed they take as many
	KVBytesPerToken int64  `json:"kv_bytes_per_token"`
	KVBytes         int64  `json:"kv_bytes"`
	ActivationBytes int64  `json:"activation_bytes"` // of one step of TokenBudget rows
	TokenBudget     int    `json:"token_budget"`
	TotalBytes      int64  `json:"total_bytes"`
	NotCounted      string `json:"not_counted"`
}

// EstimateMemory adds up what sequences of context positions each take beside the
// weights, with steps of budget rows. The error is an unknown cache format.
func EstimateMemory(m *model.Model, sequences, context, budget int, kvFormat string) (Memory, error) {
	perToken, err := model.CacheBytesPerToken(m.Config, kvFormat)
	if err != nil {
		return Memory{}, err
	}
	e := Memory{
		Sequences: sequences, Context: context, KVFormat: kvFormat, TokenBudget: budget,
		WeightBytes: m.WeightBytes(), KVBytesPerToken: int64(perToken),
		KVBytes:         int64(perToken) * int64(context) * int64(sequences),
		ActivationBytes: activationBytes(m.Config, budget, sequences),
		NotCounted:      "the tokenizer's tables, the Go runtime and the server",
	}
	e.TotalBytes = e.WeightBytes + e.KVBytes + e.ActivationBytes
	return e, nil
}

// activationBytes is the scratch of one step: float32 rows, 8-bit copies of most of
// them (a quarter more), and one row of logits for each sequence.
func activationBytes(c model.Config, rows, sequences int) int64 {
	row := 4*c.Dim + 2*c.Heads*c.HeadDim + 2*c.KVDim() + 3*c.FFN
	return int64(rows)*int64(row)*4*5/4 + int64(sequences)*int64(c.Vocab)*4
}
