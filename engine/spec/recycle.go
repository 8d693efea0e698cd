package spec

// Recycle proposes trees of tokens that the target thought likely behind each other before, whether they were
// drafted, accepted or not: Token Recycling (Luo et al. 2024, "Turning Trash into Treasure: Accelerating
// Inference of Large Language Models with Token Recycling"). It remembers eight successors of each
// token, from all logits that verification computes, and from prompts what followed there. It has no
// model, and of a text looks at the last token alone, so that it has something to propose from the
// first step on.
//
// A tree has the nodes that are likeliest to stand, by how often successors of each rank lately were
// right, up to as many as are wanted: where the paper has one shape for all, trees here grow deep where first
// choices stand, and wide where they do not.
//
// What is remembered is kept for each salt apart, as nobody's times may depend on what was said under
// another one. There are as many memories as mostSalts, of 32 bytes for each token of the vocabulary;
// the one goes to a new salt that none of the running requests has and that was asked for longest ago.
// Where there is none, nothing is proposed.
type Recycle struct {
	vocabulary int
	memories   []*successors
	clock      uint64
	shape      shape
}

var (
	_ Proposer   = (*Recycle)(nil)
	_ Observer   = (*Recycle)(nil)
	_ Forecaster = (*Recycle)(nil)
)

// mostSalts is how many salts are remembered at once.
const mostSalts = 8

// NewRecycle starts with no memory, over a vocabulary of so many tokens.
func NewRecycle(vocabulary int) *Recycle { return &Recycle{vocabulary: vocabulary} }

// Propose notes what prompts say and grows a tree from the last token of each text. Drafts have no
// distribution: Probs stay nil.
func (c *Recycle) Propose(batch []*Request) {
	for _, r := range batch {
		r.Draft, r.Parents = r.Draft[:0], r.Parents[:0]
		if r.successors == nil {
			r.successors, r.learned = c.memory(r.Salt), 0
		}
		if r.successors == nil {
			continue
		}
		prompt := r.Tokens[:min(r.Prompt, len(r.Tokens))]
		for i := max(1, r.learned); i < len(prompt); i++ {
			r.successors.follow(prompt[i-1], prompt[i])
		}
		r.learned = max(r.learned, len(prompt))
		if r.Want > 0 {
			c.shape.grow(r.successors, r.Tokens[len(r.Tokens)-1], r.Want)
			r.Draft, r.Parents = c.shape.byDepth(r.Draft, r.Parents)
		}
	}
}

// memory is that of a salt, for one request more; nil where others have all.
func (c *Recycle) memory(salt uint64) (found *successors) {
	for _, m := range c.memories {
		if m.salt == salt {
			found = m
			break
		}
		if m.users == 0 && (found == nil || m.used < found.used) {
			found = m
		}
	}
	switch {
	case found != nil && found.salt == salt:
	case len(c.memories) < mostSalts:
		found = newSuccessors(c.vocabulary)
		c.memories = append(c.memories, found)
	case found != nil:
		found.reset()
	default:
		return nil
	}
	c.clock++
	found.salt, found.used = salt, c.clock
	found.users++
	return found
}

// Observe remembers what the target says.
func (c *Recycle) Observe(r *Request, token int32, logits []float32, stands bool) {
	if r.successors != nil {
		r.successors.learn(token, logits, stands)
	}
}

// Forecast says how likely the nodes of r's next tree are, by how good successors were.
func (c *Recycle) Forecast(dst []float64, r *Request, n int) []float64 {
	if r.successors == nil {
		return dst
	}
	return c.shape.chances(dst, &r.successors.ranks, n)
}

// Committed changes nothing: what stands is among the tokens of the next Propose.
func (c *Recycle) Committed(*Request, int) {}

// Reset changes nothing: a sequence that starts over says the same again.
func (c *Recycle) Reset(*Request, int) {}

// Ended leaves the salt's memory to later requests.
func (c *Recycle) Ended(r *Request) {
	if r.successors != nil {
		r.successors.users--
		r.successors = nil
	}
}

// Ops is 0: nothing is multiplied.
func (c *Recycle) Ops() int64 { return 0 }
