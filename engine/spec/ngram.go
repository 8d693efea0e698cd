package spec

import "slices"

// Ngram proposes what followed, the last time, the longest of a sequence's last few tokens that
// it has said before: prompt lookup (Saxena 2023, "Prompt Lookup Decoding"; Yang et al. 2023,
// "Inference with Reference: Lossless Acceleration of Large Language Models"). It has no model and
// no state but an index of the text, so what becomes of the sequence's blocks is nothing to it.
type Ngram struct {
	shortest, longest int           // tokens that must repeat
	free              []*ngramIndex // of sequences that ended
}

var _ Proposer = (*Ngram)(nil)

// NewNgram looks for the last longest tokens, then for fewer down to shortest, which is at least 1.
func NewNgram(shortest, longest int) *Ngram { return &Ngram{shortest: shortest, longest: longest} }

// Propose brings every request's index up to its tokens and looks its last ones up. Drafts have no
// distribution: Probs stay nil.
func (g *Ngram) Propose(batch []*Request) {
	for _, r := range batch {
		r.Draft = r.Draft[:0]
		if r.ngrams == nil {
			r.ngrams = g.take()
		}
		r.ngrams.learn(r.Tokens)
		if r.Want == 0 {
			continue
		}
		if end := r.ngrams.find(r.Tokens); end > 0 {
			r.Draft = continuation(r.Draft, r.Tokens, end, r.Want)
		}
	}
}

func (g *Ngram) take() *ngramIndex {
	last := len(g.free) - 1
	if last < 0 {
		return &ngramIndex{shortest: g.shortest, longest: g.longest}
	}
	x := g.free[last]
	g.free = g.free[:last]
	return x
}

// Committed changes nothing: what stands is among the tokens of the next Propose.
func (g *Ngram) Committed(*Request, int) {}

// Reset changes nothing: a sequence that starts over says the same again.
func (g *Ngram) Reset(*Request, int) {}

// Ended keeps the index's memory for another sequence.
func (g *Ngram) Ended(r *Request) {
	if r.ngrams != nil {
		r.ngrams.reset()
		g.free = append(g.free, r.ngrams)
		r.ngrams = nil
	}
}

// Ops is 0: nothing is multiplied.
func (g *Ngram) Ops() int64 { return 0 }

// ngramIndex knows where each n-gram of a text ended last, in a hash table with linear probing.
// It holds positions only and reads the tokens from the text, which may only grow.
type ngramIndex struct {
	shortest, longest int
	learned           int // n-grams that end up to it are in slots
	used              int
	slots             []ngramSlot // as many as a power of two; at most half are used
}

// ngramSlot is the n-gram text[end-n:end]; an n of 0 is none.
type ngramSlot struct{ end, n int32 }

func (x *ngramIndex) reset() {
	clear(x.slots)
	x.learned, x.used = 0, 0
}

// learn adds the n-grams that something follows. A text that is not longer than before adds nothing.
func (x *ngramIndex) learn(text []int32) {
	for end := x.learned + 1; end < len(text); end++ {
		h := uint64(0)
		for n := 1; n <= min(x.longest, end); n++ {
			if h = mix(h, text[end-n]); n >= x.shortest {
				x.put(text, h, ngramSlot{int32(end), int32(n)})
			}
		}
		x.learned = end
	}
}

func (x *ngramIndex) put(text []int32, h uint64, s ngramSlot) {
	if 2*(x.used+1) > len(x.slots) {
		x.grow(text)
	}
	at := x.probe(text, h, s)
	if x.slots[at].n == 0 {
		x.used++
	}
	x.slots[at] = s
}

// probe returns the place of the n-gram, which is free if the table does not have it.
func (x *ngramIndex) probe(text []int32, h uint64, s ngramSlot) int {
	mask := len(x.slots) - 1
	at := int(h) & mask
	for ; x.slots[at].n != 0; at = (at + 1) & mask {
		if o := x.slots[at]; o.n == s.n && slices.Equal(text[o.end-o.n:o.end], text[s.end-s.n:s.end]) {
			break
		}
	}
	return at
}

func (x *ngramIndex) grow(text []int32) {
	old := x.slots
	x.slots = make([]ngramSlot, max(64, 2*len(old)))
	for _, s := range old {
		if s.n == 0 {
			continue
		}
		h := uint64(0)
		for i := range s.n {
			h = mix(h, text[s.end-1-i])
		}
		x.slots[x.probe(text, h, s)] = s
	}
}

// find returns where the longest n-gram that ends the text ended before, 0 where none did, and for
// a text that is not the longest that was learned.
func (x *ngramIndex) find(text []int32) (end int) {
	if len(x.slots) == 0 || len(text) <= x.learned {
		return 0
	}
	h := uint64(0)
	for n := 1; n <= min(x.longest, len(text)-1); n++ {
		if h = mix(h, text[len(text)-n]); n < x.shortest {
			continue
		}
		s := x.slots[x.probe(text, h, ngramSlot{int32(len(text)), int32(n)})]
		if s.n == 0 {
			break // and what is longer neither
		}
		end = int(s.end)
	}
	return end
}
