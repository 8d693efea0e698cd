package model

import "math"

// Gemma 3, text: scaled embeddings, norms before and after each block and of each
// head's query and key, five windowed layers with a rotary base of their own to one
// that sees all. Scaling is of that one's rotary embedding.

const (
	gemma3Group      = 6     // layers, the last of which sees all
	gemma3LocalBase  = 10000 // of windowed layers
	gemma3LargestLen = 62    // layers of the one size whose scores are scaled by Dim/Heads (27B)
)

func readGemma3(r *reader, c *Config) {
	r.refuse("final_logit_softcapping", 0)
	r.refuse("attn_logit_softcapping", 0)
	c.Activation = GELU
	c.EmbeddingScale = float32(math.Sqrt(float64(c.Dim)))
	c.LocalBase = r.floatOr("rope.freq_base_swa", gemma3LocalBase)
	if c.Layers == gemma3LargestLen && !r.has("attention.scale") {
		c.AttentionScale = float32(1 / math.Sqrt(float64(c.Dim/c.Heads)))
	}
	if c.Window = r.sizeOr("attention.sliding_window", 0); c.Window > 0 {
		c.Windowed = r.pattern("attention.sliding_window_pattern", c.Layers, gemma3Group)
	}
}

func gemma3Layer(b *binder, c *Config, i int) Layer {
	b.in(i)
	l := Layer{AttnNorm: b.vector("attn_norm.weight", c.Dim), FFNNorm: b.vector("ffn_norm.weight", c.Dim)}
	l.AttnPostNorm, l.FFNPostNorm = b.vector("post_attention_norm.weight", c.Dim), b.vector("post_ffw_norm.weight", c.Dim)
	b.attention(&l, c)
	b.headNorms(&l, c)
	b.feedForward(&l, c)
	if c.Windowed != nil && c.Windowed[i] {
		l.Window, l.Turn = c.Window, TurnLocal
	}
	return l
}
