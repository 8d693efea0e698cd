package tokenizer

import (
	"errors"
	"fmt"
	"strings"
)

// Token types, as GGUF's tokenizer.ggml.token_type numbers them.
const (
	TypeUndefined   int32 = 0
	TypeNormal      int32 = 1
	TypeUnknown     int32 = 2
	TypeControl     int32 = 3
	TypeUserDefined int32 = 4
	TypeUnused      int32 = 5
	TypeByte        int32 = 6
)

// Vocab is what a byte-level BPE tokenizer is made of. A token's id is its index in Tokens.
type Vocab struct {
	Tokens   []string // in GPT-2's byte-to-character alphabet; control and user-defined ones as plain text
	Types    []int32  // one per token; nil means that all are normal
	Merges   []string // "left right", the most preferred first
	Pre      string   // pre-tokenizer, by its name in tokenizer.ggml.pre
	BOS, EOS int32    // -1 for none
	AddBOS   bool     // put BOS in front when special tokens are asked for
}

// New checks v and builds the tokenizer. It keeps no reference to v's slices. A vocabulary may
// lack tokens for single bytes (some published ones do; see MissingBytes), but not for
// printable ASCII, tab and newline: that is not a byte-level vocabulary.
func New(v Vocab) (*Tokenizer, error) {
	s, err := findScheme(v.Pre)
	if err != nil {
		return nil, err
	}
	if err := v.check(); err != nil {
		return nil, err
	}
	index, err := v.index()
	if err != nil {
		return nil, err
	}
	merges, err := v.mergeTable(index)
	if err != nil {
		return nil, err
	}
	t := &Tokenizer{pre: s.pre, merges: merges, bos: v.BOS, eos: v.EOS, addBOS: v.AddBOS}
	abc := newAlphabet()
	if err := t.setBytes(abc, index); err != nil {
		return nil, err
	}
	t.setTokens(v, abc)
	t.setWords(v, s.ignoreMerges)
	return t, nil
}

func (v *Vocab) check() error {
	if len(v.Tokens) == 0 {
		return errors.New("tokenizer: the vocabulary has no tokens")
	}
	if v.Types != nil && len(v.Types) != len(v.Tokens) {
		return fmt.Errorf("tokenizer: %d token types for %d tokens", len(v.Types), len(v.Tokens))
	}
	for i, typ := range v.Types {
		if typ < TypeUndefined || typ > TypeByte {
			return fmt.Errorf("tokenizer: token %d (%q) has type %d; expected 0 to 6", i, v.Tokens[i], typ)
		}
	}
	for _, id := range []struct {
		name string
		id   int32
	}{{"BOS", v.BOS}, {"EOS", v.EOS}} {
		if id.id < -1 || int(id.id) >= len(v.Tokens) {
			return fmt.Errorf("tokenizer: %s id %d is outside the vocabulary of %d tokens (-1 means none)", id.name, id.id, len(v.Tokens))
		}
	}
	if v.AddBOS && v.BOS < 0 {
		return errors.New("tokenizer: BOS is to be added, but there is no BOS id")
	}
	return nil
}

func (v *Vocab) typeOf(id int) int32 {
	if v.Types == nil {
		return TypeNormal
	}
	return v.Types[id]
}

// special says whether the token is matched as plain text instead of being reached by merges.
func (v *Vocab) special(id int) bool {
	typ := v.typeOf(id)
	return typ == TypeControl || typ == TypeUserDefined
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
	return index, nil
}

func (v *Vocab) mergeTable(index map[string]int32) (*mergeTable, error) {
	table := newMergeTable(len(v.Merges))
	for rank, merge := range v.Merges {
		left, right, ok := strings.Cut(merge, " ")
		if !ok || left == "" || right == "" || strings.Contains(right, " ") {
			return nil, fmt.Errorf("tokenizer: merge %d is %q; expected two tokens with one space between them", rank, merge)
		}
		var ids [3]int32
		for k, token := range []string{left, right, left + right} {
			id, ok := index[token]
			if !ok {
				return nil, fmt.Errorf("tokenizer: merge %d (%q) needs the token %q, which the vocabulary does not have", rank, merge, token)
			}
			ids[k] = id
		}
		if !table.add(ids[0], ids[1], int32(rank), ids[2]) {
			return nil, fmt.Errorf("tokenizer: merge %d (%q) is there twice", rank, merge)
		}
	}
	return table, nil
}

func (t *Tokenizer) setBytes(abc *alphabet, index map[string]int32) error {
	for b := range 256 {
		id, ok := index[abc.encode(byte(b))]
		if !ok {
			id = -1
		}
		t.bytes[b] = id
		if !ok && (b >= ' ' && b <= '~' || b == '\t' || b == '\n') {
			return fmt.Errorf("tokenizer: no token for the byte 0x%02x (written %q in a byte-level vocabulary)", b, abc.encode(byte(b)))
		}
	}
	return nil
}

func (t *Tokenizer) setTokens(v Vocab, abc *alphabet) {
	t.text = make([]string, len(v.Tokens))
	t.control = make([]bool, len(v.Tokens))
	for i, token := range v.Tokens {
		if v.special(i) {
			t.text[i] = token
			t.special.add(token, int32(i))
		} else {
			t.text[i] = abc.decode(token)
		}
		t.control[i] = v.typeOf(i) == TypeControl
	}
}

// setWords collects the words that encode to one token, so that the common case needs
// no merging. It is a table of what merging gives, not a cache: it never changes.
func (t *Tokenizer) setWords(v Vocab, ignoreMerges bool) {
	t.words = make(map[string]int32, len(v.Tokens))
	var scratch []int32
	for i, text := range t.text {
		if v.special(i) || text == "" {
			continue
		}
		if !ignoreMerges {
			scratch = t.mergeWord(scratch[:0], text)
			if len(scratch) != 1 || scratch[0] != int32(i) {
				continue
			}
		}
		t.words[text] = int32(i)
	}
}
