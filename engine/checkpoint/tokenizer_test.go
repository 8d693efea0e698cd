package checkpoint

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/gguf"
)

// vocabFile is a file with these keys of a tokenizer, through the writer and the parser.
func vocabFile(t *testing.T, keys map[string]any) *gguf.File {
	t.Helper()
	var kvs []gguf.KV
	for _, key := range slices.Sorted(func(yield func(string) bool) {
		for key := range keys {
			if !yield(key) {
				return
			}
		}
	}) {
		name := "tokenizer.ggml." + key
		if strings.HasPrefix(key, "general.") {
			name = key
		}
		kvs = append(kvs, gguf.KV{Key: name, Value: keys[key]})
	}
	var b bytes.Buffer
	if err := gguf.Write(&b, kvs, nil); err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Parse("vocabulary", b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// pieces are the keys of a small SentencePiece vocabulary.
func pieces() map[string]any {
	return map[string]any{
		"model":      "llama",
		"tokens":     []string{"<unk>", "<s>", "</s>", "▁", "a", "▁a", "<|user|>", "<|end|>"},
		"token_type": []int32{2, 3, 3, 1, 1, 1, 3, 3},
		"scores":     []float32{0, 0, 0, -2, -3, -1, 0, 0},
	}
}

func TestSentencePieceKeys(t *testing.T) {
	for _, c := range []struct {
		name string
		set  map[string]any
		text string
		want []int32
	}{
		{"what a file leaves out", nil, "a", []int32{1, 5}},
		{"no BOS", map[string]any{"add_bos_token": false}, "a", []int32{5}},
		{"EOS", map[string]any{"add_eos_token": true}, "a", []int32{1, 5, 2}},
		{"other ids", map[string]any{"bos_token_id": uint32(2), "unknown_token_id": uint32(1)}, "z", []int32{2, 3, 1}},
		{"no prefix", map[string]any{"add_space_prefix": false}, "a", []int32{1, 4}},
		{"white space after special tokens", nil, "<|user|> a", []int32{1, 6, 3, 5}},
		{"white space after those of Phi-3", map[string]any{"general.name": "Phi-3 mini"}, "<|user|> a", []int32{1, 6, 5}},
		{"as a unigram model", map[string]any{"model": "t5", "unknown_token_id": uint32(0), "remove_extra_whitespaces": true}, " a  a", []int32{5, 5, 1}},
		{"normalization", map[string]any{"model": "t5", "unknown_token_id": uint32(0), "precompiled_charsmap": charsmap()}, "b", []int32{5, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			keys := pieces()
			for key, value := range c.set {
				keys[key] = value
			}
			tok, err := readTokenizer(vocabFile(t, keys))
			if err != nil {
				t.Fatal(err)
			}
			if got := tok.EncodeWithSpecial(c.text, true); !slices.Equal(got, c.want) {
				t.Errorf("%q gives %v, want %v", c.text, got, c.want)
			}
		})
	}
}

// charsmap is a compiled normalization by hand: "b" becomes "a".
func charsmap() []uint8 {
	raw := make([]byte, 4+4*256)
	raw[1] = 4                                                          // 1024 bytes of trie
	put := func(unit int, v ...byte) { copy(raw[4+4*unit:], v) }        // little-endian
	put(0, 0, 0x00, 0x02, 0)                                            // its children are at 128 ^ byte
	put(128^'b', 'b', 0x01|byte((128^'b'^200)<<2), (128^'b'^200)>>6, 0) // it has a value, at 200
	put(200, 0, 0, 0, 0x80)                                             // the replacement at 0
	return append(raw, 'a', 0)
}

func TestEndKeys(t *testing.T) {
	keys := pieces()
	keys["eot_token_id"], keys["eom_token_id"] = uint32(6), uint32(5)
	tok, err := readTokenizer(vocabFile(t, keys))
	if err != nil {
		t.Fatal(err)
	}
	if got := tok.Ends(); !slices.Equal(got, []int32{2, 6, 5, 7}) {
		t.Errorf("got %v", got)
	}
}

// Files of Llama 3 do not always say that they want BOS.
func TestByteLevelKeys(t *testing.T) {
	f := openTest(t, small).File
	for pre, want := range map[string]bool{"llama-bpe": true, "tekken": true, "gpt-2": false, "qwen2": false} {
		keys := map[string]any{"model": "gpt2", "pre": pre, "bos_token_id": uint32(0)}
		for _, key := range []string{"tokens", "token_type", "merges"} {
			value, err := f.Value("tokenizer.ggml." + key)
			if err != nil {
				t.Fatal(err)
			}
			keys[key] = value
		}
		tok, err := readTokenizer(vocabFile(t, keys))
		if err != nil {
			t.Fatal(err)
		}
		if got := tok.Encode("", true); (len(got) == 1) != want {
			t.Errorf("%s: an empty text gives %v", pre, got)
		}
	}
}

func TestTokenizerErrors(t *testing.T) {
	for _, c := range []struct {
		name string
		set  map[string]any
		want []string
	}{
		{"kind", map[string]any{"model": "bert"}, []string{"tokenizer.ggml.model", `"bert"`, `"gpt2"`, `"llama"`, `"t5"`}},
		{"no scores", map[string]any{"scores": nil}, []string{"tokenizer.ggml.scores"}},
		{"charsmap of another type", map[string]any{"model": "t5", "precompiled_charsmap": "abc"}, []string{"precompiled_charsmap", "string", "bytes"}},
		{"charsmap", map[string]any{"model": "t5", "precompiled_charsmap": []uint8{1}}, []string{"1 bytes"}},
		{"id", map[string]any{"eot_token_id": uint32(1 << 31)}, []string{"eot_token_id", "token id"}},
		{"no merges", map[string]any{"model": "gpt2"}, []string{"tokenizer.ggml.merges"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			keys := pieces()
			for key, value := range c.set {
				if keys[key] = value; value == nil {
					delete(keys, key)
				}
			}
			_, err := readTokenizer(vocabFile(t, keys))
			if err == nil {
				t.Fatal("no error")
			}
			for _, part := range c.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %s", err, part)
				}
			}
		})
	}
}
