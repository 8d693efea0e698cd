package model

import (
	"fmt"
	"math"

	"github.com/assaylab/assay/engine/gguf"
)

// Rope says which columns of a head rotate together.
type Rope int

// The two layouts of rotary embeddings.
const (
	RopePairs  Rope = iota // (2i, 2i+1), as in the paper
	RopeHalves             // (i, i+n/2), as in GPT-NeoX
)

// Turn says how a layer rotates queries and keys.
type Turn uint8

// The turns.
const (
	TurnModel Turn = iota // by RopeBase and Scaling
	TurnLocal             // by LocalBase, without scaling
	TurnNone
	turns = TurnNone // the first two have angles
)

// The types of Scaling.
const (
	Linear   = "linear"   // positions divided by Factor (Chen et al. 2023)
	YaRN     = "yarn"     // slow frequencies divided by Factor, fast ones kept (Peng et al. 2024)
	LongRope = "longrope" // frequencies divided by the file's factors (Ding et al. 2024)
)

// Scaling stretches a rotary embedding to contexts longer than the model was first
// trained for.
type Scaling struct {
	Type       string  // "" for none
	Factor     float64 // of Linear and YaRN
	Original   int     // positions before stretching; 0 where the file does not say
	Attention  float64 // multiplies cosines and sines
	Ramp       float64 // of YaRN: weight of the kept frequencies
	Fast, Slow float64 // of YaRN: turns over Original from which a frequency is kept, and below which it is divided
}

func (r *reader) scaling() Scaling {
	s := Scaling{Type: r.stringOr("rope.scaling.type", ""), Factor: 1, Original: r.sizeOr("rope.scaling.original_context_length", 0)}
	s.Attention = r.floatOr("rope.scaling.attn_factor", 1)
	switch s.Type {
	case "", "none":
		if s.Type == "" && (r.has("rope.scaling.factor") || r.has("rope.scale_linear")) {
			s.Type, s.Factor = Linear, r.factor()
		} else {
			s.Type = ""
		}
	case Linear:
		s.Factor = r.factor()
	case YaRN:
		s.Factor = r.float("rope.scaling.factor")
		s.Original = r.count("rope.scaling.original_context_length")
		s.Fast, s.Slow = r.floatOr("rope.scaling.yarn_beta_fast", 32), r.floatOr("rope.scaling.yarn_beta_slow", 1)
		s.Ramp = r.floatOr("rope.scaling.yarn_ext_factor", 1)
		s.Attention *= r.floatOr("rope.scaling.yarn_attn_factor", magnitude(s.Factor, 1)/magnitude(s.Factor, r.floatOr("rope.scaling.yarn_log_multiplier", 0)))
	case LongRope:
		s.Original = r.count("rope.scaling.original_context_length")
	default:
		r.keep(fmt.Errorf("%s: %srope.scaling.type is %q, which this engine lacks: want one of none, %s, %s, %s", r.f.Name, r.arch, s.Type, Linear, YaRN, LongRope))
	}
	return s
}

// factor is that of linear scaling, under its new or its old key; 0 means none.
func (r *reader) factor() float64 {
	f := r.floatOr("rope.scaling.factor", 0)
	if f == 0 {
		f = r.floatOr("rope.scale_linear", 0)
	}
	if f == 0 {
		return 1
	}
	return f
}

// magnitude is YaRN's temperature: what longer contexts multiply queries and keys by.
func magnitude(factor, weight float64) float64 {
	if factor <= 1 {
		return 1
	}
	return 0.1*weight*math.Log(factor) + 1
}

// maxFactor bounds factors, far above any real one, so that angles are finite.
const maxFactor = 1e6

