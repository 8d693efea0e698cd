package eval

import (
	"fmt"
	"math"
	"slices"

	"github.com/assaylab/assay/engine/internal/par"
	"github.com/assaylab/assay/engine/kvcache"
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
	// Bound says what is kept of every window's or item's positions; the zero value is all. Of
	// a window the first half is the prompt.
	Bound     kvcache.Bound
	BlockSize int // positions of a cache block, which matters where Bound chooses blocks; 0 is 32
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

const blockSize = 32 // positions of a cache block, where nothing else is said

// reader is the source that computes: one model over one window at a time.
type reader struct {
	state  *model.State
	pool   *par.Pool
	pass   model.Pass
	prompt bool
	blocks []int32
	bos    int32 // stands at position 0 instead of the window's token; -1 for none
	in     []int32
	kept   *kept // nil where all blocks are
	window Subject
	length int
	rows   [][]float32 // log-probabilities of the last scored read, where the pass has not all of them
}

func newReader(s Subject, length int, bos int32, pool *par.Pool) (*reader, error) {
	state, err := newState(s, 1, length, pool)
	if err != nil {
		return nil, err
	}
	return &reader{state: state, pool: pool, prompt: s.AsPrompt, blocks: sequenceBlocks(0, length, s.blockSize()), bos: bos, window: s, length: length}, nil
}

// newState makes a state whose cache holds sequences of length positions.
func newState(s Subject, sequences, length int, pool *par.Pool) (*model.State, error) {
	if length > s.Model.Context {
		return nil, fmt.Errorf("eval: %d tokens exceed the context of %s, %d", length, s.Model.Name, s.Model.Context)
	}
	if err := s.checkBound(); err != nil {
		return nil, err
	}
	size := s.blockSize()
	cache, err := model.NewCache(s.Model, s.KVFormat, sequences*blocksFor(length, size), size)
	if err != nil {
		return nil, err
	}
	cache.Longest, cache.Tails = length, sequences
	cache.Sinks, cache.Window = s.Bound.Mask()
	return model.NewState(s.Model, cache, pool), nil
}

func blocksFor(length, size int) int { return (length + size - 1) / size }

// sequenceBlocks are the blocks of the i-th of several sequences of length positions.
func sequenceBlocks(i, length, size int) []int32 {
	blocks := make([]int32, blocksFor(length, size))
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
	if r.window.Bound.Chooses() {
		r.readKept(first, rows, scored)
		return nil
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

// readKept is read of a subject that gives up blocks, in passes between which it does.
func (r *reader) readKept(first int, rows []int32, scored bool) {
	if first == 0 {
		r.kept = newKept(r.window, r.length/2, r.length)
	}
	if !scored {
		r.kept.forward(r.state, &r.pass, first, rows, r.prompt, nil)
		return
	}
	r.rows = r.rows[:0]
	r.kept.forward(r.state, &r.pass, first, rows, r.prompt, func(logits []float32) {
		r.rows = append(r.rows, slices.Clone(logits))
	})
	each(r.pool, len(rows), func(i int) { logSoftmax(r.rows[i]) })
}

func (r *reader) row(i int) ([]float32, float32) { return r.logProbs(i), float32(math.Inf(-1)) }

func (r *reader) nll(i int, token int32) float64 { return -float64(r.logProbs(i)[token]) }

func (r *reader) logProbs(i int) []float32 {
	if r.kept != nil {
		return r.rows[i]
	}
	return r.pass.Row(i)
}

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
