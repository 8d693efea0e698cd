package model

import (
	"errors"

	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/kernel"
)

// Weights are a model's parameters. Matrices are (outputs, inputs), a row per output.
type Weights struct {
	Embedding kernel.Rows // (vocab, dim)
	Layers    []Layer
	Norm      []float32 // (dim)
	Head      Matrix    // (vocab, dim); the embedding again where the two are tied

	// Divisors of the rotary frequencies, (rope dim / 2) each, nil where the file has
	// none: for all contexts (Llama 3), or for short and long ones (LongRoPE).
	RopeFactors, RopeShort, RopeLong []float32

	bytes int64
}

// Layer is one transformer block. What is nil or 0 is not done.
type Layer struct {
	AttnNorm            []float32 // (dim)
	Q, K, V             Matrix    // (heads x head, dim), (kv heads x head, dim) twice
	QBias, KBias, VBias []float32 // (heads x head), (kv heads x head) twice
	QNorm, KNorm        []float32 // (head): norms of each head's query and key
	O                   Matrix    // (dim, heads x head)
	OBias               []float32 // (dim)
	AttnPostNorm        []float32 // (dim): of the attention block's output

	FFNNorm          []float32 // (dim)
	Router           Matrix    // (experts, dim); no data where there is one block for all rows
	Gate, Up         Matrix    // (experts x ffn, dim)
	GateBias, UpBias []float32 // (ffn)
	Down             Matrix    // (experts x dim, ffn)
	DownBias         []float32 // (dim)
	FFNPostNorm      []float32 // (dim): of the feed-forward block's output

	Window int // positions attended to; 0 is all
	Turn   Turn
}

func bindWeights(f *gguf.File, c Config, layer func(*binder, *Config, int) Layer) (Weights, error) {
	b := &binder{f: f, left: make(map[string]bool, len(f.Tensors))}
	var w Weights
	for _, t := range f.Tensors {
		b.left[t.Name] = true
		w.bytes += int64(len(t.Data))
	}
	embedding := b.matrix("token_embd.weight", c.Vocab, c.Dim)
	w.Embedding = embedding.Rows
	w.Norm = b.vector("output_norm.weight", c.Dim)
	w.Head = embedding
	if b.left["output.weight"] {
		w.Head = b.matrix("output.weight", c.Vocab, c.Dim)
	}
	b.ropeFactors(&w, c)
	for i := range c.Layers {
		w.Layers = append(w.Layers, layer(b, &c, i))
		if len(b.errs) > 8 {
			break
		}
	}
	b.nothingLeft()
	return w, errors.Join(b.errs...)
}