func (s Scaling) check(f *gguf.File) error {
	if !(s.Factor >= 1/maxFactor && s.Factor <= maxFactor) {
		return fmt.Errorf("%s: rope.scaling.factor is %g, want a positive number up to %g", f.Name, s.Factor, float64(maxFactor))
	}
	if !(s.Attention > 0 && s.Attention <= maxFactor) {
		return fmt.Errorf("%s: the rope scaling's attention factor is %g, want a positive number up to %g", f.Name, s.Attention, float64(maxFactor))
	}
	if s.Type == YaRN && !(s.Fast > 0 && s.Slow > 0 && s.Ramp >= 0 && s.Ramp <= 1) {
		return fmt.Errorf("%s: rope.scaling.yarn_beta_fast %g, yarn_beta_slow %g, yarn_ext_factor %g: want positive betas and a factor from 0 to 1", f.Name, s.Fast, s.Slow, s.Ramp)
	}
	return nil
}

// frequencies are the angles per position of the rotated pairs, (RopeDim/2), for a
// state whose longest sequence has so many positions.
func (m *Model) frequencies(t Turn, longest int) []float32 {
	base := m.RopeBase
	if t == TurnLocal {
		base = m.LocalBase
	}
	freqs := make([]float32, m.RopeDim/2)
	for i := range freqs {
		// In float32, as the models are trained: the reference's angles, bit for bit.
		freqs[i] = float32(math.Pow(base, -float64(2*i)/float64(m.RopeDim)))
	}
	if t == TurnModel {
		m.Scaling.stretch(freqs, base, m.RopeDim)
		for i, f := range m.ropeFactors(longest) {
			freqs[i] /= f
		}
	}
	return freqs
}

// ropeFactors are the divisors for a longest sequence: with LongRoPE those of long
// contexts where it exceeds the original one. The choice is one of the whole state,
// as keys that were turned with one set cannot be compared with another's.
func (m *Model) ropeFactors(longest int) []float32 {
	w := &m.Weights
	switch {
	case w.RopeLong == nil:
		return w.RopeFactors
	case m.Stretched(longest):
		return w.RopeLong
	}
	return w.RopeShort
}

// Stretched reports whether keys of a state whose longest sequence has so many positions are
// turned otherwise than those of one with short sequences only, which LongRoPE does.
func (m *Model) Stretched(longest int) bool {
	return m.Weights.RopeLong != nil && longest > m.Scaling.Original
}

func (s Scaling) stretch(freqs []float32, base float64, dim int) {
	switch s.Type {
	case Linear:
		for i := range freqs {
			freqs[i] /= float32(s.Factor)
		}
	case YaRN:
		low := max(0, math.Floor(s.pairOf(s.Fast, base, dim)))
		high := min(float64(dim-1), math.Ceil(s.pairOf(s.Slow, base, dim)))
		for i, f := range freqs {
			ramp := min(1, max(0, (float64(i)-low)/max(0.001, high-low)))
			keep := (1 - ramp) * s.Ramp
			freqs[i] = float32(float64(f)/s.Factor*(1-keep) + float64(f)*keep)
		}
	}
}

// pairOf is the index of the pair that makes so many turns over the original context.
func (s Scaling) pairOf(turns, base float64, dim int) float64 {
	return float64(dim) * math.Log(float64(s.Original)/(turns*2*math.Pi)) / (2 * math.Log(base))
}

// angles are the cosines and sines of positions, computed when first needed: memory
// for the longest sequence, work for the positions that were reached.
type angles struct {
	freqs    []float32 // (pairs)
	scale    float64
	cos, sin []float32 // (positions, pairs)
	filled   int       // positions
}

func newAngles(freqs []float32, scale float64, positions int) *angles {
	return &angles{freqs: freqs, scale: scale, cos: make([]float32, positions*len(freqs)), sin: make([]float32, positions*len(freqs))}
}

// upTo computes positions [filled, n).
func (a *angles) upTo(n int) {
	for ; a.filled < n; a.filled++ {
		at := a.filled * len(a.freqs)
		for i, f := range a.freqs {
			angle := float64(float32(a.filled) * f)
			a.cos[at+i], a.sin[at+i] = float32(math.Cos(angle)*a.scale), float32(math.Sin(angle)*a.scale)
		}
	}
}

func (a *angles) at(position int) (cos, sin []float32) {
	n := len(a.freqs)
	return a.cos[position*n : (position+1)*n], a.sin[position*n : (position+1)*n]
}
