package model

// SmolLM 3: Llama without rotary embeddings in every fourth layer (NoPE, Yang et al. 2025).

const smollm3Group = 4 // layers, the last of which does not rotate

func smollm3Layer(b *binder, c *Config, i int) Layer {
	l := llamaLayer(b, c, i)
	if (i+1)%smollm3Group == 0 {
		l.Turn = TurnNone
	}
	return l
}
