package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/assaylab/assay/engine/internal/par"
	"github.com/assaylab/assay/engine/model"
)

// blockSize is the positions of a cache block, as the engine has by default.
const blockSize = 16

// blockSizeOf is that of a cache of the format, whose blocks may have to be larger.
func blockSizeOf(kv string) int {
	if f, err := model.ParseCacheFormat(kv); err == nil && f.PerChannel {
		return model.SealedPositions
	}
	return blockSize
}

// seed makes the tokens; another one makes others, at the same speed.
const seed = 1

// Runner runs tests of one model. Every sequence is a fixed stream of random tokens: a
// test computes a stretch of it, so that whatever ran before, the cache holds the same
// keys and values before the stretch. It is for one goroutine.
type Runner struct {
	m       *model.Model
	chunk   int
	streams [][]int32 // by sequence: tokens, as far as any test goes
	lanes   map[string]*lane
	pools   map[int]*par.Pool // by threads
	pass    model.Pass
}

// lane is the cache of one format with a state for each number of threads.
type lane struct {
	cache  *model.Cache
	blocks [][]int32 // by sequence
	states map[int]*model.State
	filled []int // by sequence: positions whose keys and values are right
}

// NewRunner prepares tests, which prefill in passes of at most chunk rows. Close ends it.
func NewRunner(m *model.Model, tests []Test, chunk int) (*Runner, error) {
	if err := checkTests(m, tests, chunk); err != nil {
		return nil, err
	}
	r := &Runner{m: m, chunk: chunk, lanes: map[string]*lane{}, pools: map[int]*par.Pool{}}
	lengths := lengths(tests)
	for i, n := range lengths {
		random := rand.New(rand.NewPCG(seed, uint64(i)))
		stream := make([]int32, n)
		for j := range stream {
			stream[j] = random.Int32N(int32(m.Vocab))
		}
		r.streams = append(r.streams, stream)
	}
	for _, t := range tests {
		if err := r.prepare(t, tests); err != nil {
			r.Close()
			return nil, err
		}
	}
	return r, nil
}

func checkTests(m *model.Model, tests []Test, chunk int) error {
	if len(tests) == 0 {
		return fmt.Errorf("bench: no test: name a prompt or a number of tokens to generate")
	}
	if chunk < 1 {
		return fmt.Errorf("bench: passes of %d rows, expected 1 or more", chunk)
	}
	for _, t := range tests {
		switch {
		case t.Batch < 1 || t.Threads < 1 || t.Depth < 0 || t.Prompt < 0 || t.Generate < 0:
			return fmt.Errorf("bench: test %s: found a batch of %d and %d threads, expected 1 or more", t.Name(), t.Batch, t.Threads)
		case t.length() > m.Context:
			return fmt.Errorf("bench: test %s needs %d positions, and %s has a context of %d", t.Name(), t.length(), m.Name, m.Context)
		}
	}
	return nil
}

// lengths are the positions that each sequence needs for all of the tests.
func lengths(tests []Test) []int {
	var all []int
	for _, t := range tests {
		for len(all) < t.Batch {
			all = append(all, 0)
		}
		for i := range t.Batch {
			all[i] = max(all[i], t.length())
		}
	}
	return all
}

// CacheBytes is the memory that the caches of the tests take together.
func CacheBytes(c model.Config, tests []Test) (int64, error) {
	byFormat := map[string][]Test{}
	for _, t := range tests {
		byFormat[t.KV] = append(byFormat[t.KV], t)
	}
	total := int64(0)
	for kv, some := range byFormat {
		perToken, err := model.CacheBytesPerToken(c, kv)
		if err != nil {
			return 0, err
		}
		for _, n := range lengths(some) {
			size := blockSizeOf(kv)
			total += int64(perToken) * int64(blocksOf(n, size)*size)
		}
	}
	return total, nil
}

func blocksOf(positions, size int) int { return (positions + size - 1) / size }

// prepare makes what the test runs on, where earlier ones have not.
func (r *Runner) prepare(t Test, tests []Test) error {
	if r.lanes[t.KV] == nil {
		l, err := r.newLane(t.KV, tests)
		if err != nil {
			return err
		}
		r.lanes[t.KV] = l
	}
	if r.pools[t.Threads] == nil {
		r.pools[t.Threads] = par.New(t.Threads)
	}
	l := r.lanes[t.KV]
	if l.states[t.Threads] == nil {
		l.states[t.Threads] = model.NewState(r.m, l.cache, r.pools[t.Threads])
	}
	return nil
}

func (r *Runner) newLane(kv string, tests []Test) (*lane, error) {
	var own []Test
	for _, t := range tests {
		if strings.EqualFold(t.KV, kv) {
			own = append(own, t)
		}
	}
	l := &lane{states: map[int]*model.State{}}
	blocks, longest := 0, 0
	for _, n := range lengths(own) {
		ids := make([]int32, blocksOf(n, blockSizeOf(kv)))
		for i := range ids {
			ids[i] = int32(blocks + i)
		}
		blocks, longest = blocks+len(ids), max(longest, n)
		l.blocks, l.filled = append(l.blocks, ids), append(l.filled, 0)
	}
	var err error
	l.cache, err = model.NewCache(r.m, kv, blocks, blockSizeOf(kv))
	if err == nil {
		l.cache.Longest, l.cache.Tails = longest, len(l.blocks)
	}
	return l, err
}

// Close ends the worker threads.
func (r *Runner) Close() {
	for _, p := range r.pools {
		p.Close()
	}
}

// Fill computes the tokens that the test's sequences have before it, as far as they
// are not in the cache.
func (r *Runner) Fill(ctx context.Context, t Test) error {
	l := r.lanes[t.KV]
	for i := range t.Batch {
		if l.filled[i] >= t.Depth {
			continue
		}
		if err := r.prefill(ctx, t, i, l.filled[i], t.Depth, false); err != nil {
			return err
		}
		l.filled[i] = t.Depth
	}
	return nil
}

// Run runs the test once. Its depth has been filled.
func (r *Runner) Run(ctx context.Context, t Test) error {
	if t.Prompt > 0 {
		return r.prefill(ctx, t, 0, t.Depth, t.Depth+t.Prompt, true)
	}
	return r.decode(ctx, t)
}

// prefill computes positions [from, to) of a sequence, and the last one's logits where
// they are wanted.
func (r *Runner) prefill(ctx context.Context, t Test, sequence, from, to int, logits bool) error {
	l := r.lanes[t.KV]
	for at := from; at < to; at += r.chunk {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		end := min(to, at+r.chunk)
		r.pass.Reset()
		r.pass.AddPrompt(at, l.blocks[sequence], r.streams[sequence][at:end]...)
		r.pass.Keep(int32(sequence))
		if end == to && logits {
			r.pass.Logits = append(r.pass.Logits, int32(end-at-1))
		}
		l.states[t.Threads].Forward(&r.pass)
	}
	return nil
}

func (r *Runner) decode(ctx context.Context, t Test) error {
	l := r.lanes[t.KV]
	if r.m.Prompts() { // what is generated over a depth is no longer what a prompt leaves there
		for i := range t.Batch {
			l.filled[i] = min(l.filled[i], t.Depth)
		}
	}
	for at := t.Depth; at < t.length(); at++ {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.pass.Reset()
		for i := range t.Batch {
			r.pass.Add(at, l.blocks[i], r.streams[i][at])
			r.pass.Keep(int32(i))
			r.pass.Logits = append(r.pass.Logits, int32(i))
		}
		l.states[t.Threads].Forward(&r.pass)
	}
	return nil
}
