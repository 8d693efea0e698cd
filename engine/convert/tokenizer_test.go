package convert

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/gguf"
)

// tokenizerOf reads a tokenizer.json given as text.
func tokenizerOf(t *testing.T, text string) *tokenizerFile {
	t.Helper()
	file, err := parseTokenizer("tokenizer.json", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

const smallModel = `"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}`

// TestPretokenizer has the descriptions of published files.
func TestPretokenizer(t *testing.T) {
	split := func(expression, more string) string {
		quoted, _ := json.Marshal(expression)
		return `{"type":"Split","pattern":{"Regex":` + string(quoted) + `},` + more + `}`
	}
	const isolated, inverted = `"behavior":"Isolated","invert":false`, `"behavior":"Removed","invert":true`
	const plain, byExpression = `{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}`, `{"type":"ByteLevel","add_prefix_space":false,"use_regex":true}`
	sequence := func(steps ...string) string {
		return `{"type":"Sequence","pretokenizers":[` + strings.Join(steps, ",") + `]}`
	}
	const eachDigit = `{"type":"Digits","individual_digits":true}`
	llama3 := sequence(split(exprLlama3, isolated), plain)
	for _, c := range []struct{ name, normalizer, pre, model, want string }{
		{"gpt-2", "null", `{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true}`, "", "gpt-2"},
		{"olmo", `{"type":"NFC"}`, byExpression, "", "olmo"},
		{"smollm", "null", sequence(eachDigit, byExpression), "", "smollm"},
		{"llama 3", "null", llama3, `"ignore_merges":true,`, "llama-bpe"},
		{"phi 4", "null", llama3, "", "dbrx"},
		{"qwen 2", `{"type":"NFC"}`, sequence(split(exprQwen2, isolated), plain), "", "qwen2"},
		{"qwen 2 in a sequence", `{"type":"Sequence","normalizers":[{"type":"NFC"}]}`, sequence(split(exprQwen2, isolated), plain), "", "qwen2"},
		{"qwen 2 not normalized", "null", sequence(split(exprQwen2, isolated), plain), "", "deepseek-r1-qwen"},
		{"mistral nemo", "null", sequence(split(exprTekken, isolated), plain), `"ignore_merges":true,`, "tekken"},
		{"mistral nemo with merges", "null", sequence(split(exprTekken, isolated), plain), "", "tekken"},
		{"gpt-4o", "null", sequence(split(exprGPT4o, inverted), plain), "", "gpt-4o"},
		{"nested sequences", "null", sequence(sequence(split(exprGPT4o, inverted)), sequence(plain)), "", "gpt-4o"},
		{"no pre-tokenizer", "null", "null", "", ""},
		{"other expression", "null", sequence(split(`\s+`, isolated), plain), "", ""},
		{"other behavior", "null", sequence(split(exprLlama3, `"behavior":"MergedWithNext","invert":false`), plain), "", ""},
		{"space in front", "null", `{"type":"ByteLevel","add_prefix_space":true}`, "", ""},
		{"lower case", `{"type":"Lowercase"}`, llama3, "", ""},
		{"groups of digits", "null", sequence(`{"type":"Digits","individual_digits":false}`, byExpression), "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := tokenizerOf(t, `{"normalizer":`+c.normalizer+`,"pre_tokenizer":`+c.pre+`,"model":{"type":"BPE",`+c.model+`"vocab":{"a":0}}}`)
			got, err := file.pretokenizer()
			if got.name != c.want || (err == nil) != (c.want != "") {
				t.Errorf("found %q, %v; want %q", got.name, err, c.want)
			}
			if err != nil && !strings.Contains(err.Error(), "llama-bpe, dbrx, qwen2") {
				t.Errorf("the error does not list what is known: %v", err)
			}
		})
	}
}

// TestPublishedExpressions: the fixtures' files come from another library's mouth.
func TestPublishedExpressions(t *testing.T) {
	found := map[string]bool{}
	dirs, _ := filepath.Glob(filepath.Join(fixtures, "hf", "*", "tokenizer.json"))
	for _, path := range dirs {
		file, err := readTokenizer(filepath.Dir(path))
		if err != nil {
			t.Fatal(err)
		}
		if file.byteLevel() {
			pre, err := file.pretokenizer()
			if err != nil {
				t.Error(err)
			}
			found[pre.name] = true
		}
	}
	for _, name := range []string{"llama-bpe", "qwen2", "smollm", "tekken", "gpt-4o"} {
		if !found[name] {
			t.Errorf("no fixture has %s", name)
		}
	}
}

func TestRefusesTokenizer(t *testing.T) {
	for _, c := range []struct{ name, text, says string }{
		{"empty", ``, "unexpected end"},
		{"unigram", `{"model":{"type":"Unigram","vocab":[["a",0]]}}`, `found "Unigram", expected "BPE"`},
		{"no model", `{}`, `model.type: found ""`},
		{"no vocabulary", `{"model":{"type":"BPE"}}`, "model.vocab"},
		{"empty vocabulary", `{"model":{"type":"BPE","vocab":{}}}`, "model.vocab"},
		{"vocabulary of lists", `{"model":{"type":"BPE","vocab":{"a":[0]}}}`, "model.vocab"},
		{"negative id", `{"model":{"type":"BPE","vocab":{"a":-1}}}`, `token "a": found id -1`},
		{"huge id", `{"model":{"type":"BPE","vocab":{"a":99999999999}}}`, `found id 99999999999`},
		{"id twice", `{"model":{"type":"BPE","vocab":{"b":0,"a":0}}}`, `found id 0 for "a" and for "b"`},
		{"added id twice", `{"added_tokens":[{"id":0,"content":"x"}],"model":{"type":"BPE","vocab":{"a":0}}}`, `found id 0 for "x", expected "a"`},
		{"added id negative", `{"added_tokens":[{"id":-5,"content":"x"}],"model":{"type":"BPE","vocab":{"a":0}}}`, "found id -5"},
		{"added without text", `{"added_tokens":[{"id":5}],"model":{"type":"BPE","vocab":{"a":0}}}`, "id 5: found no text"},
		{"merge of three", `{"model":{"type":"BPE","vocab":{"a":0},"merges":["a a a"]}}`, `found the merge "a a a"`},
		{"merge of one", `{"model":{"type":"BPE","vocab":{"a":0},"merges":["a"]}}`, `found the merge "a"`},
		{"merge of a list of three", `{"model":{"type":"BPE","vocab":{"a":0},"merges":[["a","a","a"]]}}`, "found a merge of 3 tokens"},
		{"merge of numbers", `{"model":{"type":"BPE","vocab":{"a":0},"merges":[3]}}`, "cannot unmarshal"},
		{"prefix of words", `{"model":{"type":"BPE","continuing_subword_prefix":"##","vocab":{"a":0}}}`, `found "##"`},
		{"end of words", `{"model":{"type":"BPE","end_of_word_suffix":"</w>","vocab":{"a":0}}}`, `found "</w>"`},
		{"dropout", `{"model":{"type":"BPE","dropout":0.1,"vocab":{"a":0}}}`, "found 0.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parseTokenizer("tokenizer.json", []byte(c.text))
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), "tokenizer.json: ") {
				t.Errorf("error %v, want one of the file that says %q", err, c.says)
			}
		})
	}
}

