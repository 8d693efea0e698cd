package spec

// automaton is the suffix automaton of a text that grows: the smallest one that reads all
// its substrings (Blumer et al. 1985, "The smallest automaton recognizing the subwords of a text").
// A text of n tokens has less than 2n states and 3n edges, and takes time in proportion to n.
type automaton struct {
	states []state
	edges  []edge
	slots  []int32 // hash table of edges by state and token, with linear probing: index + 1, 0 is none
	last   int32   // the state of the whole text
}

// state stands for substrings that end at the same places. State 0 is the empty one.
type state struct {
	length int32 // of the longest
	link   int32 // the state of the longest suffix that ends at more places; none for state 0
	end    int32 // where they ended first
	first  int32 // the edge that was added last; none without edges
}

type edge struct{ from, token, to, next int32 }

const none = -1

// reset makes it that of the empty text, and keeps the memory.
func (a *automaton) reset() {
	a.states = append(a.states[:0], state{link: none, first: none})
	a.edges, a.last = a.edges[:0], 0
	clear(a.slots)
}

// size is how long the text is.
func (a *automaton) size() int { return int(a.states[a.last].length) }

// add appends a token to the text.
func (a *automaton) add(token int32) {
	n := a.states[a.last].length + 1
	added := a.state(state{length: n, end: n, first: none})
	p := a.last
	a.last = added
	for ; p != none; p = a.states[p].link {
		at := a.find(p, token)
		if at != none {
			a.states[added].link = a.suffix(p, at)
			return
		}
		a.connect(p, token, added)
	}
}

// suffix returns the state of what edge at of state p reads, p's longest followed by a token. Where that
// state stands for longer ones too, which the end of the text does not repeat, it is split.
func (a *automaton) suffix(p int32, at int32) int32 {
	q, token := a.edges[at].to, a.edges[at].token
	length := a.states[p].length + 1
	if a.states[q].length == length {
		return q
	}
	clone := a.state(state{length: length, link: a.states[q].link, end: a.states[q].end, first: none})
	for e := a.states[q].first; e != none; e = a.edges[e].next {
		a.connect(clone, a.edges[e].token, a.edges[e].to)
	}
	a.states[q].link = clone
	for ; p != none; p = a.states[p].link {
		at := a.find(p, token)
		if at == none || a.edges[at].to != q {
			break
		}
		a.edges[at].to = clone
	}
	return clone
}

func (a *automaton) state(s state) int32 {
	a.states = append(a.states, s)
	return int32(len(a.states) - 1)
}

// find returns the edge of a state and token, none where there is none.
func (a *automaton) find(from, token int32) int32 {
	if len(a.slots) == 0 {
		return none
	}
	return a.slots[a.probe(from, token)] - 1
}

// probe returns the place of an edge, which is free if there is none.
func (a *automaton) probe(from, token int32) int {
	mask := len(a.slots) - 1
	at := int(mix(mix(0, from), token)) & mask
	for ; a.slots[at] != 0; at = (at + 1) & mask {
		if e := &a.edges[a.slots[at]-1]; e.from == from && e.token == token {
			break
		}
	}
	return at
}

// connect adds an edge that is not there.
func (a *automaton) connect(from, token, to int32) {
	a.edges = append(a.edges, edge{from, token, to, a.states[from].first})
	n := int32(len(a.edges))
	a.states[from].first = n - 1
	if 2*int(n) > len(a.slots) {
		a.grow()
		return
	}
	a.slots[a.probe(from, token)] = n
}

func (a *automaton) grow() {
	a.slots = make([]int32, max(64, 2*len(a.slots)))
	for i, e := range a.edges {
		a.slots[a.probe(e.from, e.token)] = int32(i + 1)
	}
}

// repeated is the longest suffix of the text that is also elsewhere in it, and where that
// ended first; 0 and 0 where not even the last token is.
func (a *automaton) repeated() (length, end int) {
	if a.last == 0 {
		return 0, 0
	}
	s := a.states[a.states[a.last].link]
	return int(s.length), int(s.end)
}

// match is the longest suffix of another text that the automaton reads.
type match struct{ state, length int32 }

// follow is the match when a token is appended to that other text.
func (a *automaton) follow(m match, token int32) match {
	for {
		if e := a.find(m.state, token); e != none {
			return match{a.edges[e].to, m.length + 1}
		}
		if m.state == 0 {
			return match{}
		}
		m.state = a.states[m.state].link
		m.length = a.states[m.state].length
	}
}
