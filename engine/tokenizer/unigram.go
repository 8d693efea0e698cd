package tokenizer

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

// unigram is SentencePiece's unigram model (Kudo, 2018): of all ways to write a text as tokens, the one whose scores
// (logarithms of probabilities) have the highest sum, by Viterbi's algorithm.
type unigram struct {
	tokens       []string // in order
	ids          []int32  // of tokens
	scores       []float32
	unknown      int32
	unknownScore float64
	rules        *charsmap // nil for none
	removeSpace  bool
	spacePrefix  bool
}

// unknownPenalty is how much worse than the worst token an unknown character is.
const unknownPenalty = 10

func newUnigram(t *Tokenizer, v *Vocab) error {
	if err := v.checkScores(); err != nil {
		return err
	}
	if v.Unknown < 0 {
		return fmt.Errorf("tokenizer: a vocabulary of kind %q needs an unknown token", KindUnigram)
	}
	u := &unigram{scores: slices.Clone(v.Scores), unknown: v.Unknown, removeSpace: v.RemoveExtraSpace, spacePrefix: v.SpacePrefix}
	var err error
	if u.rules, err = newCharsmap(v.Charsmap); err != nil {
		return err
	}
	if err := v.byteTokens(&t.bytes); err != nil {
		return err
	}
	for i, token := range v.Tokens {
		if (v.typeOf(i) == TypeNormal || v.typeOf(i) == TypeUndefined || v.typeOf(i) == TypeUserDefined) && token != "" {
			u.ids = append(u.ids, int32(i))
			u.unknownScore = min(u.unknownScore, float64(v.Scores[i]))
		}
	}
	u.unknownScore -= unknownPenalty
	slices.SortFunc(u.ids, func(a, b int32) int { return strings.Compare(v.Tokens[a], v.Tokens[b]) })
	for k, id := range u.ids {
		if k > 0 && u.tokens[k-1] == v.Tokens[id] {
			return fmt.Errorf("tokenizer: tokens %d and %d are both %q", u.ids[k-1], id, v.Tokens[id])
		}
		u.tokens = append(u.tokens, v.Tokens[id])
	}
	t.setPieces(v)
	t.model = u
	return nil
}

func (u *unigram) String() string { return KindUnigram }

func (u *unigram) appendText(ids []int32, text string) []int32 {
	text = u.normalize(text)
	best := u.paths(text)
	n := len(ids)
	for end := len(text); end > 0; end = best[end].start {
		id := best[end].id
		if id == u.unknown && len(ids) > n && ids[len(ids)-1] == id {
			continue // one unknown token for all in a row
		}
		ids = append(ids, id)
	}
	slices.Reverse(ids[n:])
	return ids
}

func (u *unigram) normalize(text string) string {
	text = u.rules.apply(text)
	if u.removeSpace {
		text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == ' ' }), " ")
	}
	if u.spacePrefix && text != "" {
		text = " " + text
	}
	return strings.ReplaceAll(text, " ", escapedSpace)
}

// step is the last token of the best path to a place in the text.
type step struct {
	score float64
	start int
	id    int32 // -1 for a place that no path reaches
}

// paths gives the best path to every place, 0 to len(text).
func (u *unigram) paths(text string) []step {
	best := make([]step, len(text)+1)
	for i := range best {
		best[i].id = -1
	}
	best[0].id = u.unknown
	for i := 0; i < len(text); {
		_, width := utf8.DecodeRuneInString(text[i:])
		if !u.extend(best, text, i, width) {
			offer(best, i, i+width, u.unknown, u.unknownScore)
		}
		i += width
	}
	return best
}

// extend takes the best path to i on by every token that fits there, and says whether one of
// them is a single character of the given width.
func (u *unigram) extend(best []step, text string, i, width int) (single bool) {
	tokens, first := u.tokens, 0
	for n := 0; i+n < len(text); n++ {
		c := text[i+n] // the tokens left all start with text[i:i+n]; the one that is no longer comes first
		lo := sort.Search(len(tokens), func(k int) bool { return len(tokens[k]) > n && tokens[k][n] >= c })
		hi := sort.Search(len(tokens), func(k int) bool { return len(tokens[k]) > n && tokens[k][n] > c })
		tokens, first = tokens[lo:hi], first+lo
		if len(tokens) == 0 {
			break
		}
		if len(tokens[0]) == n+1 {
			id := u.ids[first]
			offer(best, i, i+n+1, id, float64(u.scores[id]))
			single = single || n+1 == width
		}
	}
	return single
}

func offer(best []step, start, end int, id int32, score float64) {
	if sum := best[start].score + score; best[end].id < 0 || sum > best[end].score {
		best[end] = step{sum, start, id}
	}
}
