package model

// Phi 3 and 4: queries, keys and values in one matrix, gate and up in another, and the
// two sets of factors of long contexts (LongRoPE, Ding et al. 2024).

func readPhi3(r *reader, c *Config) {
	c.Window = r.sizeOr("attention.sliding_window", 0)
}

func phi3Layer(b *binder, c *Config, i int) Layer {
	b.in(i)
	l := Layer{AttnNorm: b.vector("attn_norm.weight", c.Dim), FFNNorm: b.vector("ffn_norm.weight", c.Dim), Window: c.Window}
	b.attention(&l, c)
	both := b.matrix("ffn_up.weight", 2*c.FFN, c.Dim)
	l.Gate, l.Up = part(both, 0, c.FFN), part(both, c.FFN, c.FFN)
	l.Down = b.matrix("ffn_down.weight", c.Dim, c.FFN)
	return l
}
