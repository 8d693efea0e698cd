package convert

import (
	"path/filepath"
	"testing"

	"github.com/assaylab/assay/engine/safetensors"
)

// TestRefusesConfig edits one thing of a model that converts.
func TestRefusesConfig(t *testing.T) {
	type m = map[string]any
	for _, c := range []struct {
		name, fixture string
		set           m
		says          []string
	}{
		{"unknown class", "llama", m{"architectures": []string{"GPT2LMHeadModel"}}, []string{`"GPT2LMHeadModel"`, "Qwen3MoeForCausalLM"}},
		{"no class", "llama", m{"architectures": nil}, []string{`"architectures"`, "expected the name of one class"}},
		{"two classes", "llama", m{"architectures": []string{"LlamaForCausalLM", "MistralForCausalLM"}}, []string{"a list of 2"}},
		{"quantized weights", "llama", m{"quantization_config": m{"quant_method": "gptq"}}, []string{"config.json", `"quantization_config"`, "found an object, expected nothing"}},
		{"latent attention", "llama", m{"kv_lora_rank": 512}, []string{`"kv_lora_rank"`, "found 512"}},
		{"activation", "llama", m{"hidden_act": "gelu"}, []string{`"hidden_act": found "gelu"`, `"silu"`}},
		{"part of heads rotates", "llama", m{"partial_rotary_factor": 0.5}, []string{`"partial_rotary_factor": found 0.5`}},
		{"granite's multiplier", "llama", m{"residual_multiplier": 0.22}, []string{`"residual_multiplier"`}},
		{"both at once", "llama", m{"hidden_act": "relu", "logits_scaling": 8.0}, []string{`"hidden_act"`, `"logits_scaling"`}},
		{"unknown rope", "llama", m{"rope_parameters": m{"rope_type": "dynamic", "factor": 2.0, "rope_theta": 1e4}}, []string{"rope_parameters", `"rope_type": found "dynamic"`, "linear"}},
		{"unknown rope parameter", "llama-yarn", m{"rope_parameters": m{"rope_type": "yarn", "factor": 4.0, "rope_theta": 1e4, "mscale": 0.7}}, []string{`"mscale": found 0.7`}},
		{"yarn not rounded", "llama-yarn", m{"rope_parameters": m{"rope_type": "yarn", "factor": 4.0, "rope_theta": 1e4, "truncate": false}}, []string{`"truncate": found false`}},
		{"rope without factor", "llama", m{"rope_parameters": m{"rope_type": "linear", "rope_theta": 1e4}}, []string{`"factor": found nothing`}},
		{"rope factor 0", "llama", m{"rope_parameters": m{"rope_type": "linear", "rope_theta": 1e4, "factor": 0}}, []string{`"factor": found 0`}},
		{"base 0", "llama", m{"rope_parameters": m{"rope_type": "default", "rope_theta": 0}}, []string{`"rope_theta": found 0`}},
		{"llama3 factors crossed", "llama3-scaled", m{"rope_parameters": m{"rope_type": "llama3", "rope_theta": 1e4, "factor": 4.0, "low_freq_factor": 4.0, "high_freq_factor": 4.0}}, []string{"low_freq_factor"}},
		{"longrope of a llama", "llama", m{"rope_parameters": m{"rope_type": "longrope", "rope_theta": 1e4, "long_factor": []any{1.0}, "short_factor": []any{1.0}}}, []string{`"longrope"`}},
		{"sliding windows of qwen", "qwen2", m{"use_sliding_window": true}, []string{`"use_sliding_window"`}},
		{"a sliding layer of qwen", "qwen3", m{"layer_types": []string{"full_attention", "sliding_attention"}}, []string{`"layer_types": found "sliding_attention" for layer 1`}},
		{"biases of qwen3", "qwen3", m{"attention_bias": true}, []string{`"attention_bias": found true`}},
		{"dense layers of a mixture", "qwen3moe", m{"mlp_only_layers": []int{0}}, []string{`"mlp_only_layers": found a list of 1`}},
		{"every second layer of a mixture", "qwen3moe", m{"decoder_sparse_step": 2}, []string{`"decoder_sparse_step": found 2`}},
		{"weights of experts as they are", "qwen3moe", m{"norm_topk_prob": false}, []string{`"norm_topk_prob": found false`}},
		{"more experts used than there are", "qwen3moe", m{"num_experts_per_tok": 6}, []string{`"num_experts_per_tok": found 6`}},
		{"capped attention", "gemma3", m{"attn_logit_softcapping": 50.0}, []string{`"attn_logit_softcapping"`}},
		{"attention both ways", "gemma3", m{"use_bidirectional_attention": true}, []string{`"use_bidirectional_attention"`}},
		{"other period", "gemma3", m{"sliding_window_pattern": 4}, []string{`"sliding_window_pattern": found 4`}},
		{"other layers", "gemma3", m{"layer_types": []string{"full_attention"}}, []string{`"layer_types"`, "sliding_attention"}},
		{"other scale", "gemma3", m{"query_pre_attn_scalar": 32}, []string{`"query_pre_attn_scalar": found 32, expected 16`}},
		{"factors of another length", "phi3-longrope", m{"partial_rotary_factor": 0.5, "rope_parameters": m{"rope_type": "longrope", "rope_theta": 1e4, "long_factor": []any{1.0}, "short_factor": []any{1.0}}}, []string{`"long_factor": found 1 numbers`}},
		{"longrope without factors", "phi3-longrope", m{"rope_parameters": m{"rope_type": "longrope", "rope_theta": 1e4}}, []string{`"long_factor": found nothing`}},
		{"other layers without rope", "smollm3", m{"no_rope_layers": []int{1, 1, 0, 1}}, []string{`"no_rope_layers": found 0 for layer 2`}},
		{"too few layers without rope", "smollm3", m{"no_rope_layers": []int{1, 1}}, []string{"a list of 2"}},
		{"missing size", "llama", m{"hidden_size": nil}, []string{`"hidden_size": found nothing, expected a whole number`}},
		{"size of another type", "llama", m{"num_hidden_layers": "two"}, []string{`"num_hidden_layers": found "two"`}},
		{"fractional size", "llama", m{"intermediate_size": 48.5}, []string{`"intermediate_size": found 48.5`}},
		{"negative size", "llama", m{"num_attention_heads": -1}, []string{`"num_attention_heads": found -1`}},
		{"enormous size", "llama", m{"vocab_size": 1e12}, []string{`"vocab_size"`}},
		{"heads that do not divide", "mistral", m{"num_key_value_heads": 3}, []string{`"num_key_value_heads": found 3`}},
		{"other width than the weights", "llama", m{"intermediate_size": 64}, []string{"mlp.gate_proj.weight", "found shape [48 32], expected [64 32]"}},
		{"fewer layers than the weights", "llama", m{"num_hidden_layers": 1}, []string{"model.layers.1.", "expected layers below num_hidden_layers, 1"}},
		{"more layers than the weights", "llama", m{"num_hidden_layers": 3}, []string{`found no tensor "model.layers.2.`, "blk.2.", "and 1 more"}},
		{"fewer tokens than the tokenizer", "qwen3", m{"vocab_size": 300}, []string{"found shape [352 32], expected [300 32]"}},
		{"switch that is no switch", "llama", m{"tie_word_embeddings": "yes"}, []string{`"tie_word_embeddings": found "yes", expected true or false`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := variant(t, c.fixture)
			edit(t, dir, "config.json", c.set)
			refused(t, dir, c.says...)
		})
	}
}

