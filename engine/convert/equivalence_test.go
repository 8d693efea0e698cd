package convert

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/quant"
	"github.com/assaylab/assay/engine/safetensors"
)

// TestSpellings: a model written in another way is the same file.
func TestSpellings(t *testing.T) {
	type m = map[string]any
	for _, c := range []struct {
		name, fixture string
		respell       func(t *testing.T, dir string)
	}{
		{"rope in older keys", "llama-yarn", func(t *testing.T, dir string) {
			edit(t, dir, "config.json", m{"rope_parameters": nil, "rope_theta": 10000.0, "rope_scaling": m{
				"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32}})
		}},
		{"llama3 in older keys", "llama3-scaled", func(t *testing.T, dir string) {
			edit(t, dir, "config.json", m{"rope_parameters": nil, "rope_theta": 500000.0, "rope_scaling": m{
				"rope_type": "llama3", "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 32}})
		}},
		{"gemma's rope in older keys", "gemma3-linear", func(t *testing.T, dir string) {
			edit(t, dir, "config.json", m{"rope_parameters": nil, "rope_theta": 1000000.0, "rope_local_base_freq": 10000.0, "rope_scaling": m{
				"rope_type": "linear", "factor": 8.0}})
		}},
		{"longrope in older keys", "phi3-longrope", func(t *testing.T, dir string) {
			o, _, _ := readObject(dir, "config.json", maxConfig)
			p := o.object("rope_parameters").values
			edit(t, dir, "config.json", m{"rope_parameters": nil, "rope_theta": 10000.0, "partial_rotary_factor": 0.75, "rope_scaling": m{
				"type": "su", "short_factor": p["short_factor"], "long_factor": p["long_factor"]}})
		}},
		{"defaults left out", "gemma3", func(t *testing.T, dir string) {
			edit(t, dir, "config.json", m{"rope_parameters": nil, "rms_norm_eps": nil, "tie_word_embeddings": nil, "hidden_activation": nil})
		}},
		{"language model of one that sees", "gemma3", func(t *testing.T, dir string) {
			o, _, _ := readObject(dir, "config.json", maxConfig)
			outer := m{"architectures": []string{"Gemma3ForConditionalGeneration"}, "text_config": o.values, "vision_config": m{"hidden_size": 8}}
			for key := range o.values {
				if _, ok := outer[key]; !ok && !strings.HasSuffix(key, "_token_id") {
					outer[key] = nil
				}
			}
			edit(t, dir, "config.json", outer)
			w := map[string]rawTensor{"vision_tower.patch.weight": {"F32", []int{1}, make([]byte, 4)}}
			for name, tensor := range weights(t, dir) {
				w["language_model."+name] = tensor
			}
			setWeights(t, dir, w)
		}},
		{"experts stacked", "qwen3moe", func(t *testing.T, dir string) { setWeights(t, dir, stack(weights(t, dir), 5)) }},
		{"head stored though tied", "qwen3", func(t *testing.T, dir string) {
			w := weights(t, dir)
			w["lm_head.weight"] = w["model.embed_tokens.weight"]
			setWeights(t, dir, w)
		}},
		{"computed buffers stored", "qwen3", func(t *testing.T, dir string) {
			w := weights(t, dir)
			w["model.layers.0.self_attn.rotary_emb.inv_freq"] = rawTensor{"F32", []int{1}, make([]byte, 4)}
			setWeights(t, dir, w)
		}},
		{"shards in one file", "mistral-nemo-sharded", func(t *testing.T, dir string) {
			w := weights(t, dir)
			remove(t, dir, safetensors.IndexFile)
			setWeights(t, dir, w)
		}},
		{"template in a file", "qwen3", func(t *testing.T, dir string) {
			o, _, _ := readObject(dir, "tokenizer_config.json", maxConfig)
			replace(t, dir, "chat_template.jinja", []byte(o.str("chat_template")))
			edit(t, dir, "tokenizer_config.json", m{"chat_template": nil})
		}},
		{"template in a list", "qwen3", func(t *testing.T, dir string) {
			o, _, _ := readObject(dir, "tokenizer_config.json", maxConfig)
			edit(t, dir, "tokenizer_config.json", m{"chat_template": []any{m{"name": "default", "template": o.str("chat_template")}}})
		}},
		{"special tokens as objects", "llama", func(t *testing.T, dir string) {
			edit(t, dir, "tokenizer_config.json", m{"bos_token": m{"content": "<s>"}, "eos_token": m{"content": "</s>"}})
		}},
		{"merges as strings", "qwen3", func(t *testing.T, dir string) {
			file, err := readTokenizer(dir)
			if err != nil {
				t.Fatal(err)
			}
			var merges []string
			for _, pair := range file.Model.Merges {
				merges = append(merges, pair.left+" "+pair.right)
			}
			o, _, _ := readObject(dir, "tokenizer.json", maxTokenizer)
			model := o.object("model").values
			model["merges"] = merges
			edit(t, dir, "tokenizer.json", m{"model": model})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := variant(t, c.fixture)
			c.respell(t, dir)
			got, _ := convert(t, dir, Options{Type: "F32", Name: c.fixture})
			want, _ := convert(t, filepath.Join(fixtures, "hf", c.fixture), Options{Type: "F32", Name: c.fixture})
			if c.name == "shards in one file" || c.name == "experts stacked" { // the order of tensors is that of the files
				byName := func(a, b gguf.Tensor) int { return strings.Compare(a.Name, b.Name) }
				slices.SortFunc(got.Tensors, byName)
				slices.SortFunc(want.Tensors, byName)
			}
			compareKeys(t, got, want, nil)
			compareTensors(t, got, want)
		})
	}
}

// stack puts the experts' matrices together as newer files have them.
func stack(w map[string]rawTensor, experts int) map[string]rawTensor {
	out := map[string]rawTensor{}
	for name, tensor := range w {
		if !strings.Contains(name, ".experts.") {
			out[name] = tensor
		}
	}
	for layer := range 2 {
		prefix := "model.layers." + strconv.Itoa(layer) + ".mlp.experts."
		join := func(projections ...string) (data []byte, shape []int) {
			for e := range experts {
				for _, p := range projections {
					tensor := w[prefix+strconv.Itoa(e)+"."+p+".weight"]
					data, shape = append(data, tensor.Data...), tensor.Shape
				}
			}
			return data, []int{experts, len(projections) * shape[0], shape[1]}
		}
		typ := w[prefix+"0.up_proj.weight"].Type
		data, shape := join("gate_proj", "up_proj")
		out[prefix+"gate_up_proj"] = rawTensor{typ, shape, data}
		data, shape = join("down_proj")
		out[prefix+"down_proj"] = rawTensor{typ, shape, data}
	}
	return out
}

// TestMistral3 is a llama under another name, in a model that sees.
func TestMistral3(t *testing.T) {
	type m = map[string]any
	dir := variant(t, "mistral")
	o, _, _ := readObject(dir, "config.json", maxConfig)
	edit(t, dir, "config.json", m{"architectures": []string{"Mistral3ForConditionalGeneration"}, "text_config": o.values})
	w := map[string]rawTensor{"multi_modal_projector.norm.weight": {"F32", []int{1}, make([]byte, 4)}}
	for name, tensor := range weights(t, dir) {
		w["language_model."+name] = tensor
	}
	setWeights(t, dir, w)
	got, _ := convert(t, dir, Options{Type: "F32", Name: "x"})
	want, _ := convert(t, filepath.Join(fixtures, "hf", "mistral"), Options{Type: "F32", Name: "x"})
	compareTensors(t, got, want)
	for _, kv := range want.KVs {
		key := strings.Replace(kv.Key, "llama.", "mistral3.", 1)
		if key == "tokenizer.ggml.scores" || key == "general.architecture" || key == "tokenizer.ggml.tokens" || key == "tokenizer.ggml.token_type" {
			continue
		}
		if v, err := got.Value(key); err != nil || v != kv.Value {
			t.Errorf("%s: found %v, %v; want %v", key, v, err, kv.Value)
		}
	}
}

// TestMinistral3 has the two keys of attention that is scaled with the position.
func TestMinistral3(t *testing.T) {
	type m = map[string]any
	dir := variant(t, "llama-yarn")
	edit(t, dir, "config.json", m{"architectures": []string{"Ministral3ForCausalLM"}, "model_type": "ministral3", "rope_parameters": m{
		"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 32, "mscale": 1.0, "mscale_all_dim": 1.0, "llama_4_scaling_beta": 0.1}})
	f, _ := convert(t, dir, Options{Type: "F32"})
	for key, want := range map[string]float64{"mistral3.rope.scaling.yarn_log_multiplier": 1, "mistral3.attention.temperature_scale": float64(float32(0.1))} {
		if v, err := f.Float(key); err != nil || v != want {
			t.Errorf("%s: found %v, %v; want %v", key, v, err, want)
		}
	}
}

// TestScoresFromMerges: without tokenizer.model, scores prefer what its scores prefer.
func TestScoresFromMerges(t *testing.T) {
	for _, name := range []string{"llama", "gemma3", "phi3"} {
		t.Run(name, func(t *testing.T) {
			dir := variant(t, name)
			remove(t, dir, "tokenizer.model")
			got, _ := convert(t, dir, Options{Type: "F32"})
			want, _ := convert(t, filepath.Join(fixtures, "hf", name), Options{Type: "F32"})
			tokens, _ := want.Strings("tokenizer.ggml.tokens")
			types, _ := want.Int32s("tokenizer.ggml.token_type")
			a, _ := got.Float32s("tokenizer.ggml.scores")
			b, _ := want.Float32s("tokenizer.ggml.scores")
			var merged []int
			for i, token := range tokens {
				if types[i] == tokenNormal && len([]rune(token)) > 1 {
					merged = append(merged, i)
				}
			}
			if len(merged) < 10 {
				t.Fatalf("only %d pieces", len(merged))
			}
			order := func(scores []float32) []int {
				return slices.SortedFunc(slices.Values(merged), func(i, j int) int { return int(scores[j] - scores[i]) })
			}
			if !slices.Equal(order(a), order(b)) {
				t.Errorf("order %v, want %v", order(a), order(b))
			}
			for _, key := range []string{"tokenizer.ggml.tokens", "tokenizer.ggml.token_type"} {
				compareValue(t, got, want, key)
			}
		})
	}
}

// TestPermute has the rows of two heads of six, each 0 to 5 from the file.
func TestPermute(t *testing.T) {
	c := chunk{perHead: 6, row: 2}
	for i := range 12 {
		c.values = append(c.values, float32(i), -float32(i))
	}
	c.permute()
	for i, want := range []float32{0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11} {
		if c.values[2*i] != want || c.values[2*i+1] != -want {
			t.Errorf("row %d is %v, want %v", i, c.values[2*i:][:2], want)
		}
	}
}

// TestChunks: how much is read at a time changes nothing.
func TestChunks(t *testing.T) {
	const rows, row = 24, 1 + chunkElements/16 // more than one chunk
	values := make([]float32, rows*row)
	for i := range values {
		values[i] = float32(i % 1001)
	}
	format, _ := quant.ByName("BF16")
	o := output{name: "x", shape: []int{rows, row}, parts: []part{{values: values, size: int64(len(values))}}, perHead: 12, shift: 1, format: format}
	var got bytes.Buffer
	if err := o.write(&got, &losses{}); err != nil {
		t.Fatal(err)
	}
	c := chunk{format: format, row: row, perHead: 12, shift: 1, values: values}
	if !bytes.Equal(got.Bytes(), c.convert("x", &losses{})) {
		t.Error("the bytes differ from those of one chunk")
	}
}

// TestLosses counts what float16 cannot hold; the limit is half way to 65536.
func TestLosses(t *testing.T) {
	f16, _ := quant.ByName("F16")
	bf16, _ := quant.ByName("BF16")
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	l := &losses{}
	l.count("a", f16, []float32{0, 65504, -65519.99, 65520, -1e9, inf, nan})
	l.count("b", bf16, []float32{65520, -1e9, -inf})
	if l.infinite != 2 || l.tensor != "a" || l.value != 65520 || l.broken != 3 || l.where != "b" {
		t.Errorf("found %+v", l)
	}
	if quant.F32ToF16(math.Nextafter32(f16Overflow, 0)) == quant.F32ToF16(f16Overflow) {
		t.Error("the limit is not where rounding to infinity begins")
	}
	notes := l.notes()
	if len(notes) != 2 || !strings.Contains(notes[0], "2 values") || !strings.Contains(notes[0], "65520 in a") {
		t.Errorf("found %q", notes)
	}
}

// TestF16Warns converts weights that float16 cannot hold.
func TestF16Warns(t *testing.T) {
	dir := variant(t, "qwen3")
	w := weights(t, dir)
	const name = "model.layers.0.mlp.up_proj.weight"
	data := slices.Clone(w[name].Data)
	data[0], data[1] = 0, 0x48 // 2^17 as bfloat16
	w[name] = rawTensor{w[name].Type, w[name].Shape, data}
	setWeights(t, dir, w)
	m, err := Open(dir, Options{Type: "F16"})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if got := m.Summary().Warnings; len(got) != 0 {
		t.Errorf("warnings before anything is written: %q", got)
	}
	if err := gguf.WriteFile(filepath.Join(t.TempDir(), "x.gguf"), m.KVs, m.Tensors); err != nil {
		t.Fatal(err)
	}
	if got := m.Summary().Warnings; len(got) != 1 || !strings.Contains(got[0], "131072 in blk.0.ffn_up.weight") {
		t.Errorf("warnings %q", got)
	}
}

// TestShrinkingFile: weights that are cut off while they are read end the conversion.
func TestShrinkingFile(t *testing.T) {
	dir := variant(t, "qwen3")
	setWeights(t, dir, weights(t, dir))
	m, err := Open(dir, Options{Type: "F16"})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if err := os.Truncate(filepath.Join(dir, safetensors.SingleFile), 9000); err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	if err := gguf.WriteFile(filepath.Join(out, "x.gguf"), m.KVs, m.Tensors); err == nil || !strings.Contains(err.Error(), "unexpected EOF") {
		t.Errorf("error %v", err)
	}
	if left, _ := os.ReadDir(out); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

// TestAuto: BF16 stays, F32 becomes F16.
func TestAuto(t *testing.T) {
	for name, want := range map[string]string{"qwen3": "BF16", "mistral": "F16"} {
		m, err := Open(filepath.Join(fixtures, "hf", name), Options{Type: Auto})
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Summary().Type; got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		m.Close()
	}
}
