package eval

import (
	"context"
	"fmt"
	"slices"

	"github.com/assaylab/assay/engine/internal/par"
	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/engine/sample"
)

// Choice is a context and what may follow it, in tokens. None of them is empty.
type Choice struct {
	Context       []int32
	Continuations [][]int32
}

// ChoiceValues are a subject's results on one Choice, by continuation.
type ChoiceValues struct {
	LogProb []float64 // nats: the sum over the continuation's tokens
	Greedy  []bool    // every token is the most likely one at its place
}

// Choices scores items one by one. The continuations of an item share the blocks of
// its context that are full, and run as one batch.
func Choices(ctx context.Context, s Subject, items []Choice, threads int, progress func(done int)) ([]ChoiceValues, error) {
	pool := par.New(threads)
	defer pool.Close()
	c, err := newChoosing(s, items, pool)
	if err != nil {
		return nil, err
	}
	values := make([]ChoiceValues, len(items))
	for i, item := range items {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		values[i] = c.item(item)
		if progress != nil {
			progress(i + 1)
		}
	}
	return values, nil
}

type choosing struct {
	subject Subject
	size    int // positions of a block
	state   *model.State
	pool    *par.Pool
	pass    model.Pass
	length  int // positions of the longest sequence
}

func newChoosing(s Subject, items []Choice, pool *par.Pool) (*choosing, error) {
	length, width := 1, 1
	for i, item := range items {
		if len(item.Context) == 0 || len(item.Continuations) == 0 {
			return nil, fmt.Errorf("eval: item %d has an empty context or nothing to choose from", i+1)
		}
		width = max(width, len(item.Continuations))
		for k, tokens := range item.Continuations {
			if len(tokens) == 0 {
				return nil, fmt.Errorf("eval: item %d: choice %d has no tokens of its own", i+1, k+1)
			}
			length = max(length, len(item.Context)+len(tokens)-1)
			if n := len(item.Context) + len(tokens) - 1; n > s.Model.Context {
				return nil, fmt.Errorf("eval: item %d: choice %d: found %d tokens with its context, expected at most %d, the context of %s", i+1, k+1, n, s.Model.Context, s.Model.Name)
			}
		}
	}
	state, err := newState(s, width, length, pool)
	return &choosing{subject: s, size: s.blockSize(), state: state, pool: pool, length: length}, err
}

// item scores one item. The first sequence's blocks hold the shared part of the
// context; each continuation has blocks of its own after it.
func (c *choosing) item(item Choice) ChoiceValues {
	if c.subject.Bound.Chooses() {
		return c.keptChoice(item)
	}
	shared := (len(item.Context) - 1) / c.size // whole blocks before the last token of the context
	c.prefill(item.Context[:shared*c.size])
	c.pass.Reset()
	common := sequenceBlocks(0, c.length, c.size)[:shared]
	for k, tokens := range item.Continuations {
		blocks := append(common[:shared:shared], sequenceBlocks(k, c.length, c.size)[shared:]...)
		from := len(c.pass.Tokens)
		rows := append(slices.Clone(item.Context[shared*c.size:]), tokens[:len(tokens)-1]...)
		c.pass.AddPrompt(shared*c.size, blocks, rows...)
		c.pass.Keep(-1)
		for r := from + len(item.Context) - shared*c.size - 1; r < len(c.pass.Tokens); r++ {
			c.pass.Logits = append(c.pass.Logits, int32(r))
		}
	}
	c.state.Forward(&c.pass)
	return c.values(item)
}

// prefill stores the keys and values of the shared part.
func (c *choosing) prefill(tokens []int32) {
	for from := 0; from < len(tokens); from += chunkRows {
		c.pass.Reset()
		c.pass.AddPrompt(from, sequenceBlocks(0, c.length, c.size), tokens[from:min(from+chunkRows, len(tokens))]...)
		c.state.Forward(&c.pass)
	}
}

func (c *choosing) values(item Choice) ChoiceValues {
	norm := make([]float64, len(c.pass.Logits))
	each(c.pool, len(norm), func(i int) { norm[i] = logSumExp(c.pass.Row(i)) })
	v := ChoiceValues{LogProb: make([]float64, len(item.Continuations)), Greedy: make([]bool, len(item.Continuations))}
	at := 0
	for k, tokens := range item.Continuations {
		v.Greedy[k] = true
		for _, token := range tokens {
			row := c.pass.Row(at)
			v.LogProb[k] += float64(row[token]) - norm[at]
			v.Greedy[k] = v.Greedy[k] && sample.Argmax(row) == token
			at++
		}
	}
	return v
}

// score is the log-probability of a token, and whether it is the most likely one.
func score(logits []float32, token int32) (logProb float64, best bool) {
	return float64(logits[token]) - logSumExp(logits), sample.Argmax(logits) == token
}
