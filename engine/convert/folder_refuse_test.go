package convert

import (
	"bytes"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/tokenizer"
)

// changed is a file with some keys set, or taken away where the value is nil.
func changed(t *testing.T, f *gguf.File, values map[string]any, tensors ...gguf.TensorData) *gguf.File {
	t.Helper()
	var kvs []gguf.KV
	rest := map[string]any{}
	for key, v := range values {
		rest[key] = v
	}
	for _, kv := range f.KVs {
		if v, ok := values[kv.Key]; ok {
			kv.Value = v
			delete(rest, kv.Key)
		}
		if kv.Value != nil {
			kvs = append(kvs, kv)
		}
	}
	for key, v := range rest {
		kvs = append(kvs, gguf.KV{Key: key, Value: v})
	}
	if tensors == nil {
		for _, tensor := range f.Tensors {
			tensors = append(tensors, tensor.ToWrite())
		}
	}
	var b bytes.Buffer
	if err := gguf.Write(&b, kvs, tensors); err != nil {
		t.Fatal(err)
	}
	made, err := gguf.Parse("x.gguf", b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestFolderRefuses(t *testing.T) {
	type m = map[string]any
	files := fixtureFiles(t)
	llamaTokens, _ := files["llama-linear"].Strings("tokenizer.ggml.tokens")
	twice := append(slices.Clone(llamaTokens[:len(llamaTokens)-1]), llamaTokens[0])
	for _, c := range []struct {
		name, fixture string
		change        m
		says          []string
	}{
		{"other architecture", "llama", m{"general.architecture": "mamba"}, []string{`"mamba"`, "llama, mistral3, qwen2"}},
		{"an adapter", "llama", m{"general.type": "adapter"}, []string{"general.type", `"adapter"`}},
		{"a key that may change the arithmetic", "qwen3", m{"qwen3.attention.clamp_kqv": float32(8)}, []string{"qwen3.attention.clamp_kqv", "may change what the model computes"}},
		{"part of a head rotates", "llama", m{"llama.rope.dimension_count": uint32(16)}, []string{"llama.rope.dimension_count", "found 16, expected 32"}},
		{"values of another width", "llama", m{"llama.attention.value_length": uint32(8)}, []string{"llama.attention.value_length"}},
		{"other kind of scaling", "llama-yarn", m{"llama.rope.scaling.type": "longrope"}, []string{`"longrope"`, "linear or yarn"}},
		{"another factor on attention", "llama-yarn", m{"llama.rope.scaling.attn_factor": float32(2)}, []string{"llama.rope.scaling.attn_factor"}},
		{"another factor of phi3", "phi3-longrope", m{"phi3.rope.scaling.attn_factor": float32(2)}, []string{"phi3.rope.scaling.attn_factor", "computes from"}},
		{"another period of windows", "gemma3", m{"gemma3.attention.sliding_window_pattern": uint32(2)}, []string{"sliding_window_pattern", "found 2, expected 6"}},
		{"experts of a llama", "llama", m{"llama.expert_count": uint32(4), "llama.expert_used_count": uint32(2)}, []string{"llama.expert_count", "no experts"}},
		{"more layers than tensors", "llama", m{"llama.block_count": uint32(1 << 30)}, []string{"llama.block_count"}},
		{"fewer layers than tensors", "llama", m{"llama.block_count": uint32(1)}, []string{`"blk.1.attn_k.weight": has no place`}},
		{"another width", "llama", m{"llama.feed_forward_length": uint32(49)}, []string{"found shape [32 48], expected [32 49]"}},
		{"unigram", "llama", m{"tokenizer.ggml.model": "t5"}, []string{`"t5"`, "SentencePiece's BPE"}},
		{"pre-tokenizer without an expression", "qwen3", m{"tokenizer.ggml.pre": "falcon"}, []string{`"falcon"`, "llama-bpe, dbrx"}},
		{"unknown pre-tokenizer", "qwen3", m{"tokenizer.ggml.pre": "nobody's"}, []string{`"nobody's"`}},
		{"one text for two ids", "llama-linear", m{"tokenizer.ggml.tokens": twice}, []string{`found "!" for ids 0 and 351`}},
		{"merge of no token", "qwen3", m{"tokenizer.ggml.merges": []string{"t h", "q q"}}, []string{"merge 1", `"qq"`}},
		{"merge of one", "qwen3", m{"tokenizer.ggml.merges": []string{"th"}}, []string{`"th" as merge 0`}},
		{"more tokens than rows", "qwen3", m{"tokenizer.ggml.tokens": append(slices.Clone(llamaTokens), "one", "more")}, []string{"found 354 tokens with 352 types"}},
		{"id beyond", "qwen3", m{"tokenizer.ggml.eos_token_id": uint32(352)}, []string{"tokenizer.ggml.eos_token_id", "found 352"}},
		{"no scores", "llama", m{"tokenizer.ggml.scores": nil}, []string{"tokenizer.ggml.scores"}},
		{"no table that parameters make", "llama3-scaled", nil, []string{"rope_freqs.weight", "no usual parameters"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var tensors []gguf.TensorData
			if c.change == nil {
				tensors = withTable(t, files[c.fixture])
			}
			_, err := OpenFile(changed(t, files[c.fixture], c.change, tensors...), FolderOptions{Type: Auto})
			if err == nil {
				t.Fatalf("accepted, want an error that says %q", c.says)
			}
			for _, s := range c.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("error %v, want it to say %q", err, s)
				}
			}
		})
	}
	if _, err := OpenFile(files["llama"], FolderOptions{Type: "Q4_0"}); err == nil || !strings.Contains(err.Error(), "auto") {
		t.Errorf("a type of blocks gave %v", err)
	}
}

