package model

import (
	"github.com/assaylab/assay/engine/internal/par"
	"github.com/assaylab/assay/engine/kernel"
)

// State runs passes of a model over a cache. It is for one goroutine. After the
// first pass of a size it allocates nothing.
type State struct {
	m     *Model
	cache *Cache
	pool  *par.Pool

	x             kernel.Batch // (rows, dim): the residual stream
	h             kernel.Batch // (rows, dim): normed input of a block
	q, k, v       kernel.Batch // (rows, heads x head), (rows, kv heads x head) twice
	attn          kernel.Batch // (rows, heads x head)
	gate, up, act kernel.Batch // (rows, ffn)
	y             kernel.Batch // (rows, dim): output of a block, to be added to x
	moe           routing      // where there are experts
	last          kernel.Batch // (logits, dim)
	out           kernel.Batch // (logits, vocab), over Pass.Out

	prompt int     // the first rows, which are computed as positions of prompts
	splits bool    // those are split for some products
	gates  gateJob // of those
	owed   owed

	longest int           // positions of the longest sequence
	angles  [turns]angles // by Turn; those of turns that no layer makes are empty
	pass    *Pass
	layer   int
	spanOf  []int32 // (rows)
	worker  []worker
	muls    [3]mulJob // products of one input
	parts   [3]par.Part
	task    taskJob

	chunks   []chunk          // of the pass's rows, for attention
	most     int              // parts of a chunk's context
	partials []kernel.Partial // (pieces, most)
	tails    tails            // where keys have scales per channel
	observed []int            // spans whose attention is summed

	observe func(w kernel.Rows, x *kernel.Batch)
}

// worker is one worker's scratch.
type worker struct {
	kernel.Worker
	attention kernel.Attention
	out, more kernel.Partial
	own       []float32 // keys that are not sealed
	_         [64]byte  // no two workers write one cache line
}

// NewState makes the scratch memory for passes of m over cache, run by pool's workers.
// It is sized by the cache's longest sequence, not by the model's context.
func NewState(m *Model, cache *Cache, pool *par.Pool) *State {
	s := &State{m: m, cache: cache, pool: pool, worker: make([]worker, pool.Size()), tails: newTails(m, cache)}
	s.longest = min(m.Context, cache.longest())
	for i := range m.Weights.Layers {
		if t := m.Weights.Layers[i].Turn; t != TurnNone && s.angles[t].freqs == nil {
			scale := 1.0
			if t == TurnModel {
				scale = m.Scaling.Attention
			}
			s.angles[t] = newAngles(m.frequencies(t, s.longest), scale, s.longest)
		}
	}
	s.splits = m.splits()
	s.task.s, s.gates.s = s, s
	for i := range s.muls {
		s.muls[i].s = s
	}
	return s
}

// Observe has f see the input of every matrix product from now on: w, of which parts
// may be multiplied one after another, and x, whose floats are the input's. f must not
// keep them. It is for collecting statistics; nil ends it.
func (s *State) Observe(f func(w kernel.Rows, x *kernel.Batch)) { s.observe = f }

// Model is the model that the state runs.
func (s *State) Model() *Model { return s.m }

func (s *State) reset(p *Pass) {
	m, rows := s.m, len(p.Tokens)
	s.pass = p
	s.x.Reset(rows, m.Dim)
	s.h.Reset(rows, m.Dim)
	s.y.Reset(rows, m.Dim)
	s.q.Reset(rows, m.Heads*m.HeadDim)
	s.attn.Reset(rows, m.Heads*m.HeadDim)
	s.k.Reset(rows, m.KVDim())
	s.v.Reset(rows, m.KVDim())
	s.gate.Reset(rows, m.FFN)
	s.up.Reset(rows, m.FFN)
	s.act.Reset(rows, m.FFN)
	s.last.Reset(len(p.Logits), m.Dim)
	s.prompt = 0
	if m.Prompts() {
		s.prompt = p.Prompt
	}
	for _, b := range []*kernel.Batch{&s.h, &s.attn, &s.act} {
		if b.Cols%32 == 0 {
			b.ReservePrompt(s.prompt)
			if s.splits {
				b.ReserveSplit()
			}
		}
	}
	if s.last.Cols%32 == 0 {
		s.last.Reserve() // the head's arithmetic is one for all
	}
	s.resetRouting(rows)
	s.fillAngles()
	s.spanOf = s.spanOf[:0]
	s.observed = s.observed[:0]
	for i, span := range p.Spans {
		if span.Observed != nil {
			s.observed = append(s.observed, i)
		}
		for range span.To - span.From {
			s.spanOf = append(s.spanOf, int32(i))
		}
	}
	if s.tails.count > 0 {
		if len(p.parents) > 0 {
			panic("model: a tree over keys with scales per channel")
		}
		s.tails.reset(p)
	}
	if n := len(p.Logits) * m.Vocab; cap(p.Out) < n {
		p.Out = make([]float32, n)
	} else {
		p.Out = p.Out[:n]
	}
	s.out = kernel.Batch{Rows: len(p.Logits), Cols: m.Vocab, X: p.Out}
}

// fillAngles computes those that the pass is the first to need.
func (s *State) fillAngles() {
	end := 0
	for _, p := range s.pass.Positions {
		end = max(end, int(p)+1)
	}
	for t := range s.angles {
		if s.angles[t].freqs != nil {
			s.angles[t].upTo(end)
		}
	}
}

// taskJob runs a method of State over rows; a field instead of a closure, so that a
// step allocates nothing.
type taskJob struct {
	s   *State
	run func(s *State, w *worker, from, to int)
}

func (t *taskJob) Do(w, from, to int) { t.run(t.s, &t.s.worker[w], from, to) }

// each runs f over n items in pieces that keep all workers busy.
func (s *State) each(n int, f func(s *State, w *worker, from, to int)) {
	s.task.run = f
	s.pool.For(n, (n+2*s.pool.Size()-1)/(2*s.pool.Size()), &s.task)
}

// each1 runs f over n items one by one.
func (s *State) each1(n int, f func(s *State, w *worker, from, to int)) {
	s.task.run = f
	s.pool.For(n, 1, &s.task)
}

// product is a matrix of those that are stacked in w, and where its output goes.
type product struct {
	dst  *kernel.Batch
	w    *Matrix
	part int
}

// multiply fills each product's dst (rows, outputs of w) from x, whose rows have been
// quantized where w is of an integer kind.
func (s *State) multiply(x *kernel.Batch, all ...product) {
	for i, p := range all {
		if s.observe != nil {
			s.observe(p.w.stacked(len(p.w.packed))[p.part], &kernel.Batch{Rows: x.Rows, Cols: x.Cols, X: x.X})
		}
		j := &s.muls[i]
		j.set(x, p, false)
		groups, pieces := j.w.Groups(), s.pool.Size()
		if x.Rows > 1 || len(all) == 1 && groups > 64 { // many, so that workers end together
			pieces *= 4
		}
		s.parts[i] = par.Part{N: groups, Grain: s.grain(groups, pieces), Job: j}
	}
	s.pool.Run(s.parts[:len(all)]...)
}