func TestRefusesFiles(t *testing.T) {
	for _, c := range []struct {
		name, file string
		text       []byte // nil to remove the file
		says       []string
	}{
		{"no config", "config.json", nil, []string{"found no config.json"}},
		{"config is no JSON", "config.json", []byte(`{"architectures":`), []string{"config.json: byte", "unexpected EOF"}},
		{"config is a list", "config.json", []byte(`[]`), []string{"config.json"}},
		{"config is null", "config.json", []byte(`null`), []string{"expected a JSON object"}},
		{"config without end", "config.json", make([]byte, maxConfig+1), []string{"more than 16777216 bytes"}},
		{"no tokenizer", "tokenizer.json", nil, []string{"found no tokenizer.json"}},
		{"no weights", "model.safetensors", nil, []string{"found no weights"}},
		{"tokenizer config is no JSON", "tokenizer_config.json", []byte(`{`), []string{"tokenizer_config.json"}},
		{"generation config is no JSON", "generation_config.json", []byte(`x`), []string{"generation_config.json"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := variant(t, "qwen3")
			remove(t, dir, c.file)
			if c.text != nil {
				replace(t, dir, c.file, c.text)
			}
			refused(t, dir, append(c.says, filepath.Base(dir))...)
		})
	}
}

// TestRefusesTensors changes the weights.
func TestRefusesTensors(t *testing.T) {
	const norm, head = "model.layers.1.input_layernorm.weight", "lm_head.weight"
	for _, c := range []struct {
		name, fixture string
		change        func(w map[string]rawTensor)
		says          []string
	}{
		{"missing norm", "llama", func(w map[string]rawTensor) { delete(w, norm) }, []string{`found no tensor "` + norm + `", expected one for blk.1.attn_norm.weight`}},
		{"missing head", "llama", func(w map[string]rawTensor) { delete(w, head) }, []string{`found no tensor "lm_head.weight"`}},
		{"unknown tensor", "llama", func(w map[string]rawTensor) { w["model.layers.0.self_attn.q_norm.weight"] = w[norm] }, []string{"q_norm.weight", "has no place in architecture llama"}},
		{"tensor outside", "llama", func(w map[string]rawTensor) { w["score.weight"] = w[norm] }, []string{`"score.weight": has no place`}},
		{"layer that is no number", "llama", func(w map[string]rawTensor) { w["model.layers.01.input_layernorm.weight"] = w[norm] }, []string{"model.layers.01"}},
		{"bias the architecture lacks", "qwen3", func(w map[string]rawTensor) { w["model.layers.0.self_attn.q_proj.bias"] = w[norm] }, []string{"q_proj.bias", "no place"}},
		{"part that is not text", "llama", func(w map[string]rawTensor) { w["vision_tower.x.weight"] = w[norm] }, []string{`"vision_tower.x.weight": has no place`}},
		{"integers", "llama", func(w map[string]rawTensor) {
			r := w[norm]
			r.Type = "I32"
			w[norm] = r
		}, []string{norm, "found type I32, expected F32, F16 or BF16"}},
		{"missing expert", "qwen3moe", func(w map[string]rawTensor) { delete(w, "model.layers.0.mlp.experts.3.up_proj.weight") }, []string{"layer 0: found 14 expert matrices, expected 15"}},
		{"expert too much", "qwen3moe", func(w map[string]rawTensor) {
			w["model.layers.0.mlp.experts.5.up_proj.weight"] = w["model.layers.0.mlp.experts.3.up_proj.weight"]
		}, []string{`found expert "5", expected 0 to 4`}},
		{"projection experts lack", "qwen3moe", func(w map[string]rawTensor) {
			w["model.layers.0.mlp.experts.1.gate.weight"] = w["model.layers.0.mlp.experts.3.up_proj.weight"]
		}, []string{"experts.1.gate.weight", "no place"}},
		{"no bias where the configuration has it", "llama-linear", func(w map[string]rawTensor) { delete(w, "model.layers.1.mlp.up_proj.bias") }, []string{"blk.1.ffn_up.bias"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := variant(t, c.fixture)
			w := weights(t, dir)
			c.change(w)
			setWeights(t, dir, w)
			refused(t, dir, c.says...)
		})
	}
}

func TestUnknownType(t *testing.T) {
	if _, err := Open(filepath.Join(fixtures, "hf", "llama"), Options{Type: "Q4_0"}); err == nil {
		t.Error("accepted Q4_0")
	}
	if _, width := decoder(safetensors.Type("F64")); width != 0 {
		t.Error("F64 has a decoder")
	}
}
