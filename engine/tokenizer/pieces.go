package tokenizer

import (
	"strings"
	"sync"
	"unicode/utf8"
)

var pieceMergers = sync.Pool{New: func() any { return new(pieceMerger) }}

// pieceMerger merges one chunk: a binary heap of candidate pairs over a doubly linked list of pieces.
type pieceMerger struct {
	model  *sentencePiece
	text   string
	pieces []piece
	queue  []pair
}

// piece is text[start:end] as a token so far.
type piece struct {
	start, end int32
	next, prev int32 // len(pieces) and -1 at the ends
	id         int32 // -1 once it is joined to the piece before
	fixed      bool  // a byte or the unknown token: not joined
}

// pair is a piece and its next as the queue has them: text[:end] is where the next one ended.
type pair struct {
	rank, left, end int32
	id              int32 // what they are together
}

func (p pair) before(q pair) bool {
	return p.rank < q.rank || p.rank == q.rank && p.left < q.left
}

func (m *pieceMerger) appendChunk(ids []int32, text string) []int32 {
	m.text, m.pieces, m.queue = text, m.pieces[:0], m.queue[:0]
	for i := 0; i < len(text); {
		i = m.addPiece(i)
	}
	for i := range int32(len(m.pieces) - 1) {
		m.consider(i)
	}
	m.join()
	for i := int32(0); int(i) < len(m.pieces); i = m.pieces[i].next {
		ids = append(ids, m.pieces[i].id)
	}
	return ids
}

// addPiece adds what merging starts with at text[i:], and says where it ends.
func (m *pieceMerger) addPiece(i int) int {
	s := m.model
	if len(s.spaceRuns) > 0 && strings.HasPrefix(m.text[i:], escapedSpace+escapedSpace) {
		if n, id := s.longestRun(m.text[i:]); n > 0 {
			return m.add(i, i+n, id, false)
		}
	}
	_, width := utf8.DecodeRuneInString(m.text[i:])
	if id, ok := s.index[m.text[i:i+width]]; ok {
		return m.add(i, i+width, id, false)
	}
	for k := range width {
		if s.bytes[m.text[i+k]] < 0 {
			return m.addUnknown(s.unknown, i, i+width)
		}
	}
	for k := range width {
		m.add(i+k, i+k+1, s.bytes[m.text[i+k]], true)
	}
	return i + width
}

// longestRun is the longest user-defined run of spaces that text starts with, in bytes, or 0.
func (s *sentencePiece) longestRun(text string) (n int, id int32) {
	for k := 1; k < len(s.spaceRuns) && strings.HasPrefix(text[(k-1)*len(escapedSpace):], escapedSpace); k++ {
		if s.spaceRuns[k] >= 0 {
			n, id = k*len(escapedSpace), s.spaceRuns[k]
		}
	}
	return n, id
}

func (m *pieceMerger) add(start, end int, id int32, fixed bool) int {
	n := int32(len(m.pieces))
	m.pieces = append(m.pieces, piece{int32(start), int32(end), n + 1, n - 1, id, fixed})
	return end
}

// addUnknown adds characters that have no token. One unknown token stands for all in a row; without one they are left out.
func (m *pieceMerger) addUnknown(unknown int32, start, end int) int {
	last := len(m.pieces) - 1
	if unknown < 0 || last >= 0 && m.pieces[last].id == unknown && m.pieces[last].fixed {
		return end
	}
	return m.add(start, end, unknown, true)
}

// consider queues the piece at left and its next if together they are a token.
func (m *pieceMerger) consider(left int32) {
	s, l := m.model, &m.pieces[left]
	if int(l.next) >= len(m.pieces) || l.fixed {
		return
	}
	r := &m.pieces[l.next]
	if r.fixed || r.start != l.end || int(r.end-l.start) > s.longest {
		return
	}
	if id, ok := s.index[m.text[l.start:r.end]]; ok {
		m.push(pair{s.rank[id], left, r.end, id})
	}
}

func (m *pieceMerger) join() {
	for len(m.queue) > 0 {
		p := m.pop()
		l := &m.pieces[p.left]
		if l.id < 0 || int(l.next) >= len(m.pieces) || m.pieces[l.next].end != p.end {
			continue // queued before a neighbour changed
		}
		r := &m.pieces[l.next]
		l.id, l.end, l.next, r.id = p.id, r.end, r.next, -1
		if int(l.next) < len(m.pieces) {
			m.pieces[l.next].prev = p.left
			m.consider(p.left)
		}
		if l.prev >= 0 {
			m.consider(l.prev)
		}
	}
}

func (m *pieceMerger) push(p pair) {
	m.queue = append(m.queue, p)
	q := m.queue
	for i := len(q) - 1; i > 0; {
		up := (i - 1) / 2
		if !q[i].before(q[up]) {
			break
		}
		q[up], q[i] = q[i], q[up]
		i = up
	}
}

func (m *pieceMerger) pop() pair {
	q := m.queue
	top, last := q[0], len(q)-1
	q[0] = q[last]
	q = q[:last]
	m.queue = q
	for i := 0; ; {
		child := 2*i + 1
		if child >= len(q) {
			return top
		}
		if child+1 < len(q) && q[child+1].before(q[child]) {
			child++
		}
		if !q[child].before(q[i]) {
			return top
		}
		q[i], q[child] = q[child], q[i]
		i = child
	}
}
