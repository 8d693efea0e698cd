package checkpoint

import (
	"fmt"
	"strings"

	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/tokenizer"
)

// readTokenizer builds the tokenizer that the file describes. What the file leaves out has the value that the
// writers of such files expect their readers to assume.
func readTokenizer(f *gguf.File) (*tokenizer.Tokenizer, error) {
	v, err := readVocab(f)
	if err != nil {
		return nil, err
	}
	return tokenizer.New(v)
}

func readVocab(f *gguf.File) (v tokenizer.Vocab, err error) {
	if v.Kind, err = f.String("tokenizer.ggml.model"); err != nil {
		return v, err
	}
	if v.Tokens, err = f.Strings("tokenizer.ggml.tokens"); err != nil {
		return v, err
	}
	if v.Types, err = f.Int32s("tokenizer.ggml.token_type"); err != nil {
		return v, err
	}
	switch v.Kind {
	case tokenizer.KindBytes:
		err = readByteLevel(f, &v)
	case tokenizer.KindSentencePiece, tokenizer.KindUnigram:
		err = readSentencePiece(f, &v)
	default:
		err = fmt.Errorf("tokenizer.ggml.model is %q; known are %q (byte-level BPE), %q (SentencePiece BPE) and %q (unigram)",
			v.Kind, tokenizer.KindBytes, tokenizer.KindSentencePiece, tokenizer.KindUnigram)
	}
	if err != nil {
		return v, err
	}
	return v, readSpecials(f, &v)
}

func readByteLevel(f *gguf.File, v *tokenizer.Vocab) (err error) {
	if v.Merges, err = f.Strings("tokenizer.ggml.merges"); err != nil {
		return err
	}
	if f.Has("tokenizer.ggml.pre") {
		if v.Pre, err = f.String("tokenizer.ggml.pre"); err != nil {
			return err
		}
	}
	v.AddBOS = tokenizer.AddsBOS(v.Pre)
	return nil
}

func readSentencePiece(f *gguf.File, v *tokenizer.Vocab) (err error) {
	if v.Scores, err = f.Float32s("tokenizer.ggml.scores"); err != nil {
		return err
	}
	bpe := v.Kind == tokenizer.KindSentencePiece
	v.AddBOS, v.AddEOS, v.SpacePrefix = bpe, !bpe, true
	if err := readBool(f, "tokenizer.ggml.add_space_prefix", &v.SpacePrefix); err != nil {
		return err
	}
	if bpe {
		return nil
	}
	if f.Has("tokenizer.ggml.precompiled_charsmap") {
		if v.Charsmap, err = readBytes(f, "tokenizer.ggml.precompiled_charsmap"); err != nil {
			return err
		}
	}
	return readBool(f, "tokenizer.ggml.remove_extra_whitespaces", &v.RemoveExtraSpace)
}

// readSpecials reads the ids of the tokens with a meaning, and which of them are added to a text.
func readSpecials(f *gguf.File, v *tokenizer.Vocab) (err error) {
	bos, eos, unknown := specialIDs(v.Kind)
	if v.BOS, err = tokenID(f, "tokenizer.ggml.bos_token_id", bos); err != nil {
		return err
	}
	if v.EOS, err = tokenID(f, "tokenizer.ggml.eos_token_id", eos); err != nil {
		return err
	}
	if v.Unknown, err = tokenID(f, "tokenizer.ggml.unknown_token_id", unknown); err != nil {
		return err
	}
	for _, key := range []string{"tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"} {
		id, err := tokenID(f, key, -1)
		if err != nil {
			return err
		}
		if id >= 0 {
			v.Ends = append(v.Ends, id)
		}
	}
	v.AddBOS, v.AddEOS = v.AddBOS && v.BOS >= 0, v.AddEOS && v.EOS >= 0
	if err := readBool(f, "tokenizer.ggml.add_bos_token", &v.AddBOS); err != nil {
		return err
	}
	if err := readBool(f, "tokenizer.ggml.add_eos_token", &v.AddEOS); err != nil {
		return err
	}
	if phi3(f) {
		v.StripRight = phi3Strips(v)
	}
	return nil
}

// specialIDs are the ids that files of a kind mean when they name none.
func specialIDs(kind string) (bos, eos, unknown int32) {
	switch kind {
	case tokenizer.KindSentencePiece:
		return 1, 2, 0
	case tokenizer.KindUnigram:
		return -1, 1, 2
	}
	return -1, -1, -1
}

// phi3 says whether the file is a Phi-3 by its name. There is no key for what is particular about its
// special tokens, so readers go by that.
func phi3(f *gguf.File) bool {
	name, err := f.String("general.name")
	name = strings.ToLower(name)
	return err == nil && (strings.Contains(name, "phi-3") || strings.Contains(name, "phi3"))
}

// phi3Strips lists the special tokens of Phi-3 that take the white space behind them with them: all but three.
func phi3Strips(v *tokenizer.Vocab) (ids []int32) {
	for i, token := range v.Tokens {
		switch {
		case token == "<unk>" || token == "<s>" || token == "<|endoftext|>":
		case token == "</s>" || v.Types[i] == tokenizer.TypeControl || v.Types[i] == tokenizer.TypeUserDefined:
			ids = append(ids, int32(i))
		}
	}
	return ids
}

// readBool leaves value as it is where the key is missing.
func readBool(f *gguf.File, key string, value *bool) (err error) {
	if f.Has(key) {
		*value, err = f.Bool(key)
	}
	return err
}

func readBytes(f *gguf.File, key string) ([]byte, error) {
	value, err := f.Value(key)
	if err != nil {
		return nil, err
	}
	switch value := value.(type) {
	case []uint8:
		return value, nil
	case []int8:
		raw := make([]byte, len(value))
		for i, b := range value {
			raw[i] = byte(b)
		}
		return raw, nil
	}
	return nil, fmt.Errorf("%s: %s is of type %T, want an array of bytes", f.Name, key, value)
}

// tokenID reads an id that may be missing.
func tokenID(f *gguf.File, key string, missing int32) (int32, error) {
	if !f.Has(key) {
		return missing, nil
	}
	id, err := f.Uint(key)
	if err == nil && id > 1<<30 {
		err = fmt.Errorf("%s: %s is %d, want a token id", f.Name, key, id)
	}
	return int32(id), err
}
