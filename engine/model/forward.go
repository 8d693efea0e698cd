package model

// Forward runs the pass: it writes the rows' keys and values to the cache and the
// wanted rows' logits to p.Out. Tokens are below the vocabulary's size, positions
// below the context, and every position's block is in its span.
func (s *State) Forward(p *Pass) {
	s.reset(p)
	s.each(len(p.Tokens), (*State).embed)
	for s.layer = range s.m.Weights.Layers {
		s.attention(&s.m.Weights.Layers[s.layer])
		s.feedForward(&s.m.Weights.Layers[s.layer])
	}
	s.each(len(p.Logits), (*State).finalNorm)
	s.multiply(&s.out, s.m.Weights.Head, &s.last)
}

func (s *State) embed(_ *worker, from, to int) {
	e := s.m.Weights.Embedding
	for r := from; r < to; r++ {
		at := int(s.pass.Tokens[r]) * e.Stride
		s.m.embed.Dequantize(s.x.Row(r), e.Data[at:at+e.Stride])
	}
}

// attention adds the attention block's output to the residual stream.
func (s *State) attention(l *Layer) {
	rows := s.x.Rows
	s.each(rows, (*State).attnNorm)
	s.multiply(&s.q, l.Q, &s.h)
	s.multiply(&s.k, l.K, &s.h)
	s.multiply(&s.v, l.V, &s.h)
	s.each(rows, (*State).rotateAndStore)
	s.each(rows*s.m.KVHeads, (*State).attend)
	s.each(rows, (*State).quantizeAttn)
	s.multiply(&s.y, l.O, &s.attn)
	s.each(rows, (*State).addResidual)
}

// feedForward adds the gated feed-forward block's output (SwiGLU, Shazeer 2020).
func (s *State) feedForward(l *Layer) {
	rows := s.x.Rows
	s.each(rows, (*State).ffnNorm)
	s.multiply(&s.gate, l.Gate, &s.h)
	s.multiply(&s.up, l.Up, &s.h)
	s.each(rows, (*State).activate)
	s.multiply(&s.y, l.Down, &s.act)
	s.each(rows, (*State).addResidual)
}

func (s *State) current() *Layer { return &s.m.Weights.Layers[s.layer] }

func (s *State) attnNorm(w *worker, from, to int) {
	l := s.current()
	s.norm(w, from, to, l.AttnNorm, l.Q.Kind.Integer() || l.K.Kind.Integer() || l.V.Kind.Integer())
}

func (s *State) ffnNorm(w *worker, from, to int) {
	l := s.current()
	s.norm(w, from, to, l.FFNNorm, l.Gate.Kind.Integer() || l.Up.Kind.Integer())
}

func (s *State) norm(w *worker, from, to int, weight []float32, quantize bool) {
	for r := from; r < to; r++ {
		s.m.Kernels.RMSNorm(s.h.Row(r), s.x.Row(r), weight, s.m.Eps)
	}
	if quantize {
		s.m.Kernels.QuantizeRows(&w.Worker, &s.h, from, to)
	}
}

func (s *State) activate(w *worker, from, to int) {
	for r := from; r < to; r++ {
		s.m.Kernels.SiLUMul(s.act.Row(r), s.gate.Row(r), s.up.Row(r))
	}
	if s.current().Down.Kind.Integer() {
		s.m.Kernels.QuantizeRows(&w.Worker, &s.act, from, to)
	}
}

func (s *State) addResidual(_ *worker, from, to int) {
	for r := from; r < to; r++ {
		s.m.Kernels.Add(s.x.Row(r), s.y.Row(r))
	}
}

func (s *State) finalNorm(w *worker, from, to int) {
	for i := from; i < to; i++ {
		s.m.Kernels.RMSNorm(s.last.Row(i), s.x.Row(int(s.pass.Logits[i])), s.m.Weights.Norm, s.m.Eps)
	}
	if s.m.Weights.Head.Kind.Integer() {
		s.m.Kernels.QuantizeRows(&w.Worker, &s.last, from, to)
	}
}