func TestRefusesSentencePieceSteps(t *testing.T) {
	for _, c := range []struct{ name, text, says string }{
		{"neither way of bytes", `{` + smallModel + `}`, "model.byte_fallback"},
		{"compatibility forms", `{"normalizer":{"type":"NFKC"},"model":{"type":"BPE","byte_fallback":true,"vocab":{"a":0}}}`, "found NFKC"},
		{"other replacement", `{"normalizer":{"type":"Replace","content":"_"},"model":{"type":"BPE","byte_fallback":true,"vocab":{"a":0}}}`, `found Replace by "_"`},
		{"split at punctuation", `{"pre_tokenizer":{"type":"Punctuation"},"model":{"type":"BPE","byte_fallback":true,"vocab":{"a":0}}}`, "found Punctuation"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := tokenizerOf(t, c.text).checkSentencePiece(); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want one that says %q", err, c.says)
			}
		})
	}
}

// TestTokenTypes has every kind of token in a vocabulary of eight, of which two are empty.
func TestTokenTypes(t *testing.T) {
	const text = `{"added_tokens":[{"id":3,"content":"<s>","special":true},{"id":4,"content":"▁▁"},{"id":5,"content":"<|x|>"},{"id":9,"content":"far"}],` + smallModel + `}`
	m := &source{sizes: map[string]int{"v": 8}}
	v, err := m.readVocabulary(tokenizerOf(t, text))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"a", "b", "ab", "<s>", "  ", "<|x|>", "[PAD6]", "[PAD7]"}; !slices.Equal(v.tokens, want) {
		t.Errorf("tokens %q, want %q", v.tokens, want)
	}
	if want := []int32{1, 1, 1, tokenControl, tokenUserDefined, tokenControl, tokenUnused, tokenUnused}; !slices.Equal(v.types, want) {
		t.Errorf("types %v, want %v", v.types, want)
	}
	if len(m.notes) != 1 || !strings.Contains(m.notes[0], "1 added tokens are left out") {
		t.Errorf("notes %q", m.notes)
	}
	m = &source{sizes: map[string]int{"v": 8}, arch: architecture{addedAsWritten: true}}
	if v, err = m.readVocabulary(tokenizerOf(t, text)); err != nil || v.tokens[4] != "▁▁" || v.types[5] != tokenUserDefined {
		t.Errorf("as written: %q %v, %v", v.tokens, v.types, err)
	}
	m.sizes["v"] = 2
	if _, err = m.readVocabulary(tokenizerOf(t, text)); err == nil || !strings.Contains(err.Error(), `token "ab": found id 2`) {
		t.Errorf("error %v", err)
	}
}

