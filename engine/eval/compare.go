package eval

import (
	"context"
	"fmt"
	"math"

	"github.com/assaylab/assay/engine/internal/par"
	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/engine/sample"
)

// Subject is a model with the cache format it is read through.
type Subject struct {
	Model    *model.Model
	KVFormat string
}

// Values are one subject's results over the predicted tokens, in text order.
type Values struct {
	Window  []int32   // the window of each value
	NLL     []float64 // nats, of the token that followed
	RefNLL  []float64 // nats, the reference's
	KL      []float64 // nats, KL(reference || subject)
	SameTop []bool    // the same most likely token
}

// chunkRows is how many positions are compared at once: all vocabularies of a chunk
// are held, reference's and subject's.
const chunkRows = 64

// Compare runs every window through the reference and the subjects, which share its
// vocabulary, each position given all before it in its window. Progress, which may be
// nil, hears of finished windows.
func Compare(ctx context.Context, reference Subject, subjects []Subject, windows [][]int32, threads int, progress func(done int)) ([]Values, error) {
	pool := par.New(threads)
	defer pool.Close()
	length := 0
	for _, w := range windows {
		length = max(length, len(w))
	}
	ref, err := newReader(reference, length, pool)
	if err != nil {
		return nil, err
	}
	readers := make([]*reader, len(subjects))
	for i, s := range subjects {
		if s.Model.Vocab != reference.Model.Vocab {
			return nil, fmt.Errorf("eval: %s has a vocabulary of %d, the reference's is %d", s.Model.Name, s.Model.Vocab, reference.Model.Vocab)
		}
		if readers[i], err = newReader(s, length, pool); err != nil {
			return nil, err
		}
	}
	values := make([]Values, len(subjects))
	for w, window := range windows {
		for from := 0; from < len(window)-1; from += chunkRows {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			rows := window[from:min(from+chunkRows, len(window)-1)]
			ref.read(from, rows)
			for i, r := range readers {
				r.read(from, rows)
				values[i].add(int32(w), &ref.pass, &r.pass, window[from+1:from+1+len(rows)])
			}
		}
		if progress != nil {
			progress(w + 1)
		}
	}
	return values, nil
}

// reader runs one model over a window, chunk by chunk.
type reader struct {
	state  *model.State
	pass   model.Pass
	blocks []int32
}

const blockSize = 32

func newReader(s Subject, length int, pool *par.Pool) (*reader, error) {
	if length > s.Model.Context {
		return nil, fmt.Errorf("eval: windows of %d tokens exceed the context of %s, %d", length, s.Model.Name, s.Model.Context)
	}
	n := (length + blockSize - 1) / blockSize
	cache, err := model.NewCache(s.Model.Config, s.KVFormat, n, blockSize)
	if err != nil {
		return nil, err
	}
	r := &reader{state: model.NewState(s.Model, cache, pool)}
	for b := range n {
		r.blocks = append(r.blocks, int32(b))
	}
	return r, nil
}

// read computes rows at positions from first; afterwards the pass holds the
// log-probabilities of what follows each.
func (r *reader) read(first int, rows []int32) {
	r.pass.Reset()
	r.pass.Add(first, r.blocks, rows...)
	for i := range rows {
		r.pass.Logits = append(r.pass.Logits, int32(i))
	}
	r.state.Forward(&r.pass)
	for i := range rows {
		logSoftmax(r.pass.Row(i))
	}
}

func (v *Values) add(window int32, ref, got *model.Pass, next []int32) {
	for i, token := range next {
		p, q := ref.Row(i), got.Row(i)
		v.Window = append(v.Window, window)
		v.NLL = append(v.NLL, -float64(q[token]))
		v.RefNLL = append(v.RefNLL, -float64(p[token]))
		v.KL = append(v.KL, divergence(p, q))
		v.SameTop = append(v.SameTop, sample.Argmax(p) == sample.Argmax(q))
	}
}

// logSoftmax turns logits into log-probabilities in place.
func logSoftmax(x []float32) {
	top := float64(x[sample.Argmax(x)])
	sum := 0.0
	for _, l := range x {
		sum += math.Exp(float64(l) - top)
	}
	norm := top + math.Log(sum)
	for i, l := range x {
		x[i] = float32(float64(l) - norm)
	}
}

// divergence is KL(p || q) in nats, of log-probabilities.
func divergence(p, q []float32) float64 {
	sum := 0.0
	for i, l := range p {
		sum += math.Exp(float64(l)) * float64(l-q[i])
	}
	return sum
}
