package spec

// Bounds of a history, in tokens. One takes up to 150 bytes or so in an automaton, and well below a
// microsecond to add, which the engine's next step waits for.
const (
	historyTokens = 1 << 16 // of all salts
	longestStream = 1 << 12 // its end, of a longer one
)

// history holds what requests said that ended, for each salt apart: nobody's drafts, and so
// nobody's times, depend on what was said under another one. It holds at most limit tokens. A salt has
// two generations: when the young one has its share, which is a quarter of the limit, it is the old
// one, and what was that is forgotten. Beyond the limit the salt goes to which nothing was added for longest.
type history struct {
	limit  int
	clock  uint64 // streams added
	size   int    // tokens of all salts
	recent map[uint64]*recent
	free   []*generation
}

// recent is what was said under one salt. Old is nil before there is one.
type recent struct {
	young, old *generation
	used       uint64
}

// generation is the text of some streams, with a separator behind each.
type generation struct {
	version uint64 // of its text, unique over all generations
	text    []int32
	automaton
}

func newHistory(limit int) *history { return &history{limit: limit, recent: map[uint64]*recent{}} }

// of returns the generations of a salt, the young one first.
func (h *history) of(salt uint64) [2]*generation {
	if r := h.recent[salt]; r != nil {
		return [2]*generation{r.young, r.old}
	}
	return [2]*generation{}
}

// add keeps the end of a stream.
func (h *history) add(salt uint64, stream []int32) {
	share := h.limit / 4
	stream = stream[max(0, len(stream)-min(longestStream, share-1)):]
	h.clock++
	r := h.recent[salt]
	if r == nil {
		r = &recent{young: h.generation()}
		h.recent[salt] = r
	}
	if len(r.young.text)+len(stream)+1 > share {
		h.forget(r.old)
		r.old, r.young = r.young, h.generation()
	}
	r.used = h.clock
	r.young.append(stream, h.clock)
	for h.size += len(stream) + 1; h.size > h.limit; {
		h.evict()
	}
}

func (g *generation) append(stream []int32, version uint64) {
	g.version = version
	g.text = append(append(g.text, stream...), separator)
	for _, token := range stream {
		g.automaton.add(token)
	}
	g.automaton.add(separator)
}

// evict forgets the salt that was not used for longest. No two were used last at the same time.
func (h *history) evict() {
	var salt uint64
	var oldest *recent
	for s, r := range h.recent {
		if oldest == nil || r.used < oldest.used {
			salt, oldest = s, r
		}
	}
	h.forget(oldest.young)
	h.forget(oldest.old)
	delete(h.recent, salt)
}

// generation returns an empty one.
func (h *history) generation() *generation {
	var g *generation
	if last := len(h.free) - 1; last >= 0 {
		g, h.free = h.free[last], h.free[:last]
	} else {
		g = new(generation)
	}
	g.text = g.text[:0]
	g.automaton.reset()
	return g
}

// mostFree bounds the generations whose memory waits for others.
const mostFree = 4

func (h *history) forget(g *generation) {
	if g == nil {
		return
	}
	h.size -= len(g.text)
	if len(h.free) < mostFree {
		h.free = append(h.free, g)
	}
}
