package eval

import (
	"fmt"
	"slices"

	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/engine/model"
)

// kept is one sequence of a subject that gives up blocks: what it still has, and what was
// observed of it. The first positions of it are a prompt, as in the engine.
type kept struct {
	bound    kvcache.Bound
	size     int // of a block
	prompt   int
	bounded  bool
	heads    int
	blocks   []int32
	taken    int32 // blocks that were ever in use: none is used twice
	dropped  int   // positions
	mass     []uint64
	observed model.Observed
}

// newKept is for sequences of up to length positions.
func newKept(s Subject, prompt, length int) *kept {
	return &kept{bound: s.Bound, size: s.blockSize(), prompt: prompt, heads: s.Model.KVHeads,
		bounded: s.Bound.Applies(prompt, length)}
}

// fork is a copy that goes on by itself: positions behind those computed so far are its own.
func (k *kept) fork() *kept {
	f := *k
	f.blocks, f.mass, f.observed = slices.Clone(k.blocks), slices.Clone(k.mass), model.Observed{}
	return &f
}

// forward computes tokens from position first on, as many at once as see the same blocks,
// and calls row with each one's logits if it is not nil.
func (k *kept) forward(s *model.State, p *model.Pass, first int, tokens []int32, asPrompt bool, row func(logits []float32)) {
	for len(tokens) > 0 {
		n := len(tokens)
		if k.bounded {
			n = min(n, k.bound.Choice(first, k.prompt, k.size)-first)
		}
		k.pass(p, first, tokens[:n], asPrompt, row != nil)
		s.Forward(p)
		for i := range p.Logits {
			row(p.Row(i))
		}
		k.observe()
		tokens, first = tokens[n:], first+n
		if k.bounded && first >= k.prompt && k.bound.Choice(first-1, k.prompt, k.size) == first {
			k.giveUp(first - k.dropped)
		}
	}
}

func (k *kept) pass(p *model.Pass, first int, tokens []int32, asPrompt, logits bool) {
	end := first + len(tokens)
	held := (end - k.dropped + k.size - 1) / k.size
	for len(k.blocks) < held {
		k.blocks = append(k.blocks, k.taken)
		k.taken++
	}
	p.Reset()
	if asPrompt {
		p.AddPrompt(first, k.blocks, tokens...)
	} else {
		p.Add(first, k.blocks, tokens...)
	}
	for r := range tokens {
		if logits {
			p.Logits = append(p.Logits, int32(r))
		}
	}
	p.Last().Dropped = k.dropped
	k.observed.Lanes = 0
	if from, to := k.bound.Observed(first, end, k.prompt); k.bounded && from < to {
		k.observed.Shape(from-first, 1, k.heads, held)
		p.Last().Observed = &k.observed
	}
}

// observe adds what the last pass's rows attended to.
func (k *kept) observe() {
	if k.observed.Lanes == 0 {
		return
	}
	for b := range k.observed.Blocks {
		if b == len(k.mass) {
			k.mass = append(k.mass, 0)
		}
		k.mass[b] += k.observed.Of(0, b)
	}
}

func (k *kept) giveUp(positions int) {
	for len(k.mass) < (positions+k.size-1)/k.size {
		k.mass = append(k.mass, 0)
	}
	gone := k.bound.Chosen(nil, k.mass, positions, k.size)
	k.dropped += len(gone) * k.size
	for _, at := range slices.Backward(gone) {
		k.blocks, k.mass = slices.Delete(k.blocks, at, at+1), slices.Delete(k.mass, at, at+1)
	}
}

// checkBound returns why a subject cannot be measured with its bound.
func (s Subject) checkBound() error {
	if key, found, expected := s.Bound.Check(s.blockSize()); key != "" {
		return fmt.Errorf("eval: %s: found %s, expected %s", key, found, expected)
	}
	if s.Bound.Chooses() && s.Model.Window > 0 {
		return fmt.Errorf("eval: kv_policy: found %s, expected full, window or sinks: layers of %s have windows, in which no block can be left out", s.Bound.Policy, s.Model.Name)
	}
	return nil
}

// blockSize is the positions of a cache block.
func (s Subject) blockSize() int {
	if s.BlockSize > 0 {
		return s.BlockSize
	}
	return blockSize
}

// keptChoice scores an item of a subject that gives up blocks. The context is the prompt, but
// for its last token, which is the first of what is generated: so the whole continuation
// is predicted from what was kept.
func (c *choosing) keptChoice(item Choice) ChoiceValues {
	last := len(item.Context) - 1
	k := newKept(c.subject, last, c.length)
	for from := 0; from < last; from += chunkRows {
		k.forward(c.state, &c.pass, from, item.Context[from:min(from+chunkRows, last)], true, nil)
	}
	var v ChoiceValues
	for _, tokens := range item.Continuations {
		logProb, greedy, at := 0.0, true, 0
		rows := append([]int32{item.Context[last]}, tokens[:len(tokens)-1]...)
		k.fork().forward(c.state, &c.pass, last, rows, true, func(logits []float32) {
			l, best := score(logits, tokens[at])
			logProb, greedy, at = logProb+l, greedy && best, at+1
		})
		v.LogProb, v.Greedy = append(v.LogProb, logProb), append(v.Greedy, greedy)
	}
	return v
}
