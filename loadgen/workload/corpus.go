package workload

import (
	"cmp"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Corpus is a tokenized text, split so that warm-up and measurement cannot meet:
// the last warmupShare of it belongs to warm-up, and so do the spans that begin
// with one of the warm-up's own first tokens.
type Corpus struct {
	tok     Tokenizer
	ids     []int32
	special int            // tokens that Encode adds to a text when told to
	warm    map[int32]bool // tokens that warm-up prompts begin with, and no other
}

// warmupShare of a corpus's tokens, and of its starting places, is for warm-up.
const warmupShare = 1.0 / 8

// NewCorpus tokenizes text once.
func NewCorpus(tok Tokenizer, text string) (*Corpus, error) {
	if !utf8.ValidString(text) {
		return nil, fmt.Errorf("corpus: not valid UTF-8 at byte %d", invalidAt(text))
	}
	c := &Corpus{tok: tok, ids: tok.Encode(text, false), special: len(tok.Encode("", true))}
	if len(c.ids) < 2 {
		return nil, fmt.Errorf("corpus: %d tokens in %d bytes of text, expected at least 2", len(c.ids), len(text))
	}
	var err error
	c.warm, err = warmTokens(c.ids)
	return c, err
}

func invalidAt(text string) int {
	for i, r := range text {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				return i
			}
		}
	}
	return len(text)
}

// Tokens is the length of the corpus.
func (c *Corpus) Tokens() int { return len(c.ids) }

// Count is how many tokens a text has, by the corpus's tokenizer.
func (c *Corpus) Count(text string) int { return len(c.tok.Encode(text, false)) }

// warmTokens chooses, by the ids alone, tokens that together begin about
// warmupShare of the places. A token that begins more than half of them stays
// with the measured prompts.
func warmTokens(ids []int32) (map[int32]bool, error) {
	count := map[int32]int{}
	for _, id := range ids {
		count[id]++
	}
	order := make([]int32, 0, len(count))
	for id := range count {
		order = append(order, id)
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(mix(a), mix(b)), cmp.Compare(a, b))
	})
	warm, places := map[int32]bool{}, 0
	for _, id := range order[:len(order)-1] {
		if float64(places) >= warmupShare*float64(len(ids)) {
			break
		}
		if 2*count[id] <= len(ids) {
			warm[id] = true
			places += count[id]
		}
	}
	if len(warm) == 0 {
		return nil, fmt.Errorf("corpus: %d tokens, only %d different, too few to keep warm-up apart", len(ids), len(order))
	}
	return warm, nil
}

// mix spreads token ids so that neighbours in the vocabulary are not chosen together
// (the finalizer of SplitMix64, Steele, Lea and Flood 2014).
func mix(id int32) uint64 {
	z := uint64(uint32(id)) + 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// region is the half-open range of tokens that spans lie in.
func (c *Corpus) region(warmup bool) (lo, hi int) {
	cut := len(c.ids) - int(float64(len(c.ids))*warmupShare)
	if warmup {
		return cut, len(c.ids)
	}
	return 0, cut
}

// fitTries bounds the search for an end: a text that is cut elsewhere may encode
// to one token more or less, and the end then moves by the difference.
const fitTries = 8

// fit cuts a span at start so that prefix + span encodes to exactly want tokens,
// of which about n are the span's. It reports false where that cannot be had at
// this start: the span would begin inside a character, begin with the wrong kind
// of token, or leave [start, hi).
func (c *Corpus) fit(prefix string, start, n, want, hi int, special, warmup bool) (Prompt, bool) {
	if c.warm[c.ids[start]] != warmup {
		return Prompt{}, false
	}
	end := start + n
	for range fitTries {
		if end > hi || end <= start {
			return Prompt{}, false
		}
		span := c.tok.Decode(c.ids[start:end])
		if brokenStart(span) {
			return Prompt{}, false
		}
		if brokenEnd(span) {
			end++
			continue
		}
		ids := c.tok.Encode(prefix+span, special)
		if len(ids) == want {
			return Prompt{Text: prefix + span, Tokens: ids, Group: -1}, c.begins(span, warmup)
		}
		end += want - len(ids)
	}
	return Prompt{}, false
}

// begins says whether the span, encoded alone, begins with the right kind of
// token: the text cut out of its surroundings may begin with another one than it
// had there.
func (c *Corpus) begins(span string, warmup bool) bool {
	ids := c.tok.Encode(span, false)
	return len(ids) > 0 && c.warm[ids[0]] == warmup
}

// brokenStart and brokenEnd are also true of an empty text and of a U+FFFD that the
// corpus really has there, which costs only that place.
func brokenStart(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return r == utf8.RuneError
}

func brokenEnd(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return r == utf8.RuneError
}
