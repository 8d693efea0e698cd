package model

// Llama and those that share its graph: Mistral, TinyLlama, SmolLM2, Llama 3 with its
// factors of frequencies (rope_freqs). Some have biases.

func readLlama(r *reader, _ *Config) { r.refuse("expert_count", 0) }

func llamaLayer(b *binder, c *Config, i int) Layer {
	b.in(i)
	l := Layer{AttnNorm: b.vector("attn_norm.weight", c.Dim), FFNNorm: b.vector("ffn_norm.weight", c.Dim)}
	b.attention(&l, c)
	b.attentionBiases(&l, c)
	b.feedForward(&l, c)
	l.GateBias, l.UpBias = b.optional("ffn_gate.bias", c.FFN), b.optional("ffn_up.bias", c.FFN)
	l.DownBias = b.optional("ffn_down.bias", c.Dim)
	return l
}
