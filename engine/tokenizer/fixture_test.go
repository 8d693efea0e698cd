package tokenizer

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// example is one text with its ids under each pre-tokenizer, as the reference implementation gives them.
type example struct {
	Text   string  `json:"t"`
	GPT2   []int32 `json:"g"`
	Llama  []int32 `json:"l"` // nil: as GPT2
	SmolLM []int32 `json:"s"` // nil: as GPT2
}

func (e example) ids(pre string) []int32 {
	switch {
	case pre == "llama-bpe" && e.Llama != nil:
		return e.Llama
	case pre == "smollm" && e.SmolLM != nil:
		return e.SmolLM
	}
	return e.GPT2
}

type examples struct {
	Plain, Special, Decode []example
}

var loadExamples = sync.OnceValues(func() (examples, error) {
	var e examples
	err := readJSON("cases.json.gz", &e)
	return e, err
})

func fixtures(t testing.TB) examples {
	t.Helper()
	e, err := loadExamples()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func readJSON(name string, into any) error {
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		return err
	}
	if strings.HasSuffix(name, ".gz") {
		z, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			return err
		}
		if raw, err = io.ReadAll(z); err != nil {
			return err
		}
	}
	return json.Unmarshal(raw, into)
}

// gopherlingVocab is the vocabulary of the gopherling models; <|endoftext|> is token 0.
func gopherlingVocab(t testing.TB, pre string) Vocab {
	t.Helper()
	var v struct{ Tokens, Merges []string }
	if err := readJSON("vocab.json.gz", &v); err != nil {
		t.Fatal(err)
	}
	types := make([]int32, len(v.Tokens))
	for i := range types {
		types[i] = TypeNormal
	}
	types[0] = TypeControl
	return Vocab{Tokens: v.Tokens, Types: types, Merges: v.Merges, Pre: pre, BOS: 0, EOS: 0, AddBOS: true}
}

func gopherling(t testing.TB, pre string) *Tokenizer {
	t.Helper()
	tok, err := New(gopherlingVocab(t, pre))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// tinyVocab has the 256 bytes (id = byte value), then extra tokens with their merges.
func tinyVocab(pre string, extra ...string) Vocab {
	abc := newAlphabet()
	v := Vocab{Pre: pre, BOS: -1, EOS: -1}
	for b := range 256 {
		v.Tokens = append(v.Tokens, abc.encode(byte(b)))
	}
	for _, e := range extra {
		v.Merges = append(v.Merges, e)
		v.Tokens = append(v.Tokens, strings.Replace(e, " ", "", 1))
	}
	v.Types = make([]int32, len(v.Tokens))
	for i := range v.Types {
		v.Types[i] = TypeNormal
	}
	return v
}

func mustNew(t testing.TB, v Vocab) *Tokenizer {
	t.Helper()
	tok, err := New(v)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}
