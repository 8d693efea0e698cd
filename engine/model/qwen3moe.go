package model

// Qwen 3, mixture of experts: every layer's feed-forward block is one of many, chosen
// by row.

func readQwen3MoE(r *reader, c *Config) {
	c.Experts, c.ExpertsUsed = r.count("expert_count"), r.count("expert_used_count")
	c.FFN = r.countOr("expert_feed_forward_length", max(1, c.FFN/c.ExpertsUsed))
}

func qwen3MoELayer(b *binder, c *Config, i int) Layer {
	b.in(i)
	l := Layer{AttnNorm: b.vector("attn_norm.weight", c.Dim), FFNNorm: b.vector("ffn_norm.weight", c.Dim)}
	b.attention(&l, c)
	b.headNorms(&l, c)
	b.experts(&l, c)
	return l
}
