package eval

import (
	"fmt"
	"math"

	"github.com/assaylab/assay/engine/internal/par"
	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/engine/sample"
)

// Subject is a model with the cache format it is read through.
type Subject struct {
	Model    *model.Model
	KVFormat string // as model.ParseCacheFormat reads it
	// AsPrompt has Compare take all positions for those of a prompt, where the model has an
	// arithmetic of its own for these (model.Model.Prompts). Otherwise they are computed as
	// generated ones are, with which answers are made.
	AsPrompt bool
}

// source gives predictions of windows, piece by piece and in order.
type source interface {
	// read moves on over rows, which stand at positions from first of the window.
	// After a scored read, row gives their predictions.
	read(first int, rows []int32, scored bool) error
	// row is the log-probabilities (vocab) of what follows the i-th row of the last
	// scored read. Those at or below the floor are known no better than that.
	row(i int) (logprob []float32, floor float32)
	// nll is the negative log-likelihood of the token that followed the i-th row.
	nll(i int, token int32) float64
}

const blockSize = 32 // positions of a cache block

// reader is the source that computes: one model over one window at a time.
type reader struct {
	state  *model.State
	pool   *par.Pool
	pass   model.Pass
	prompt bool
	blocks []int32
	bos    int32 // stands at position 0 instead of the window's token; -1 for none
	in     []int32
}

func newReader(s Subject, length int, bos int32, pool *par.Pool) (*reader, error) {
	state, err := newState(s, 1, length, pool)
	if err != nil {
		return nil, err
	}
	return &reader{state: state, pool: pool, prompt: s.AsPrompt, blocks: sequenceBlocks(0, length), bos: bos}, nil
}

// newState makes a state whose cache holds sequences of length positions.
func newState(s Subject, sequences, length int, pool *par.Pool) (*model.State, error) {
	if length > s.Model.Context {
		return nil, fmt.Errorf("eval: %d tokens exceed the context of %s, %d", length, s.Model.Name, s.Model.Context)
	}
	cache, err := model.NewCache(s.Model, s.KVFormat, sequences*blocksFor(length), blockSize)
	if err != nil {
		return nil, err
	}
	cache.Longest, cache.Tails = length, sequences
	return model.NewState(s.Model, cache, pool), nil
}

func blocksFor(length int) int { return (length + blockSize - 1) / blockSize }

// sequenceBlocks are the blocks of the i-th of several sequences of length positions.
func sequenceBlocks(i, length int) []int32 {
	blocks := make([]int32, blocksFor(length))
	for b := range blocks {
		blocks[b] = int32(i*len(blocks) + b)
	}
	return blocks
}

func (r *reader) read(first int, rows []int32, scored bool) error {
	if first == 0 && r.bos >= 0 {
		r.in = append(append(r.in[:0], r.bos), rows[1:]...)
		rows = r.in
	}
	r.pass.Reset()
	if r.prompt {
		r.pass.AddPrompt(first, r.blocks, rows...)
	} else {
		r.pass.Add(first, r.blocks, rows...)
	}
	if !scored {
		r.state.Forward(&r.pass)
		return nil
	}
	for i := range rows {
		r.pass.Logits = append(r.pass.Logits, int32(i))
	}
	r.state.Forward(&r.pass)
	each(r.pool, len(rows), func(i int) { logSoftmax(r.pass.Row(i)) })
	return nil
}

func (r *reader) row(i int) ([]float32, float32) { return r.pass.Row(i), float32(math.Inf(-1)) }

func (r *reader) nll(i int, token int32) float64 { return -float64(r.pass.Row(i)[token]) }

// each runs f for 0..n-1 on the pool's workers.
func each(pool *par.Pool, n int, f func(i int)) { pool.For(n, 1, loop(f)) }

type loop func(i int)

func (f loop) Do(_, from, to int) {
	for i := from; i < to; i++ {
		f(i)
	}
}

// logSoftmax turns logits into log-probabilities in place.
func logSoftmax(x []float32) {
	norm := logSumExp(x)
	for i, l := range x {
		x[i] = float32(float64(l) - norm)
	}
}

func logSumExp(x []float32) float64 {
	top := float64(x[sample.Argmax(x)])
	sum := 0.0
	for _, l := range x {
		sum += math.Exp(float64(l) - top)
	}
	return top + math.Log(sum)
}
