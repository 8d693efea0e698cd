package convert

import (
	"fmt"
	"slices"
)

// llama is Llama 1 to 3 and what is built like them.
func llama() architecture {
	return architecture{
		name:    "llama",
		classes: []string{"LlamaForCausalLM"},
		defaults: map[string]any{
			"hidden_act": "silu", "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "max_position_embeddings": 2048,
		},
		fixed: []rule{silu(), wholeHeads()},
		layer: slices.Concat(attention(), gatedFFN(), preNorms(),
			optional(attentionBiases()...), optional(bias("self_attn.o_proj", "attn_output", "d")),
			optional(bias("mlp.gate_proj", "ffn_gate", "f"), bias("mlp.up_proj", "ffn_up", "f"), bias("mlp.down_proj", "ffn_down", "d"))),
		ropes:     []string{"default", "linear", "yarn", "llama3"},
		check:     checkLlama,
		describe:  describeLlama,
		folder:    llamaFolder,
		generate:  llama3Frequencies,
		permute:   true,
		prefixKey: true,
	}
}

// mistral is a llama with other defaults and, in its first version, a sliding window.
func mistral() architecture {
	a := llama()
	a.classes = []string{"MistralForCausalLM"}
	a.defaults = map[string]any{
		"hidden_act": "silu", "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "max_position_embeddings": 131072,
		"num_key_value_heads": 8, "sliding_window": 4096,
	}
	return a
}

func checkLlama(m *source) {
	c := m.config
	if !c.has("head_dim") {
		c.values["head_dim"] = m.sizes["h"] // the class has it, computed where the file does not
	}
	m.checkFullAttention()
	if window := c.countOr("sliding_window", 0); window > 0 && window < c.count("max_position_embeddings") {
		m.note("sliding_window %d has no place in architecture %s: beyond that many tokens, attention sees more than in training", window, m.arch.name)
	}
}

// checkFullAttention refuses a list of layer types with any that do not see all.
func (m *source) checkFullAttention() {
	types, _ := m.config.values["layer_types"].([]any)
	for i, t := range types {
		if t != "full_attention" {
			m.config.fail("layer_types", fmt.Sprintf("%s for layer %d", describe(t), i), fmt.Sprintf("full_attention, all that architecture %s has", m.arch.name))
			return
		}
	}
}

func describeLlama(m *source) {
	m.describeDecoder()
	m.keys.count(m.key("vocab_size"), m.sizes["v"])
	m.keys.count(m.key("rope.dimension_count"), m.sizes["h"])
}

func llamaFolder(x *export) {
	x.decoder("LlamaForCausalLM", "llama")
	x.llamaMembers()
	x.config.put("hidden_act", "silu")
	x.config.put("attention_bias", x.biased("attn_q", "attn_k", "attn_v", "attn_output"))
	x.config.put("mlp_bias", x.biased("ffn_gate", "ffn_up", "ffn_down"))
	x.config.put("pretraining_tp", 1)
	x.ropeMembers()
}

// llamaMembers checks what llamas of all names have in common.
func (x *export) llamaMembers() {
	x.wholeHeads()
	for _, key := range []string{"expert_count", "expert_used_count"} {
		x.meta.must(x.key(key), 0, "the class has no experts")
	}
	x.meta.has(x.key("tensor_data_layout")) // of older files, all of which have the one that is read
}
