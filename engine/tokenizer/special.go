package tokenizer

// specials finds control and user-defined tokens in text: a byte trie, the longest match
// at the leftmost position.
type specials struct {
	nodes []specialNode // the root first; empty when there are none
	first [256]bool     // bytes that start a token
	left  map[int32]bool
	right map[int32]bool
}

type specialNode struct {
	child map[byte]int32
	id    int32 // -1 where no token ends
}

// match is a special token in text: text[start:end] is the token with the white space that it takes.
type match struct {
	start, end int
	id         int32 // -1 for none
}

func (s *specials) add(text string, id int32) {
	if text == "" {
		return
	}
	if len(s.nodes) == 0 {
		s.nodes = append(s.nodes, specialNode{id: -1})
	}
	s.first[text[0]] = true
	at := int32(0)
	for i := range len(text) {
		to, ok := s.nodes[at].child[text[i]]
		if !ok {
			to = int32(len(s.nodes))
			s.nodes = append(s.nodes, specialNode{id: -1})
			if s.nodes[at].child == nil {
				s.nodes[at].child = map[byte]int32{}
			}
			s.nodes[at].child[text[i]] = to
		}
		at = to
	}
	if s.nodes[at].id < 0 {
		s.nodes[at].id = id
	}
}

// strip says which tokens take the white space on their left and right with them.
func (s *specials) strip(left, right []int32) {
	s.left, s.right = setOf(left), setOf(right)
}

func setOf(ids []int32) map[int32]bool {
	set := make(map[int32]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}

// find is the first token at or after i, and start = end = len(text) with no token.
func (s *specials) find(text string, i int) match {
	for from := i; i < len(text); i++ {
		if !s.first[text[i]] {
			continue
		}
		if end, id := s.longest(text, i); id >= 0 {
			return s.widen(text, from, match{i, end, id})
		}
	}
	return match{len(text), len(text), -1}
}

func (s *specials) longest(text string, i int) (end int, id int32) {
	id = -1
	for at := int32(0); i < len(text) && len(s.nodes) > 0; {
		to, ok := s.nodes[at].child[text[i]]
		if !ok {
			break
		}
		at, i = to, i+1
		if n := s.nodes[at].id; n >= 0 {
			end, id = i, n
		}
	}
	return end, id
}

// widen adds the white space that the token takes, not going left of from.
func (s *specials) widen(text string, from int, m match) match {
	if s.right[m.id] {
		m.end = runEnd(text, m.end, space)
	}
	if s.left[m.id] {
		for m.start > from {
			c, width := classBefore(text, m.start)
			if c != space {
				break
			}
			m.start -= width
		}
	}
	return m
}