// TestMergeScores is a vocabulary in which ids and merges disagree.
func TestMergeScores(t *testing.T) {
	m := &source{sizes: map[string]int{"v": 9}}
	v, err := m.mergesVocabulary(tokenizerOf(t, `{"model":{"type":"BPE","byte_fallback":true,"unk_token":"<unk>",
		"vocab":{"<unk>":0,"<0x0A>":1,"ab":2,"abc":3,"bc":4,"a":5,"b":6,"c":7},
		"merges":[["b","c"],["a","bc"],["a","b"],["ab","c"]]}}`))
	if err != nil {
		t.Fatal(err)
	}
	// bc is merged first, then abc, then ab; the letters follow.
	if want := []float32{0, 0, -2, -1, 0, -3, -4, -5, scoreUnused}; !slices.Equal(v.scores, want) {
		t.Errorf("scores %v, want %v", v.scores, want)
	}
	if want := []int32{tokenUnknown, tokenByte, 1, 1, 1, 1, 1, 1, tokenUnused}; !slices.Equal(v.types, want) {
		t.Errorf("types %v, want %v", v.types, want)
	}
	if len(m.notes) != 0 {
		t.Errorf("notes %q", m.notes)
	}
	m = &source{sizes: map[string]int{"v": 3}}
	if _, err := m.mergesVocabulary(tokenizerOf(t, `{"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2}}}`)); err != nil {
		t.Fatal(err)
	}
	if len(m.notes) != 1 || !strings.Contains(m.notes[0], `"a" and "b"`) {
		t.Errorf("a pair that no merge lists is not noted: %q", m.notes)
	}
}

