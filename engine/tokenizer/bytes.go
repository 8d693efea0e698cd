package tokenizer

import (
	"fmt"
	"strings"
	"sync/atomic"
)

// byteLevel is byte-level BPE (Radford et al., 2019): text is cut into words, and the bytes of each are
// merged (Sennrich et al., 2016).
type byteLevel struct {
	scheme
	merges *mergeTable
	bytes  [256]int32       // id of each single byte, -1 where there is none
	words  map[string]int32 // the tokens that merges make
	whole  []atomic.Int32   // of each token: whether merging its bytes gives it back, once that is known
}

// What whole says. It is found out when the token is first met as a word, because merging
// every token of a large vocabulary would take longer than all the rest of loading it.
const (
	unasked int32 = iota
	isWhole
	notWhole
)

func newBytes(t *Tokenizer, v *Vocab) error {
	s, err := findScheme(v.Pre)
	if err != nil {
		return err
	}
	index, err := v.index()
	if err != nil {
		return err
	}
	merges, err := v.mergeTable(index)
	if err != nil {
		return err
	}
	b := &byteLevel{scheme: s, merges: merges}
	abc := newAlphabet()
	if err := b.setBytes(abc, index); err != nil {
		return err
	}
	b.words = make(map[string]int32, len(v.Tokens))
	b.whole = make([]atomic.Int32, len(v.Tokens))
	for i, token := range v.Tokens {
		if v.special(i) {
			t.text[i] = token
		} else {
			t.text[i] = abc.decode(token)
			b.words[t.text[i]] = int32(i)
		}
		t.control[i] = v.typeOf(i) == TypeControl || v.typeOf(i) == TypeUnknown
	}
	t.model, t.bytes = b, b.bytes
	return nil
}

// index maps tokens that text can become to their ids. Control tokens are left out, so that no
// merge can make one.
func (v *Vocab) index() (map[string]int32, error) {
	index := make(map[string]int32, len(v.Tokens))
	for i, token := range v.Tokens {
		if v.special(i) || token == "" {
			continue
		}
		if first, ok := index[token]; ok {
			return nil, fmt.Errorf("tokenizer: tokens %d and %d are both %q", first, i, token)
		}
		index[token] = int32(i)
	}
	for i, token := range v.Tokens { // what is matched as text can still be a step of merging
		if _, ok := index[token]; !ok && v.typeOf(i) == TypeUserDefined {
			index[token] = int32(i)
		}
	}
	return index, nil
}

func (v *Vocab) mergeTable(index map[string]int32) (*mergeTable, error) {
	table := newMergeTable(len(v.Merges))
	var both []byte
	for rank, merge := range v.Merges {
		left, right, ok := strings.Cut(merge, " ")
		if !ok || left == "" || right == "" || strings.Contains(right, " ") {
			return nil, fmt.Errorf("tokenizer: merge %d is %q; expected two tokens with one space between them", rank, merge)
		}
		both = append(append(both[:0], left...), right...)
		l, okLeft := index[left]
		r, okRight := index[right]
		id, okBoth := index[string(both)]
		if !okLeft || !okRight || !okBoth {
			return nil, missingPart(rank, merge, index, left, right, string(both))
		}
		if !table.add(l, r, int32(rank), id) {
			return nil, fmt.Errorf("tokenizer: merge %d (%q) is there twice", rank, merge)
		}
	}
	return table, nil
}

func missingPart(rank int, merge string, index map[string]int32, tokens ...string) error {
	for _, token := range tokens {
		if _, ok := index[token]; !ok {
			return fmt.Errorf("tokenizer: merge %d (%q) needs the token %q, which the vocabulary does not have", rank, merge, token)
		}
	}
	return nil
}

func (b *byteLevel) setBytes(abc *alphabet, index map[string]int32) error {
	for c := range 256 {
		id, ok := index[abc.encode(byte(c))]
		if !ok {
			id = -1
		}
		b.bytes[c] = id
		if !ok && (c >= ' ' && c <= '~' || c == '\t' || c == '\n') {
			return fmt.Errorf("tokenizer: no token for the byte 0x%02x (written %q in a byte-level vocabulary)", c, abc.encode(byte(c)))
		}
	}
	return nil
}

func (b *byteLevel) String() string { return b.names[0] }

func (b *byteLevel) appendText(ids []int32, text string) []int32 {
	if b.nfc {
		text = nfc(text)
	}
	return b.appendStage(ids, text, b.stages, newWordCache(text))
}

// appendStage cuts text by the first of the stages, and each part by the others.
func (b *byteLevel) appendStage(ids []int32, text string, stages []splitter, cache *wordCache) []int32 {
	for i := 0; i < len(text); {
		end := stages[0].next(text, i)
		if len(stages) > 1 {
			ids = b.appendStage(ids, text[i:end], stages[1:], cache)
		} else {
			ids = cache.appendWord(ids, text[i:end], b.appendWord)
		}
		i = end
	}
	return ids
}

func (b *byteLevel) appendWord(ids []int32, word string) []int32 {
	id, ok := b.words[word]
	if !ok {
		return b.mergeWord(ids, word)
	}
	if b.ignoreMerges || b.whole[id].Load() == isWhole {
		return append(ids, id)
	}
	n := len(ids)
	ids = b.mergeWord(ids, word)
	if b.whole[id].Load() == unasked {
		answer := notWhole
		if len(ids) == n+1 && ids[n] == id {
			answer = isWhole
		}
		b.whole[id].Store(answer)
	}
	return ids
}

// mergeWord appends the tokens of one word, merged in place at the end of ids.
func (b *byteLevel) mergeWord(ids []int32, word string) []int32 {
	n := len(ids)
	for i := range len(word) {
		if id := b.bytes[word[i]]; id >= 0 {
			ids = append(ids, id)
		}
	}
	return ids[:n+len(b.merges.merge(ids[n:]))]
}
