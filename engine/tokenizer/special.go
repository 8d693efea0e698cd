package tokenizer

// specials finds control and user-defined tokens in text: a byte trie, the longest match
// at the leftmost position.
type specials struct {
	nodes []specialNode // the root first; empty when there are none
	first [256]bool     // bytes that start a token
}

type specialNode struct {
	child map[byte]int32
	id    int32 // -1 where no token ends
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

// find is the first token at or after i, as text[start:end], or id -1 and start = len(text).
func (s *specials) find(text string, i int) (start, end int, id int32) {
	for ; i < len(text); i++ {
		if !s.first[text[i]] {
			continue
		}
		if end, id := s.match(text, i); id >= 0 {
			return i, end, id
		}
	}
	return len(text), len(text), -1
}

func (s *specials) match(text string, i int) (end int, id int32) {
	id = -1
	for at := int32(0); i < len(text); {
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
