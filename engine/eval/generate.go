package eval

import (
	"context"
	"fmt"

	"github.com/assaylab/assay/engine/internal/par"
	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/engine/sample"
)

// Prompt is what Generate continues, greedily.
type Prompt struct {
	Tokens []int32 // at least one
	Max    int     // tokens to generate at most, at least 1
	// Stop says whether the tokens generated so far are enough; it is called after
	// each. Nil never stops.
	Stop func(generated []int32) bool
}

// Finish is why a completion ended.
type Finish string

// The three ends of a completion.
const (
	FinishEnd    Finish = "end"    // the model's own end token, which is not part of the completion
	FinishStop   Finish = "stop"   // Prompt.Stop
	FinishLength Finish = "length" // Prompt.Max
)

// Completion is what a subject wrote.
type Completion struct {
	Tokens []int32
	Finish Finish
}

// generateSlots is how many prompts are continued at once. What a row computes does
// not depend on the others, so that it changes nothing but the time.
const generateSlots = 8

// Generate continues every prompt with the most likely tokens, until an end token,
// Stop or Max. Progress, which may be nil, hears of finished prompts.
func Generate(ctx context.Context, s Subject, prompts []Prompt, end []int32, threads int, progress func(done int)) ([]Completion, error) {
	pool := par.New(threads)
	defer pool.Close()
	length := 1
	for i, p := range prompts {
		if len(p.Tokens) == 0 || p.Max < 1 {
			return nil, fmt.Errorf("eval: prompt %d: found %d tokens and at most %d to generate, expected at least 1 of each", i+1, len(p.Tokens), p.Max)
		}
		if n := len(p.Tokens) + p.Max - 1; n > s.Model.Context {
			return nil, fmt.Errorf("eval: prompt %d: found %d tokens with the %d to generate, expected at most %d, the context of %s", i+1, n, p.Max, s.Model.Context, s.Model.Name)
		}
		length = max(length, len(p.Tokens)+p.Max-1)
	}
	if s.Bound.Chooses() {
		return nil, fmt.Errorf("eval: kv_policy: found %s, expected full, window or sinks: completions are not written with blocks given up", s.Bound.Policy)
	}
	state, err := newState(s, generateSlots, length, pool)
	if err != nil {
		return nil, err
	}
	g := &generating{state: state, length: length, prompts: prompts, end: end, out: make([]Completion, len(prompts)), progress: progress}
	for i := range generateSlots {
		g.free = append(g.free, sequenceBlocks(i, length, s.blockSize()))
	}
	return g.out, g.run(ctx)
}

type generating struct {
	state    *model.State
	pass     model.Pass
	length   int
	prompts  []Prompt
	end      []int32
	out      []Completion
	free     [][]int32 // blocks of free slots
	active   []writing
	begun    int
	done     int
	progress func(done int)
}

// writing is a prompt under way.
type writing struct {
	prompt int
	blocks []int32
}

// slot is which of the sequences that there is room for it is.
func (w *writing) slot() int32 { return w.blocks[0] / int32(len(w.blocks)) }

func (g *generating) run(ctx context.Context) error {
	for g.done < len(g.prompts) {
		for len(g.free) > 0 && g.begun < len(g.prompts) {
			if err := ctx.Err(); err != nil {
				return err
			}
			g.begin()
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		g.step()
	}
	return nil
}

// begin runs a prompt and takes its first token.
func (g *generating) begin() {
	w := writing{prompt: g.begun, blocks: g.free[len(g.free)-1]}
	g.begun++
	g.free = g.free[:len(g.free)-1]
	tokens := g.prompts[w.prompt].Tokens
	for from := 0; from < len(tokens); from += chunkRows {
		g.pass.Reset()
		g.pass.AddPrompt(from, w.blocks, tokens[from:min(from+chunkRows, len(tokens))]...)
		g.pass.Keep(w.slot())
		if from+chunkRows >= len(tokens) {
			g.pass.Logits = append(g.pass.Logits, int32(len(g.pass.Tokens)-1))
		}
		g.state.Forward(&g.pass)
	}
	g.active = append(g.active, w)
	g.take(0, len(g.active)-1)
}

// step runs the last token of every active sequence and takes the next ones.
func (g *generating) step() {
	if len(g.active) == 0 {
		return
	}
	g.pass.Reset()
	for i, w := range g.active {
		generated := g.out[w.prompt].Tokens
		g.pass.Add(len(g.prompts[w.prompt].Tokens)+len(generated)-1, w.blocks, generated[len(generated)-1])
		g.pass.Keep(w.slot())
		g.pass.Logits = append(g.pass.Logits, int32(i))
	}
	g.state.Forward(&g.pass)
	for i := len(g.active) - 1; i >= 0; i-- { // from the end: take removes what is finished
		g.take(i, i)
	}
}

// take gives a row's most likely token to the active sequence at index i, and retires
// it where it is finished.
func (g *generating) take(row, i int) {
	w := g.active[i]
	p, c := &g.prompts[w.prompt], &g.out[w.prompt]
	token := sample.Argmax(g.pass.Row(row))
	for _, id := range g.end {
		if token == id {
			c.Finish = FinishEnd
		}
	}
	if c.Finish == "" {
		c.Tokens = append(c.Tokens, token)
		switch {
		case p.Stop != nil && p.Stop(c.Tokens):
			c.Finish = FinishStop
		case len(c.Tokens) == p.Max:
			c.Finish = FinishLength
		}
	}
	if c.Finish != "" {
		g.active = append(g.active[:i], g.active[i+1:]...)
		g.free = append(g.free, w.blocks)
		g.done++
		if g.progress != nil {
			g.progress(g.done)
		}
	}
}