// withTable has divisors that fall, which Llama 3's scaling does not make.
func withTable(t *testing.T, f *gguf.File) []gguf.TensorData {
	t.Helper()
	var list []gguf.TensorData
	for _, tensor := range f.Tensors {
		to := tensor.ToWrite()
		if tensor.Name == "rope_freqs.weight" {
			data := slices.Clone(tensor.Data)
			copy(data[len(data)-4:], tensor.Data[:4])
			copy(data[:4], tensor.Data[len(data)-4:])
			to.Write = gguf.Bytes(data)
		}
		list = append(list, to)
	}
	return list
}

// TestFolderImplied: what readers assume for keys that are missing is written down.
func TestFolderImplied(t *testing.T) {
	type m = map[string]any
	files := fixtureFiles(t)
	for _, c := range []struct {
		name, fixture string
		change        m
		file, key     string
		want          any
	}{
		{"BOS of llama 3", "llama-linear", m{"tokenizer.ggml.add_bos_token": nil}, "tokenizer.json", "post_processor", "TemplateProcessing"},
		{"no BOS of qwen", "qwen3", m{"tokenizer.ggml.add_bos_token": nil}, "tokenizer.json", "post_processor", nil},
		{"another name of a pre-tokenizer", "llama-yarn", m{"tokenizer.ggml.pre": "starcoder"}, "tokenizer.json", "pre_tokenizer", "Sequence"},
		{"a space in front", "gemma3", m{"tokenizer.ggml.add_space_prefix": nil}, "tokenizer.json", "normalizer", "Sequence"},
		{"linear scaling without its type", "llama-linear", m{"llama.rope.scaling.type": nil}, "config.json", "rope_scaling", "linear"},
		{"class with a temperature", "ministral3", nil, "config.json", "model_type", "ministral3"},
		{"class without a temperature", "ministral3", m{"mistral3.attention.temperature_scale": nil, "mistral3.rope.scaling.yarn_log_multiplier": nil}, "config.json", "model_type", "mistral"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, _ := folderOf(t, changed(t, files[c.fixture], c.change), FolderOptions{Type: Auto})
			o, _, err := readObject(dir, c.file, maxTokenizer)
			if err != nil {
				t.Fatal(err)
			}
			got := o.values[c.key]
			if inner, ok := got.(map[string]any); ok {
				got = inner["type"]
				if got == nil {
					got = inner["rope_type"]
				}
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("found %v, want %v", got, c.want)
			}
		})
	}
}

// TestFolderEnds: all tokens that end an answer of the engine are in generation_config.json.
func TestFolderEnds(t *testing.T) {
	f := changed(t, fixtureFiles(t)["llama-linear"], map[string]any{"tokenizer.ggml.eot_token_id": uint32(348), "general.sampling.top_k": int32(20), "general.sampling.temp": float32(0.6)})
	dir, warnings := folderOf(t, f, FolderOptions{Type: Auto})
	o, _, err := readObject(dir, "generation_config.json", maxConfig)
	if err != nil {
		t.Fatal(err)
	}
	if got := o.floats("eos_token_id"); !slices.Equal(got, []float64{351, 348}) {
		t.Errorf("ends %v", got)
	}
	if o.float("top_k") != 20 || o.float("temperature") != 0.6 {
		t.Errorf("found %v", o.values)
	}
	if len(warnings) > 0 {
		t.Errorf("warnings %q", warnings)
	}
}

