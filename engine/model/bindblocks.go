package model

import "fmt"

// attention takes queries, keys and values, which may be one matrix, and the output.
func (b *binder) attention(l *Layer, c *Config) {
	q, kv := c.Heads*c.HeadDim, c.KVDim()
	if b.left[b.prefix+"attn_qkv.weight"] {
		all := b.matrix("attn_qkv.weight", q+2*kv, c.Dim)
		l.Q, l.K, l.V = part(all, 0, q), part(all, q, kv), part(all, q+kv, kv)
	} else {
		l.Q = b.matrix("attn_q.weight", q, c.Dim)
		l.K = b.matrix("attn_k.weight", kv, c.Dim)
		l.V = b.matrix("attn_v.weight", kv, c.Dim)
	}
	l.O = b.matrix("attn_output.weight", c.Dim, q)
}

// attentionBiases takes those that there are.
func (b *binder) attentionBiases(l *Layer, c *Config) {
	q, kv := c.Heads*c.HeadDim, c.KVDim()
	if all := b.optional("attn_qkv.bias", q+2*kv); all != nil {
		l.QBias, l.KBias, l.VBias = all[:q], all[q:q+kv], all[q+kv:]
	} else {
		l.QBias, l.KBias, l.VBias = b.optional("attn_q.bias", q), b.optional("attn_k.bias", kv), b.optional("attn_v.bias", kv)
	}
	l.OBias = b.optional("attn_output.bias", c.Dim)
}

// require reports a vector that an architecture always has and this file lacks.
func (b *binder) require(v []float32, name string, n int) {
	if v == nil {
		b.errs = append(b.errs, fmt.Errorf("%s: no tensor %s, which the architecture needs: want %d values", b.f.Name, b.prefix+name, n))
	}
}

func (b *binder) headNorms(l *Layer, c *Config) {
	l.QNorm, l.KNorm = b.vector("attn_q_norm.weight", c.HeadDim), b.vector("attn_k_norm.weight", c.HeadDim)
}

func (b *binder) feedForward(l *Layer, c *Config) {
	l.Gate = b.matrix("ffn_gate.weight", c.FFN, c.Dim)
	l.Up = b.matrix("ffn_up.weight", c.FFN, c.Dim)
	l.Down = b.matrix("ffn_down.weight", c.Dim, c.FFN)
}

func (b *binder) experts(l *Layer, c *Config) {
	l.Router = b.matrix("ffn_gate_inp.weight", c.Experts, c.Dim)
	l.Gate = b.matrix("ffn_gate_exps.weight", c.Experts, c.FFN, c.Dim)
	l.Up = b.matrix("ffn_up_exps.weight", c.Experts, c.FFN, c.Dim)
	l.Down = b.matrix("ffn_down_exps.weight", c.Experts, c.Dim, c.FFN)
}

// ropeFactors takes the divisors of rotary frequencies. They apply wherever a file has
// them; a scaling that consists of them needs them.
func (b *binder) ropeFactors(w *Weights, c Config) {
	n := c.RopeDim / 2
	w.RopeFactors = b.optional("rope_freqs.weight", n)
	if c.Scaling.Type == LongRope || b.left["rope_factors_long.weight"] || b.left["rope_factors_short.weight"] {
		w.RopeLong, w.RopeShort = b.vector("rope_factors_long.weight", n), b.vector("rope_factors_short.weight", n)
	}
	for _, v := range [][]float32{w.RopeFactors, w.RopeLong, w.RopeShort} {
		for i, f := range v {
			if !(f > 0) {
				b.errs = append(b.errs, fmt.Errorf("%s: a rope factor tensor has %g at %d, want positive numbers", b.f.Name, f, i))
			}
		}
	}
}
