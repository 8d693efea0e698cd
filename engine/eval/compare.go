package eval

import (
	"context"
	"fmt"
	"math"

	"github.com/assaylab/assay/engine/internal/par"
	"github.com/assaylab/assay/engine/sample"
)

// Comparison is what Compare runs.
type Comparison struct {
	Reference Subject    // what the subjects are compared with
	Saved     *Logits    // takes the place of Reference and Windows where it is not nil
	Subjects  []Subject  // of the reference's vocabulary
	Windows   []Window   // chunks where the predictions are saved
	BOS       int32      // read in place of each window's first token; -1 for none
	Save      *LogWriter // gets the reference's predictions; nil for none
	Threads   int
	Progress  func(done int) // hears of finished windows; nil for nobody
}

// Values are one subject's results over the scored predictions, in text order.
type Values struct {
	Window  []int32   // the window of each value
	NLL     []float64 // nats, of the token that followed
	RefNLL  []float64 // nats, the reference's
	KL      []float64 // nats, KL(reference || subject)
	SameTop []bool    // the subject's most likely token is a most likely one of the reference
}

// chunkRows is how many positions are compared at once: all vocabularies of a chunk
// are held, reference's and subject's.
const chunkRows = 64

// Compare runs every window through the reference and the subjects. A subject that
// is the reference itself is not computed twice.
func Compare(ctx context.Context, c Comparison) ([]Values, error) {
	if c.Saved != nil {
		c.Windows = c.Saved.Windows
	}
	pool := par.New(c.Threads)
	defer pool.Close()
	run, err := newComparing(c, pool)
	if err != nil {
		return nil, err
	}
	for w, window := range c.Windows {
		if err := run.window(ctx, int32(w), window); err != nil {
			return nil, err
		}
		if c.Progress != nil {
			c.Progress(w + 1)
		}
	}
	return run.values, nil
}

type comparing struct {
	pool      *par.Pool
	sources   []source // the reference, then the subjects that differ from it
	subject   []int    // the source of each subject
	values    []Values
	save      *LogWriter
	reference source
}

func newComparing(c Comparison, pool *par.Pool) (*comparing, error) {
	length := 0
	for _, w := range c.Windows {
		length = max(length, len(w.Tokens))
	}
	run := &comparing{pool: pool, save: c.Save, values: make([]Values, len(c.Subjects))}
	vocab, name := 0, "the saved one"
	if c.Saved != nil {
		vocab, run.reference = c.Saved.Vocab, c.Saved
	} else {
		r, err := newReader(c.Reference, length, c.BOS, pool)
		if err != nil {
			return nil, err
		}
		vocab, name, run.reference = c.Reference.Model.Vocab, c.Reference.Model.Name, r
	}
	run.sources = []source{run.reference}
	for _, s := range c.Subjects {
		if c.Saved == nil && s == c.Reference {
			run.subject = append(run.subject, 0)
			continue
		}
		if s.Model.Vocab != vocab {
			return nil, fmt.Errorf("eval: %s has a vocabulary of %d, that of the reference, %s, is %d", s.Model.Name, s.Model.Vocab, name, vocab)
		}
		r, err := newReader(s, length, c.BOS, pool)
		if err != nil {
			return nil, err
		}
		run.subject = append(run.subject, len(run.sources))
		run.sources = append(run.sources, r)
	}
	return run, nil
}

func (c *comparing) window(ctx context.Context, number int32, w Window) error {
	last := len(w.Tokens) - 1
	for from := 0; from < last; {
		if err := ctx.Err(); err != nil {
			return err
		}
		end, scored := min(from+chunkRows, last), from >= w.Unscored
		if !scored {
			end = min(end, w.Unscored)
		}
		for _, s := range c.sources {
			if err := s.read(from, w.Tokens[from:end], scored); err != nil {
				return err
			}
		}
		if scored {
			if err := c.score(number, w.Tokens[from+1:end+1]); err != nil {
				return err
			}
		}
		from = end
	}
	return nil
}

// score adds the values of the rows just read, which were followed by next.
func (c *comparing) score(window int32, next []int32) error {
	if c.save != nil {
		for i, token := range next {
			logprob, _ := c.reference.row(i)
			if err := c.save.row(logprob, c.reference.nll(i, token)); err != nil {
				return err
			}
		}
	}
	for s := range c.values {
		at := c.values[s].grow(window, len(next))
		each(c.pool, len(next), func(i int) {
			p, floor := c.reference.row(i)
			q, _ := c.sources[c.subject[s]].row(i)
			v := &c.values[s]
			v.NLL[at+i] = c.sources[c.subject[s]].nll(i, next[i])
			v.RefNLL[at+i] = c.reference.nll(i, next[i])
			v.KL[at+i] = divergence(p, q, floor)
			v.SameTop[at+i] = p[sample.Argmax(q)] == p[sample.Argmax(p)]
		})
	}
	return nil
}

// grow makes room for n values of a window and gives the index of the first.
func (v *Values) grow(window int32, n int) int {
	at := len(v.NLL)
	for range n {
		v.Window = append(v.Window, window)
	}
	v.NLL = append(v.NLL, make([]float64, n)...)
	v.RefNLL = append(v.RefNLL, make([]float64, n)...)
	v.KL = append(v.KL, make([]float64, n)...)
	v.SameTop = append(v.SameTop, make([]bool, n)...)
	return at
}

// divergence is KL(p || q) in nats, of log-probabilities, over the entries of p above
// the floor. Each term is p log(p/q) - p + q, which sums to the same where both are
// whole distributions. No term is negative, and what rounding did to p enters as its
// square: without the correction, p stored in 16 bits would bury divergences below
// 1e-5 under noise of both signs.
func divergence(p, q []float32, floor float32) float64 {
	sum := 0.0
	for i, l := range p {
		if l > floor {
			d := float64(l) - float64(q[i])
			sum += math.Exp(float64(l)) * (d + math.Expm1(-d))
		}
	}
	return sum
}
