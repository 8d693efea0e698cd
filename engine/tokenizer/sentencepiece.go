package tokenizer

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
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