// TestFolderTells: a key without a place is named, and one on how a file was made is not.
func TestFolderTells(t *testing.T) {
	f := changed(t, fixtureFiles(t)["qwen3"], map[string]any{
		"general.url": "https://example.org/", "tokenizer.ggml.fim_pre_token_id": uint32(3), "quantize.imatrix.file": "x", "general.author": "a \"b\"\nc"})
	_, warnings := folderOf(t, f, FolderOptions{Type: Auto})
	all := strings.Join(warnings, "\n")
	for _, s := range []string{"general.url", "tokenizer.ggml.fim_pre_token_id", "author is left out of the card"} {
		if !strings.Contains(all, s) {
			t.Errorf("warnings %q, want them to name %s", warnings, s)
		}
	}
	if strings.Contains(all, "imatrix") {
		t.Errorf("warnings %q", warnings)
	}
}

// TestPretokenizerNames: each way to cut text that has a name here has one in the engine, and
// no two of these are one way there, so that an expression is never another's.
func TestPretokenizerNames(t *testing.T) {
	seen := map[string]string{}
	for _, p := range pretokenizers() {
		name, err := tokenizer.Canonical(p.name)
		if err != nil {
			t.Error(err)
		}
		if other, ok := seen[name]; ok {
			t.Errorf("%s and %s are both %s", p.name, other, name)
		}
		seen[name] = p.name
	}
}

// FuzzDecimal: a float32 is read as itself, and as a float by readers that tell.
func FuzzDecimal(f *testing.F) {
	for _, v := range []float32{0, 1, 10000, 1e6, 1e-5, 1e-6, 0.1, 1e15, 1e30, 1e-30, 5e5, 16777216} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v float32) {
		if v-v != 0 {
			return
		}
		s := string(decimal(float64(v)))
		back, err := strconv.ParseFloat(s, 32)
		if err != nil || float32(back) != v || !strings.ContainsAny(s, ".e") {
			t.Errorf("%v became %s: %v", v, s, err)
		}
	})
}

// FuzzOpenFile sets a key of a file to a value of any type: the file is refused, or written whole.
func FuzzOpenFile(f *testing.F) {
	file, err := gguf.Open(filepath.Join(fixtures, "gguf", "llama3-scaled.gguf"))
	if err != nil {
		f.Fatal(err)
	}
	defer file.Close()
	keys := slices.Collect(file.Keys())
	f.Add(uint16(3), "", uint8(0), uint64(1<<31), "")
	f.Add(uint16(0), "", uint8(3), uint64(0), "qwen3")
	f.Add(uint16(999), "llama.rope.scaling.factor", uint8(1), uint64(1<<62), "")
	f.Add(uint16(999), "general.base_model.count", uint8(0), uint64(1<<30), "")
	f.Add(uint16(999), "tokenizer.chat_templates", uint8(4), uint64(0), "a,b")
	f.Fuzz(func(t *testing.T, which uint16, key string, kind uint8, number uint64, text string) {
		if int(which) < len(keys) {
			key = keys[which]
		}
		list := strings.Split(text, ",")
		values := []any{number, math.Float64frombits(number), float32(number), text, list, int64(number), number%2 == 0, uint32(number), []int32{int32(number)}}
		var kvs []gguf.KV
		for _, kv := range file.KVs {
			if kv.Key != key {
				kvs = append(kvs, kv)
			}
		}
		kvs = append(kvs, gguf.KV{Key: key, Value: values[int(kind)%len(values)]})
		var tensors []gguf.TensorData
		for _, tensor := range file.Tensors {
			tensors = append(tensors, tensor.ToWrite())
		}
		var b bytes.Buffer
		if gguf.Write(&b, kvs, tensors) != nil {
			return
		}
		made, err := gguf.Parse("x.gguf", b.Bytes())
		if err != nil {
			return
		}
		folder, err := OpenFile(made, FolderOptions{Type: Auto})
		if err != nil {
			return
		}
		for _, tensor := range folder.Tensors {
			size, err := tensor.Size()
			var b bytes.Buffer
			if err != nil || tensor.Write(&b) != nil || int64(b.Len()) != size {
				t.Errorf("%s: wrote %d bytes of %d: %v", tensor.Name, b.Len(), size, err)
			}
		}
	})
}
