package spec

// Suffix proposes what followed the longest end of a sequence's text that was said before: in the
// text itself, or by a request of the same salt that ended lately. The longer that is, the more is proposed
// (Oliaro et al. 2024, "SuffixDecoding: Extreme Speculative Decoding for Emerging AI Applications";
// Hu et al. 2024, "SAM Decoding: Speculative Decoding via Suffix Automaton").
type Suffix struct {
	history *history
	free    []*suffixes // of sequences that ended
}

var _ Proposer = (*Suffix)(nil)

// NewSuffix starts with no memory of any request.
func NewSuffix() *Suffix { return &Suffix{history: newHistory(historyTokens)} }

// suffixes is what is known of one sequence's text.
type suffixes struct {
	own   automaton
	found [2]follower // in the generations of its salt
}

// window is the longest match that is told from longer ones.
const window = 64

// follower is how far a text matches a generation.
type follower struct {
	version uint64 // of the generation
	read    int    // tokens of the text
	match
}

// follow reads what is new of the text. Where the generation has changed, or there is much, the last
// window tokens say the same as all.
func (f *follower) follow(g *generation, text []int32) {
	from := f.read
	if start := max(0, len(text)-window); f.version != g.version || from < start || from > len(text) {
		*f, from = follower{version: g.version}, start
	}
	for _, token := range text[from:] {
		f.match = g.automaton.follow(f.match, token)
	}
	f.read = len(text)
}

// Propose reads what is new of every request and looks for its end. Drafts have no distribution:
// Probs stay nil.
func (s *Suffix) Propose(batch []*Request) {
	for _, r := range batch {
		r.Draft = r.Draft[:0]
		if r.suffixes == nil {
			r.suffixes = s.take()
		}
		own := &r.suffixes.own
		for _, token := range r.Tokens[min(own.size(), len(r.Tokens)):] {
			own.add(token)
		}
		if r.Want > 0 && own.size() == len(r.Tokens) { // not of a text that is read again after preemption
			s.draft(r)
		}
	}
}

// draft takes the longest match, of equal ones the sequence's own.
func (s *Suffix) draft(r *Request) {
	length, end := r.suffixes.own.repeated()
	text := r.Tokens
	for i, g := range s.history.of(r.Salt) {
		if g == nil || length >= window {
			break
		}
		f := &r.suffixes.found[i]
		f.follow(g, r.Tokens)
		at := int(g.states[f.state].end)
		if n := min(window, int(f.length)); n > length && g.text[at] != separator {
			length, end, text = n, at, g.text
		}
	}
	if length > 0 {
		r.Draft = continuation(r.Draft, text, end, min(length, r.Want))
	}
}

func (s *Suffix) take() *suffixes {
	var x *suffixes
	if last := len(s.free) - 1; last >= 0 {
		x, s.free = s.free[last], s.free[:last]
	} else {
		x = new(suffixes)
	}
	x.own.reset()
	x.found = [2]follower{}
	return x
}

// Committed changes nothing: what stands is among the tokens of the next Propose.
func (s *Suffix) Committed(*Request, int) {}

// Reset changes nothing: a sequence that starts over says the same again.
func (s *Suffix) Reset(*Request, int) {}

// Ended remembers what was said, if any of it was computed.
func (s *Suffix) Ended(r *Request) {
	if r.suffixes == nil {
		return
	}
	s.free = append(s.free, r.suffixes)
	r.suffixes = nil
	s.history.add(r.Salt, r.Tokens)
}

// Ops is 0: nothing is multiplied.
func (s *Suffix) Ops() int64 { return 0 }
