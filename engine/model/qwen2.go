package model

// Qwen 2 and 2.5: Llama with biases of queries, keys and values.

func qwen2Layer(b *binder, c *Config, i int) Layer {
	b.in(i)
	l := Layer{AttnNorm: b.vector("attn_norm.weight", c.Dim), FFNNorm: b.vector("ffn_norm.weight", c.Dim)}
	b.attention(&l, c)
	b.attentionBiases(&l, c)
	b.require(l.QBias, "attn_q.bias", c.Heads*c.HeadDim)
	b.require(l.KBias, "attn_k.bias", c.KVDim())
	b.require(l.VBias, "attn_v.bias", c.KVDim())
	b.feedForward(&l, c)
	return l
}
