package model

// Forward runs the pass: it writes the rows' keys and values to the cache and the
// wanted rows' logits to p.Out. Tokens are below the vocabulary's size, positions
// below the context, and every position's block is in its span.
func (s *State) Forward(p *Pass) {
	s.reset(p)
	s.each(len(p.Tokens), (*State).embed)
	for s.layer = range s.m.Weights.Layers {
		s.attention(&s.m.Weights.Layers[s.layer])
		if s.m.Experts > 0 {
			s.experts(&s.m.Weights.Layers[s.layer])
		} else {
			s.feedForward(&s.m.Weights.Layers[s.layer])
		}
	}
	s.each(len(p.Logits), (*State).finalNorm)
	s.multiply(&s.out, s.m.Weights.Head, &s.last)
}

func (s *State) embed(_ *worker, from, to int) {
	e := s.m.Weights.Embedding
	for r := from; r < to; r++ {
		at := int(s.pass.Tokens[r]) * e.Stride
		s.m.embed.Dequantize(s.x.Row(r), e.Data[at:at+e.Stride])
		if s.m.EmbeddingScale != 1 {
			s.m.Kernels.Scale(s.x.Row(r), s.m.EmbeddingScale)
		}
	}
}

// attention adds the attention block's output to the residual stream.
func (s *State) attention(l *Layer) {
	rows := s.x.Rows
	s.each(rows, (*State).attnNorm)
	s.multiply(&s.q, l.Q, &s.h)
	s.multiply(&s.k, l.K, &s.h)
	s.multiply(&s.v, l.V, &s.h)
	s.each(rows, (*State).prepare)
	s.each(rows*s.m.KVHeads, (*State).attend)
	s.each(rows, (*State).quantizeAttn)
	s.multiply(&s.y, l.O, &s.attn)
	s.each(rows, (*State).addAttention)
}

// feedForward adds the gated feed-forward block's output (Shazeer 2020).
func (s *State) feedForward(l *Layer) {
	rows := s.x.Rows
	s.each(rows, (*State).ffnNorm)
	s.multiply(&s.gate, l.Gate, &s.h)
	s.multiply(&s.up, l.Up, &s.h)
	s.each(rows, (*State).activate)
	s.multiply(&s.y, l.Down, &s.act)
	s.each(rows, (*State).addFeedForward)
}

func (s *State) current() *Layer { return &s.m.Weights.Layers[s.layer] }

func (s *State) attnNorm(w *worker, from, to int) {
	l := s.current()
	s.norm(w, from, to, l.AttnNorm, l.Q.Kind.Integer() || l.K.Kind.Integer() || l.V.Kind.Integer())
}

func (s *State) ffnNorm(w *worker, from, to int) {
	l := s.current()
	quantize := l.Gate.Kind.Integer() || l.Up.Kind.Integer()
	if s.m.Experts > 0 { // which take copies of the rows, quantized there
		quantize = l.Router.Kind.Integer()
	}
	s.norm(w, from, to, l.FFNNorm, quantize)
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
	l := s.current()
	for r := from; r < to; r++ {
		gate, up := s.gate.Row(r), s.up.Row(r)
		s.addBias(gate, l.GateBias)
		s.addBias(up, l.UpBias)
		if s.m.Activation == GELU {
			s.geluMul(s.act.Row(r), gate, up)
		} else {
			s.m.Kernels.SiLUMul(s.act.Row(r), gate, up)
		}
	}
	if l.Down.Kind.Integer() {
		s.m.Kernels.QuantizeRows(&w.Worker, &s.act, from, to)
	}
}

// Constants of GELU's approximation x/2 (1 + tanh(u)), u = sqrt(2/pi) (x + cubic x^3)
// (Hendrycks and Gimpel 2016).
const (
	geluSlope = 2 * 0.7978845608028654 // 2 sqrt(2/pi)
	geluCubic = 0.044715
)

// geluMul writes GELU(gate) x up to dst and overwrites gate and up. As (1 + tanh u)/2 is
// the logistic function of 2u, it is SiLU(2u) x up / (2u/gate), and 2u/gate is never 0:
// the kernels' SiLU serves, with their equal bits.
func (s *State) geluMul(dst, gate, up []float32) {
	up = up[:len(gate)]
	for i, x := range gate {
		slope := geluSlope + float32(float32(geluSlope*geluCubic)*float32(x*x))
		gate[i] = x * slope
		up[i] /= slope
	}
	s.m.Kernels.SiLUMul(dst, gate, up)
}

func (s *State) addAttention(_ *worker, from, to int) {
	l := s.current()
	s.addResidual(from, to, l.OBias, l.AttnPostNorm)
}

func (s *State) addFeedForward(_ *worker, from, to int) {
	l := s.current()
	s.addResidual(from, to, l.DownBias, l.FFNPostNorm)
}

func (s *State) addResidual(from, to int, bias, norm []float32) {
	for r := from; r < to; r++ {
		y := s.y.Row(r)
		s.addBias(y, bias)
		if norm != nil {
			s.m.Kernels.RMSNorm(y, y, norm, s.m.Eps)
		}
		s.m.Kernels.Add(s.x.Row(r), y)
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
