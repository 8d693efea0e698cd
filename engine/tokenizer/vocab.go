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

// Kinds of model, as tokenizer.ggml.model names them.
const (
	KindBytes         = "gpt2"  // byte-level BPE
	KindSentencePiece = "llama" // SentencePiece's BPE
	KindUnigram       = "t5"    // SentencePiece's unigram model
)

// Vocab is what a tokenizer is made of, the plain values of a GGUF file. A token's id is its index in Tokens.
type Vocab struct {
	Kind   string    // "" is KindBytes
	Tokens []string  // KindBytes: in GPT-2's byte-to-character alphabet; the others: U+2581 for a space; control and user-defined ones as plain text
	Types  []int32   // one per token; nil means that all are normal
	Scores []float32 // one per token, of KindSentencePiece and KindUnigram: the higher, the more preferred
	Merges []string  // "left right", the most preferred first, of KindBytes; KindSentencePiece merges by score without them
	Pre    string    // pre-tokenizer of KindBytes, by its name in tokenizer.ggml.pre

	BOS, EOS int32   // -1 for none
	Ends     []int32 // more tokens that end an answer: of a turn, of a message
	Unknown  int32   // for what has no token; -1 for none. KindBytes does not need it
	AddBOS   bool    // put BOS in front when special tokens are asked for
	AddEOS   bool    // put EOS at the end when special tokens are asked for

	SpacePrefix      bool   // KindSentencePiece, KindUnigram: put a space in front of text
	RemoveExtraSpace bool   // KindUnigram: drop spaces at the ends, and all but one of a run
	Charsmap         []byte // KindUnigram: SentencePiece's compiled normalization rules; may be empty

	StripLeft, StripRight []int32 // special tokens that take the white space on that side with them
}

// New checks v and builds the tokenizer. It keeps no reference to v's slices.
//
// A vocabulary of KindBytes may lack tokens for single bytes (some published ones do; see MissingBytes), but not for
// printable ASCII, tab and newline: that is not a byte-level vocabulary.
func New(v Vocab) (*Tokenizer, error) {
	if err := v.check(); err != nil {
		return nil, err
	}
	build, ok := map[string]func(*Tokenizer, *Vocab) error{
		"": newBytes, KindBytes: newBytes, KindSentencePiece: newSentencePiece, KindUnigram: newUnigram,
	}[v.Kind]
	if !ok {
		return nil, fmt.Errorf("tokenizer: unknown kind of model %q; known are %s (byte-level BPE), %s (SentencePiece BPE), %s (unigram)",
			v.Kind, KindBytes, KindSentencePiece, KindUnigram)
	}
	t := &Tokenizer{bos: v.BOS, eos: v.EOS, addBOS: v.AddBOS, addEOS: v.AddEOS}
	t.text = make([]string, len(v.Tokens))
	t.control = make([]bool, len(v.Tokens))
	if err := build(t, &v); err != nil {
		return nil, err
	}
	t.setSpecials(&v)
	t.setEnds(&v)
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
	return v.checkIDs()
}

func (v *Vocab) checkIDs() error {
	for _, id := range []struct {
		name string
		id   int32
	}{{"BOS", v.BOS}, {"EOS", v.EOS}, {"unknown token", v.Unknown}} {
		if id.id < -1 || int(id.id) >= len(v.Tokens) {
			return fmt.Errorf("tokenizer: %s id %d is outside the vocabulary of %d tokens (-1 means none)", id.name, id.id, len(v.Tokens))
		}
	}
	for _, id := range v.Ends {
		if id < 0 || int(id) >= len(v.Tokens) {
			return fmt.Errorf("tokenizer: end token id %d is outside the vocabulary of %d tokens", id, len(v.Tokens))
		}
	}
	if v.AddBOS && v.BOS < 0 {
		return errors.New("tokenizer: BOS is to be added, but there is no BOS id")
	}
	if v.AddEOS && v.EOS < 0 {
		return errors.New("tokenizer: EOS is to be added, but there is no EOS id")
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
	return typ == TypeControl || typ == TypeUserDefined || typ == TypeUnknown
}

// checkScores is for the kinds that have scores.
func (v *Vocab) checkScores() error {
	if len(v.Scores) != len(v.Tokens) {
		return fmt.Errorf("tokenizer: %d scores for %d tokens", len(v.Scores), len(v.Tokens))
	}
	for i, s := range v.Scores {
		if s != s {
			return fmt.Errorf("tokenizer: the score of token %d (%q) is not a number", i, v.Tokens[i])
		}
	}
	return nil
}

// setSpecials makes the two sets: what is in any text, and what is only in text made by a template.
func (t *Tokenizer) setSpecials(v *Vocab) {
	for i, token := range v.Tokens {
		if !v.special(i) {
			continue
		}
		if _, run := spaceRun(token); run && v.Kind == KindSentencePiece {
			token = strings.ReplaceAll(token, " ", escapedSpace) // the model joins spaces itself; it is this form that text can spell out
		}
		t.special.add(token, int32(i))
		if v.typeOf(i) == TypeUserDefined {
			t.defined.add(token, int32(i))
		}
	}
	t.special.strip(v.StripLeft, v.StripRight)
	t.defined.strip(v.StripLeft, v.StripRight)
}
