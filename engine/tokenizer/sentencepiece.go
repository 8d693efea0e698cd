package tokenizer

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// escapedSpace is how SentencePiece writes a space in tokens.
const escapedSpace = "\u2581"

// sentencePiece is the BPE of SentencePiece (Kudo and Richardson, 2018): of all neighbours that together are a token, the pair
// with the best score is joined, the leftmost of several. Text is not cut into words first; a character that is no token
// becomes the tokens of its bytes.
type sentencePiece struct {
	index       map[string]int32 // what merges can reach
	rank        []int32          // of each token: how many different scores are better than its own
	longest     int              // bytes in the longest token of index
	bytes       [256]int32       // -1 where there is none
	unknown     int32
	spaceRuns   []int32 // by length in spaces: the user-defined token of so many; -1 for none, empty where there are none at all
	spacePrefix bool
	spaceAfter  [256]bool // bytes that some token has in front of a space: only after them do merges cross the end of a word
}

func newSentencePiece(t *Tokenizer, v *Vocab) error {
	if err := v.checkScores(); err != nil {
		return err
	}
	s := &sentencePiece{index: make(map[string]int32, len(v.Tokens)), unknown: v.Unknown, spacePrefix: v.SpacePrefix}
	for i, token := range v.Tokens {
		if v.typeOf(i) != TypeNormal && v.typeOf(i) != TypeUndefined || token == "" {
			continue
		}
		if first, ok := s.index[token]; ok {
			return fmt.Errorf("tokenizer: tokens %d and %d are both %q", first, i, token)
		}
		s.index[token] = int32(i)
		s.longest = max(s.longest, len(token))
		s.noteSpaces(token)
	}
	if err := v.byteTokens(&s.bytes); err != nil {
		return err
	}
	if _, ok := s.index[escapedSpace]; !ok { // then a space is unknown, and one unknown token can stand for it and what is around it
		s.spaceAfter = [256]bool(slices.Repeat([]bool{true}, 256))
	}
	s.rank = ranks(v.Scores)
	s.spaceRuns = v.spaceRuns()
	t.setPieces(v)
	t.model, t.bytes = s, s.bytes
	return nil
}

// noteSpaces finds the spaces in a token that come after something else.
func (s *sentencePiece) noteSpaces(token string) {
	token = strings.TrimLeft(token, escapedSpace)
	for k := strings.Index(token, escapedSpace); k >= 0; k = strings.Index(token, escapedSpace) {
		s.spaceAfter[token[k-1]] = true
		token = strings.TrimLeft(token[k:], escapedSpace)
	}
}

// byteTokens finds the tokens of single bytes, which are written <0x00> to <0xFF>.
func (v *Vocab) byteTokens(ids *[256]int32) error {
	for b := range ids {
		ids[b] = -1
	}
	for i, token := range v.Tokens {
		if v.typeOf(i) != TypeByte {
			continue
		}
		b, ok := byteOf(token)
		if !ok {
			return fmt.Errorf("tokenizer: token %d is %q and of type byte; expected <0x00> to <0xFF>", i, token)
		}
		ids[b] = int32(i)
	}
	return nil
}

func byteOf(token string) (byte, bool) {
	if len(token) != 6 || token[:3] != "<0x" || token[5] != '>' {
		return 0, false
	}
	b, err := strconv.ParseUint(token[3:5], 16, 8)
	return byte(b), err == nil
}

// ranks orders the tokens by score, the highest first; equal scores have equal ranks.
func ranks(scores []float32) []int32 {
	order := make([]int32, len(scores))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(scores[b], scores[a]) })
	rank := make([]int32, len(scores))
	for k := 1; k < len(order); k++ {
		rank[order[k]] = rank[order[k-1]]
		if scores[order[k]] != scores[order[k-1]] {
			rank[order[k]]++
		}
	}
	return rank
}

// spaceRuns collects the user-defined tokens that are runs of spaces. Gemma has them up to a length of 31: in
// the reference they are joined before all else, from the left, so that a run becomes the longest of them.
func (v *Vocab) spaceRuns() (runs []int32) {
	for i, token := range v.Tokens {
		if v.typeOf(i) != TypeUserDefined {
			continue
		}
		n, ok := spaceRun(token)
		if !ok {
			continue
		}
		for len(runs) <= n {
			runs = append(runs, -1)
		}
		runs[n] = int32(i)
	}
	return runs
}

// spaceRun is the number of spaces that token consists of, if it is more than one and nothing else.
func spaceRun(token string) (int, bool) {
	spaces := strings.ReplaceAll(token, escapedSpace, " ")
	return len(spaces), len(spaces) > 1 && strings.Trim(spaces, " ") == ""
}

// setPieces sets the text of the tokens of SentencePiece's kinds.
func (t *Tokenizer) setPieces(v *Vocab) {
	t.prefixed = v.SpacePrefix
	for i, token := range v.Tokens {
		switch v.typeOf(i) {
		case TypeByte:
			b, _ := byteOf(token)
			t.text[i] = string([]byte{b})
		case TypeControl, TypeUnknown:
			t.text[i], t.control[i] = token, true
		default:
			t.text[i] = strings.ReplaceAll(token, escapedSpace, " ")
		}
	}
}

func (s *sentencePiece) String() string { return KindSentencePiece }

func (s *sentencePiece) appendText(ids []int32, text string) []int32 {
	if s.spacePrefix {
		text = " " + text
	}
	text = strings.ReplaceAll(text, " ", escapedSpace)
	m := pieceMergers.Get().(*pieceMerger)
	m.model = s
	cache := newWordCache(text)
	for text != "" {
		n := s.chunk(text)
		ids = cache.appendWord(ids, text[:n], m.appendChunk)
		text = text[n:]
	}
	if cap(m.pieces) <= keepHeap && cap(m.queue) <= keepHeap {
		m.text, m.model = "", nil
		pieceMergers.Put(m)
	}
	return ids
}

// chunk is how much of the text can be merged on its own: spaces and the word behind them, up to the next space that no token can join to it.
func (s *sentencePiece) chunk(text string) int {
	for n := 0; ; {
		for strings.HasPrefix(text[n:], escapedSpace) {
			n += len(escapedSpace)
		}
		k := strings.Index(text[n:], escapedSpace)
		if k < 0 {
			return len(text)
		}
		n += k
		if !s.spaceAfter[text[n-1]] {
			return n
		}
	}
}

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
