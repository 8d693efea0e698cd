package model

// Forward runs the pass: it writes the rows' keys and values to the cache and the
// wanted rows' logits to p.Out. Tokens are below the vocabulary's size, positions
// below the context, and every position's block is in its span.
func (s *State) Forward(p *Pass) {
	s.reset(p)
	s.each(len(p.Tokens), (*State).embed)
	s.owed = owed{}
	for s.layer = range s.m.Weights.Layers {
		s.attention(&s.m.Weights.Layers[s.layer])
		if s.m.Experts > 0 {
			s.experts(&s.m.Weights.Layers[s.layer])
		} else {
			s.feedForward(&s.m.Weights.Layers[s.layer])
		}
	}
	s.each(len(p.Logits), (*State).finalNorm)
	s.multiply(&s.last, product{&s.out, &s.m.Weights.Head, 0})
}

func (s *State) embed(w *worker, from, to int) {
	e := s.m.Weights.Embedding
	for r := from; r < to; r++ {
		at := int(s.pass.Tokens[r]) * e.Stride
		s.m.embed.Dequantize(s.x.Row(r), e.Data[at:at+e.Stride])
		if s.m.EmbeddingScale != 1 {
			s.m.Kernels.Scale(&w.Worker, s.x.Row(r), s.m.EmbeddingScale)
		}
	}
}

// owed is what a block leaves to whoever reads the residual stream next: to add y, with a bias
// and normed if these are not nil. So the stream is passed over once for both.
type owed struct {
	any        bool
	bias, norm []float32
}

// addend is what row r of the residual stream lacks, nil for nothing.
func (s *State) addend(w *worker, r int) []float32 {
	if !s.owed.any {
		return nil
	}
	y := s.y.Row(r)
	s.addBias(w, y, s.owed.bias)
	if s.owed.norm != nil {
		s.m.Kernels.RMSNorm(&w.Worker, y, y, s.owed.norm, s.m.Eps)
	}
	return y
}

// attention leaves the attention block's output in y.
func (s *State) attention(l *Layer) {
	rows := s.x.Rows
	s.h.ReservePrompt(s.prompt)
	s.each(rows, (*State).attnNorm)
	s.multiply(&s.h, product{&s.q, &l.Q, 0}, product{&s.k, &l.K, 0}, product{&s.v, &l.V, 0})
	s.each(rows, (*State).prepare)
	if s.cache.format.PerChannel {
		s.each(rows, (*State).seal)
	}
	s.attendAll()
	if s.cache.format.PerChannel {
		s.each(rows, (*State).keepTails)
	}
	s.observeAll()
	s.each(rows, (*State).quantizeAttn)
	s.multiply(&s.attn, product{&s.y, &l.O, 0})
	s.owed = owed{true, l.OBias, l.AttnPostNorm}
}

// feedForward leaves the gated feed-forward block's output in y (Shazeer 2020).
func (s *State) feedForward(l *Layer) {
	rows := s.x.Rows
	s.each(rows, (*State).ffnNorm)
	s.gateUp(l)
	s.multiply(&s.act, product{&s.y, &l.Down, 0})
	s.owed = owed{true, l.DownBias, l.FFNPostNorm}
}

func (s *State) current() *Layer { return &s.m.Weights.Layers[s.layer] }

func (s *State) attnNorm(w *worker, from, to int) {
	l := s.current()
	s.norm(w, from, to, l.AttnNorm, s.forms(&l.Q, &l.K, &l.V))
}

func (s *State) ffnNorm(w *worker, from, to int) {
	l := s.current()
	if s.m.Experts > 0 { // which take copies of the rows
		f := s.forms(&l.Router)
		f.floats = true
		s.norm(w, from, to, l.FFNNorm, f)
		return
	}
	s.norm(w, from, to, l.FFNNorm, s.forms(&l.Gate, &l.Up))
}

func (s *State) norm(w *worker, from, to int, weight []float32, f forms) {
	for r := from; r < to; r++ {
		y := s.addend(w, r)
		if f.quantized {
			s.m.Kernels.NormQuantize(&w.Worker, &s.h, r, s.x.Row(r), y, weight, s.m.Eps, f.floats)
		} else {
			s.m.Kernels.AddNorm(&w.Worker, s.h.Row(r), s.x.Row(r), y, weight, s.m.Eps)
		}
	}
	s.split(w, &s.h, from, to, f)
}

func (s *State) activate(w *worker, from, to int) {
	l, k := s.current(), s.m.Kernels
	f := s.forms(&l.Down)
	for r := from; r < to; r++ {
		gate, up := s.gate.Row(r), s.up.Row(r)
		s.addBias(w, gate, l.GateBias)
		s.addBias(w, up, l.UpBias)
		switch {
		case f.quantized && s.m.Activation == GELU:
			k.GELUQuantize(&w.Worker, &s.act, r, gate, up, f.floats)
		case f.quantized:
			k.SiLUQuantize(&w.Worker, &s.act, r, gate, up, f.floats)
		case s.m.Activation == GELU:
			k.GELUMul(&w.Worker, s.act.Row(r), gate, up)
		default:
			k.SiLUMul(&w.Worker, s.act.Row(r), gate, up)
		}
	}
	s.split(w, &s.act, from, to, f)
}

func (s *State) finalNorm(w *worker, from, to int) {
	for i := from; i < to; i++ {
		r := int(s.pass.Logits[i])
		s.m.Kernels.AddNorm(&w.Worker, s.last.Row(i), s.x.Row(r), s.addend(w, r), s.m.Weights.Norm, s.m.Eps)
	}
	if s.m.Weights.Head.Kind.Integer() {
		s.m.Kernels.QuantizeRows(&w.Worker, &s.last, from, to)
	}
}
