package model

import (
	"github.com/assaylab/assay/engine/internal/par"
	"github.com/assaylab/assay/engine/kernel"
)

// gateUp fills act from h. Where kernels go from prompts' rows to their activations at once,
// gate and up are written for the other rows only.
func (s *State) gateUp(l *Layer) {
	if !s.gated(l) {
		s.multiply(&s.h, product{&s.gate, &l.Gate, 0}, product{&s.up, &l.Up, 0})
		s.each(s.x.Rows, (*State).activate)
		return
	}
	s.gates.l = l
	parts := append(s.parts[:0], s.piecesOf(l.Gate.packed[0].Groups(), &s.gates))
	rest := s.x.Rows - s.prompt
	if rest > 0 {
		for i, p := range [2]product{{&s.gate, &l.Gate, 0}, {&s.up, &l.Up, 0}} {
			s.muls[i].set(&s.h, p, true)
			parts = append(parts, s.piecesOf(p.w.packed[0].Groups(), &s.muls[i]))
		}
	}
	s.pool.Run(parts...)
	s.each(rest, (*State).activateRest)
}

func (s *State) gated(l *Layer) bool {
	return s.prompt > 0 && s.observe == nil && l.GateBias == nil && l.UpBias == nil && l.Down.Kind.Integer() &&
		s.m.Kernels.Gated(&l.Gate.packed[0], &l.Up.packed[0])
}

// activateRest is activate for the rows behind those of prompts.
func (s *State) activateRest(w *worker, from, to int) { s.activate(w, s.prompt+from, s.prompt+to) }

// gateJob is the activations of prompts' rows.
type gateJob struct {
	s *State
	l *Layer
}

// Do takes groups of outputs.
func (j *gateJob) Do(w, from, to int) {
	s, l := j.s, j.l
	s.m.Kernels.MulGate(&s.worker[w].Worker, &l.Gate.packed[0], &l.Up.packed[0], &s.h, &s.act, s.m.Activation == GELU, from, to)
}

// mulJob is one matrix product: dst = x times the transpose of w.
type mulJob struct {
	s      *State
	dst, x *kernel.Batch
	w      *kernel.Matrix
	coded  bool // without the rows of prompts
}

func (j *mulJob) set(x *kernel.Batch, p product, coded bool) {
	j.dst, j.x, j.w, j.coded = p.dst, x, &p.w.packed[p.part], coded
}

// Do takes groups of outputs.
func (j *mulJob) Do(w, from, to int) {
	if j.coded {
		j.s.m.Kernels.MulCoded(&j.s.worker[w].Worker, j.w, j.x, j.dst, from, to)
		return
	}
	j.s.m.Kernels.Mul(&j.s.worker[w].Worker, j.w, j.x, j.dst, from, to)
}

// piecesOf cuts groups in so many pieces that workers end together.
func (s *State) piecesOf(groups int, j par.Job) par.Part {
	return par.Part{N: groups, Grain: s.grain(groups, 4*s.pool.Size()), Job: j}
}

// grain is how many groups make so many pieces. Kernels of prompts take two groups at once.
func (s *State) grain(groups, pieces int) int {
	grain := max(1, (groups+pieces-1)/pieces)
	if s.prompt > 0 {
		grain += grain % 2
	}
	return grain
}
