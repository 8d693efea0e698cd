package model

// Qwen 3, dense: Llama with norms of each head's query and key.

func qwen3Layer(b *binder, c *Config, i int) Layer {
	b.in(i)
	l := Layer{AttnNorm: b.vector("attn_norm.weight", c.Dim), FFNNorm: b.vector("ffn_norm.weight", c.Dim)}
	b.attention(&l, c)
	b.headNorms(&l, c)
	b.feedForward(&l, c)
	return l
}