// TestSpecials has the ways in which files say what stands around a text.
func TestSpecials(t *testing.T) {
	const added = `"added_tokens":[{"id":0,"content":"<s>","special":true},{"id":1,"content":"</s>","special":true},{"id":2,"content":"<end>","special":true}],`
	const bosOnly = `{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}},{"Sequence":{"id":"A"}}],"pair":[{"SpecialToken":{"id":"<s>"}},{"Sequence":{"id":"A"}},{"SpecialToken":{"id":"<s>"}},{"Sequence":{"id":"B"}}]}`
	const both = `{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}},{"Sequence":{"id":"A"}},{"SpecialToken":{"id":"</s>"}}],"pair":[]}`
	const separated = `{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A"}}],"pair":[{"Sequence":{"id":"A"}},{"SpecialToken":{"id":"</s>"}},{"Sequence":{"id":"B"}}]}`
	kv := func(name string, v any) gguf.KV { return gguf.KV{Key: "tokenizer.ggml." + name, Value: v} }
	for _, c := range []struct {
		name, post, config, root string
		want                     []gguf.KV
		notes                    int
	}{
		{"nothing", "null", `{}`, `{}`, nil, 0},
		{"byte level", `{"type":"ByteLevel"}`, `{"eos_token":"</s>"}`, `{}`, []gguf.KV{kv("eos_token_id", uint32(1)), kv("add_bos_token", false), kv("add_eos_token", false)}, 0},
		{"bos in front", bosOnly, `{"bos_token":"<s>","eos_token":"</s>"}`, `{}`, []gguf.KV{kv("bos_token_id", uint32(0)), kv("eos_token_id", uint32(1)), kv("add_bos_token", true), kv("add_sep_token", false)}, 0},
		{"bos without a name", bosOnly, `{}`, `{}`, []gguf.KV{kv("bos_token_id", uint32(0)), kv("add_bos_token", true), kv("add_sep_token", false)}, 0},
		{"in a sequence", `{"type":"Sequence","processors":[{"type":"ByteLevel"},` + bosOnly + `]}`, `{"bos_token":"<s>"}`, `{}`, []gguf.KV{kv("bos_token_id", uint32(0)), kv("add_bos_token", true), kv("add_eos_token", false), kv("add_sep_token", false)}, 0},
		{"both ends", both, `{"bos_token":"<s>","eos_token":"</s>"}`, `{}`, []gguf.KV{kv("bos_token_id", uint32(0)), kv("eos_token_id", uint32(1)), kv("add_bos_token", true), kv("add_eos_token", true)}, 0},
		{"another token at the end", both, `{"bos_token":"<s>","eos_token":"<end>"}`, `{}`, []gguf.KV{kv("bos_token_id", uint32(0)), kv("eos_token_id", uint32(1)), kv("eot_token_id", uint32(2)), kv("add_bos_token", true), kv("add_eos_token", true)}, 0},
		{"separated", separated, `{"eos_token":"</s>"}`, `{}`, []gguf.KV{kv("eos_token_id", uint32(1)), kv("seperator_token_id", uint32(1)), kv("add_sep_token", true)}, 0},
		{"flags", "null", `{"bos_token":"<s>","add_bos_token":true,"add_eos_token":false}`, `{}`, []gguf.KV{kv("bos_token_id", uint32(0)), kv("add_bos_token", true), kv("add_eos_token", false)}, 0},
		{"flags against the template", bosOnly, `{"bos_token":"<s>","add_bos_token":false}`, `{}`, []gguf.KV{kv("bos_token_id", uint32(0)), kv("add_bos_token", true), kv("add_sep_token", false)}, 1},
		{"ids of the configuration", "null", `{"bos_token":"<s>"}`, `{"bos_token_id":2,"eos_token_id":1,"pad_token_id":2}`, []gguf.KV{kv("bos_token_id", uint32(0)), kv("eos_token_id", uint32(1)), kv("padding_token_id", uint32(2))}, 0},
		{"ids of the text part", "null", `{}`, `{"text_config":{"eos_token_id":1}}`, []gguf.KV{kv("eos_token_id", uint32(1))}, 0},
		{"a list of ids", "null", `{}`, `{"eos_token_id":[1,2]}`, nil, 0},
		{"an id beyond", "null", `{}`, `{"eos_token_id":16,"pad_token_id":-1}`, nil, 2},
		{"all names", "null", `{"unk_token":"<end>","mask_token":"<s>","cls_token":"</s>"}`, `{}`, []gguf.KV{kv("bos_token_id", uint32(1)), kv("unknown_token_id", uint32(2)), kv("mask_token_id", uint32(0))}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			root, err := parseObject("config.json", []byte(c.root))
			if err != nil {
				t.Fatal(err)
			}
			config, err := parseObject("tokenizer_config.json", []byte(c.config))
			if err != nil {
				t.Fatal(err)
			}
			m := &source{dir: t.TempDir(), root: root, sizes: map[string]int{"v": 16}}
			if err := m.describeSpecials(tokenizerOf(t, `{`+added+`"post_processor":`+c.post+`,`+behindAdded+`}`), config); err != nil {
				t.Fatal(err)
			}
			sameKVs(t, m.keys.list, c.want)
			if len(m.notes) != c.notes {
				t.Errorf("notes %q, want %d", m.notes, c.notes)
			}
		})
	}
}

