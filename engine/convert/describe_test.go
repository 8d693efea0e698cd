package convert

import (
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/gguf"
)

func TestSampling(t *testing.T) {
	m := &source{dir: t.TempDir()}
	if err := m.describeSampling(); err != nil || len(m.keys.list) != 0 {
		t.Errorf("without a file: %v, %v", m.keys.list, err)
	}
	replace(t, m.dir, "generation_config.json", []byte(`{"do_sample":true,"temperature":0.6,"top_k":20,"top_p":0.95,"min_p":null,"repetition_penalty":1.1}`))
	if err := m.describeSampling(); err != nil {
		t.Fatal(err)
	}
	sameKVs(t, m.keys.list, []gguf.KV{
		{Key: "general.sampling.top_k", Value: int32(20)}, {Key: "general.sampling.top_p", Value: float32(0.95)},
		{Key: "general.sampling.temp", Value: float32(0.6)}, {Key: "general.sampling.penalty_repeat", Value: float32(1.1)},
	})
	replace(t, m.dir, "generation_config.json", []byte(`{"top_k":1e12}`))
	m.keys = keys{}
	if err := m.describeSampling(); err != nil || len(m.keys.list) != 0 || len(m.notes) != 1 {
		t.Errorf("top_k of 1e12: %v, %v, %q", m.keys.list, err, m.notes)
	}
}

// TestAmend has what follows from the kind and the size of a vocabulary.
func TestAmend(t *testing.T) {
	const sp = `"model":{"type":"BPE","byte_fallback":true,"vocab":{"a":0}}`
	kv := func(name string, v any) gguf.KV { return gguf.KV{Key: "tokenizer.ggml." + name, Value: v} }
	for _, c := range []struct {
		name, text string
		vocab      int
		key        any // add_space_prefix before
		want       []gguf.KV
	}{
		{"prepended", `{"normalizer":{"type":"Prepend","prepend":"▁"},` + sp + `}`, 8, nil, nil},
		{"prepended against the configuration", `{"normalizer":{"type":"Prepend","prepend":"▁"},` + sp + `}`, 8, false, []gguf.KV{kv("add_space_prefix", true)}},
		{"not prepended", `{"normalizer":{"type":"Replace"},` + sp + `}`, 8, nil, []gguf.KV{kv("add_space_prefix", false)}},
		{"metaspace first", `{"pre_tokenizer":{"type":"Metaspace","prepend_scheme":"first"},` + sp + `}`, 8, nil, nil},
		{"metaspace never", `{"pre_tokenizer":{"type":"Metaspace","prepend_scheme":"never"},` + sp + `}`, 8, nil, []gguf.KV{kv("add_space_prefix", false)}},
		{"older metaspace", `{"pre_tokenizer":{"type":"Metaspace","add_prefix_space":true},` + sp + `}`, 8, nil, nil},
		{"bytes", `{"pre_tokenizer":{"type":"ByteLevel"},` + smallModel + `}`, 8, false, []gguf.KV{kv("add_space_prefix", false)}},
		{"code llama", `{"normalizer":{"type":"Prepend"},` + sp + `}`, codeLlamaVocab, nil, []gguf.KV{
			kv("prefix_token_id", uint32(32007)), kv("suffix_token_id", uint32(32008)), kv("middle_token_id", uint32(32009)), kv("eot_token_id", uint32(32010))}},
		{"granite", `{"pre_tokenizer":{"type":"ByteLevel"},` + smallModel + `}`, graniteVocab, nil, []gguf.KV{kv("add_bos_token", false)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := &source{arch: llama(), sizes: map[string]int{"v": c.vocab}}
			if c.key != nil {
				m.keys.set(spacePrefixKey, c.key)
			}
			m.amend(tokenizerOf(t, c.text))
			sameKVs(t, m.keys.list, c.want)
		})
	}
}

// TestNotes has models that convert, but not without a word.
func TestNotes(t *testing.T) {
	for _, c := range []struct {
		name, fixture string
		set           map[string]any
		says          string
	}{
		{"window of mistral", "mistral", map[string]any{"sliding_window": 64}, "sliding_window 64 has no place in architecture llama"},
		{"window of phi", "phi3", nil, "sliding_window 12 is written"},
		{"nothing", "mistral", nil, ""},
		{"window beyond the context", "mistral", map[string]any{"sliding_window": 4096}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := variant(t, c.fixture)
			edit(t, dir, "config.json", c.set)
			m, err := Open(dir, Options{Type: Auto})
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			if got := strings.Join(m.Summary().Warnings, "; "); (got != "") != (c.says != "") || !strings.Contains(got, c.says) {
				t.Errorf("warnings %q, want %q", got, c.says)
			}
		})
	}
}
