package model

// Pass is one forward batch: rows of any number of sequences, each at its position.
// The slices belong to the caller and may be reused after Forward.
type Pass struct {
	Tokens    []int32   // (rows)
	Positions []int32   // (rows)
	Spans     []Span    // cover the rows in order
	Prompt    int       // how many rows, the first ones, are positions of prompts
	Logits    []int32   // rows whose logits are wanted, ascending
	Out       []float32 // (len(Logits), vocab), filled by Forward; grown as needed

	parents, depths []int32 // (nodes of all trees), see Branch
}

// Span is the rows [From, To) of a pass, which continue one sequence. Its keys and
// values are written to, and read from, Blocks: position p is in Blocks[p/size] at
// p mod size.
type Span struct {
	From, To int
	Blocks   []int32

	// Tail tells sequences apart where keys have scales per channel: the same in all passes of
	// a sequence, below Cache.Tails, and another sequence's only when this one is gone or
	// starts again at a multiple of SealedPositions. Below 0 the span is all of the sequence
	// from such a multiple on, and nothing is kept of it.
	Tail int32
	// Dropped is how many earlier positions, whole blocks, Blocks lacks: position p is then
	// in Blocks[(p-Dropped)/size]. Which they were does not matter, as keys carry their
	// positions. No layer may have a window.
	Dropped int
	// Observed, when not nil, gets the attention of the span's rows.
	Observed *Observed

	nodes int // how many rows, the last ones, are a tree's nodes; 0 for none
	tree  int // where these are in the pass's lists
}

// Last is the span that was added last.
func (p *Pass) Last() *Span { return &p.Spans[len(p.Spans)-1] }

// Reset empties the pass and keeps its memory.
func (p *Pass) Reset() {
	p.Tokens, p.Positions, p.Spans, p.Logits, p.Prompt = p.Tokens[:0], p.Positions[:0], p.Spans[:0], p.Logits[:0], 0
	p.parents, p.depths = p.parents[:0], p.depths[:0]
}

// AddPrompt is Add for positions of a prompt, before all others: they may be computed by an
// arithmetic of their own (Model.Prompts). What is a prompt's position is the caller's
// decision, and must not depend on what else is in the pass.
func (p *Pass) AddPrompt(first int, blocks []int32, tokens ...int32) {
	if p.Prompt != len(p.Tokens) {
		panic("model: positions of a prompt behind others")
	}
	p.Add(first, blocks, tokens...)
	p.Prompt = len(p.Tokens)
}

// Add appends the rows of one sequence, tokens at consecutive positions from first.
func (p *Pass) Add(first int, blocks []int32, tokens ...int32) {
	from := len(p.Tokens)
	for i, t := range tokens {
		p.Tokens = append(p.Tokens, t)
		p.Positions = append(p.Positions, int32(first+i))
	}
	p.Spans = append(p.Spans, Span{From: from, To: len(p.Tokens), Blocks: blocks})
}

// Keep sets the last span's Tail.
func (p *Pass) Keep(tail int32) { p.Spans[len(p.Spans)-1].Tail = tail }

// Row is the logits of the i-th row of Logits.
func (p *Pass) Row(i int) []float32 {
	n := len(p.Out) / len(p.Logits)
	return p.Out[i*n : (i+1)*n]
}

// Extend appends rows to the last span, at the positions that follow.
func (p *Pass) Extend(tokens ...int32) {
	last := &p.Spans[len(p.Spans)-1]
	for _, t := range tokens {
		p.Tokens = append(p.Tokens, t)
		p.Positions = append(p.Positions, p.Positions[len(p.Positions)-1]+1)
	}
	last.To = len(p.Tokens)
}