// behindAdded is smallModel with the first ids left to added tokens.
const behindAdded = `"model":{"type":"BPE","vocab":{"a":8,"b":9,"ab":10},"merges":["a b"]}`

func TestTemplates(t *testing.T) {
	for _, c := range []struct {
		name, config string
		files        map[string]string
		want         []gguf.KV
	}{
		{"none", `{}`, nil, nil},
		{"string", `{"chat_template":"x"}`, map[string]string{"chat_template.jinja": "y"}, []gguf.KV{{Key: "tokenizer.chat_template", Value: "x"}}},
		{"file", `{}`, map[string]string{"chat_template.jinja": "y"}, []gguf.KV{{Key: "tokenizer.chat_template", Value: "y"}}},
		{"JSON file", `{}`, map[string]string{"chat_template.json": `{"chat_template":"z"}`}, []gguf.KV{{Key: "tokenizer.chat_template", Value: "z"}}},
		{"list", `{"chat_template":[{"name":"tool use","template":"t"},{"name":"default","template":"d"},{"name":"","template":"e"}]}`, nil,
			[]gguf.KV{{Key: "tokenizer.chat_template.tool_use", Value: "t"}, {Key: "tokenizer.chat_templates", Value: []string{"tool_use"}}, {Key: "tokenizer.chat_template", Value: "d"}}},
		{"further files", `{}`, map[string]string{"chat_template.jinja": "d", "additional_chat_templates/rag.jinja": "r"},
			[]gguf.KV{{Key: "tokenizer.chat_template", Value: "d"}, {Key: "tokenizer.chat_template.rag", Value: "r"}, {Key: "tokenizer.chat_templates", Value: []string{"rag"}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := &source{dir: t.TempDir()}
			for name, text := range c.files {
				path := filepath.Join(m.dir, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			config, err := parseObject("tokenizer_config.json", []byte(c.config))
			if err != nil {
				t.Fatal(err)
			}
			if err := m.describeTemplates(config); err != nil {
				t.Fatal(err)
			}
			sameKVs(t, m.keys.list, c.want)
		})
	}
}

// TestPieces: a tokenizer.model that is broken, or of another tokenizer.
func TestPieces(t *testing.T) {
	good, err := os.ReadFile(filepath.Join(fixtures, "hf", "llama", "tokenizer.model"))
	if err != nil {
		t.Fatal(err)
	}
	pieces, err := parsePieces(good)
	if err != nil || len(pieces) != 352 || pieces[1].text != "<s>" || pieces[1].kind != tokenControl || pieces[3].kind != tokenByte {
		t.Fatalf("%d pieces, %v", len(pieces), err)
	}
	for _, c := range []struct {
		name string
		data []byte
		says string
	}{
		{"cut off", good[:len(good)/2], "SentencePiece model"},
		{"text", []byte("version 1\n"), "SentencePiece model"},
		{"empty", nil, "found no pieces"},
		{"type 9", []byte{0x0a, 2, 0x18, 9}, "found type 9"},
		{"length beyond the end", []byte{0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, "cut off"},
	} {
		if _, err := parsePieces(c.data); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want one that says %q", c.name, err, c.says)
		}
	}
	dir := variant(t, "llama")
	replace(t, dir, "tokenizer.model", append([]byte{0x0a, 3, 0x0a, 1, 'q'}, good...))
	refused(t, dir, `found no token "`, "of different tokenizers")
	replace(t, dir, "tokenizer.model", []byte{0x0a, 7, 0x0a, 5, '<', 'u', 'n', 'k', '>'})
	refused(t, dir, "expected ids below 1", "of different tokenizers")
}

func FuzzTokenizer(f *testing.F) {
	f.Add([]byte(`{"normalizer":{"type":"NFC"},"pre_tokenizer":{"type":"ByteLevel"},"post_processor":{"type":"ByteLevel"},`+smallModel+`}`),
		[]byte(`{"bos_token":"<s>","chat_template":[{"name":"a","template":"b"}]}`))
	f.Add([]byte(`{"added_tokens":[{"id":4000,"content":"▁"}],"normalizer":{"type":"Prepend","prepend":"▁"},"model":{"type":"BPE","byte_fallback":true,"vocab":{"a":0,"<0x0A>":3}}}`), []byte(`{"add_prefix_space":true}`))
	f.Add([]byte(`{`+smallModel+`}`), []byte(`{}`))
	f.Add([]byte(`{"post_processor":{"type":"TemplateProcessing","single":[{},{}],"pair":[{},{},{}]},"model":{"type":"BPE","byte_fallback":true,"vocab":{"a":0,"":1},"merges":[["",""]]}}`), []byte(`{"eos_token":3}`))
	f.Fuzz(func(t *testing.T, data, config []byte) {
		file, err := parseTokenizer("tokenizer.json", data)
		if err != nil {
			return
		}
		c, err := parseObject("tokenizer_config.json", config)
		if err != nil {
			return
		}
		m := &source{dir: "/nonexistent", root: newObject("config.json"), sizes: map[string]int{"v": 4096}}
		describe := m.describeSentencePiece
		if file.byteLevel() {
			describe = m.describeByteLevel
		}
		if err := describe(file); err != nil {
			return
		}
		if err := m.describeSpecials(file, c); err != nil {
			return
		}
		m.amend(file)
		tokens, _ := m.keys.value("tokenizer.ggml.tokens").([]string)
		types, _ := m.keys.value("tokenizer.ggml.token_type").([]int32)
		if len(tokens) != 4096 || len(types) != 4096 {
			t.Fatalf("%d tokens and %d types", len(tokens), len(types))
		}
	})
}

func FuzzPieces(f *testing.F) {
	f.Add([]byte("\x0a\x0e\x0a\x05<unk>\x15\x00\x00\x00\x00\x18\x02\x0a\x0a\x0a\x01a\x15\x00\x00\x80\xbf\x18\x01\x12\x00"))
	f.Add([]byte{0x0a, 3, 0x0a, 1, 'q'})
	f.Fuzz(func(t *testing.T, data []byte) {
		pieces, err := parsePieces(data)
		if err == nil && len(pieces) == 0 {
			t.Fatal("no pieces and no error")
		}
	})
}

// FuzzConfig: a configuration is refused or describes the fixture; it never panics.
func FuzzConfig(f *testing.F) {
	dirs, _ := filepath.Glob(filepath.Join(fixtures, "hf", "*", "config.json"))
	for _, path := range dirs {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "config.json"), data, 0o644); err != nil {
			t.Fatal(err)
		}
		m, err := readSource(dir)
		if err != nil {
			return
		}
		if m.arch.generate != nil && m.sizes["h"] < 1<<16 {
			if _, err := m.arch.generate(m); err != nil {
				return
			}
		}
		m.arch.describe(m)
	})
}
