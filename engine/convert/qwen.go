package convert

import (
	"fmt"
	"slices"
)

// qwenDefaults are shared by the configuration classes of Qwen 2 and 3.
func qwenDefaults(further map[string]any) map[string]any {
	d := map[string]any{
		"hidden_act": "silu", "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "max_position_embeddings": 32768,
		"num_key_value_heads": 32,
	}
	for key, v := range further {
		d[key] = v
	}
	return d
}

func noSlidingWindow() rule {
	return mustBeOff("use_sliding_window", "the architecture has no sliding windows")
}

var qwenRopes = []string{"default", "linear", "yarn"}

// qwen2 is Qwen 1.5 to 2.5: biases on queries, keys and values.
func qwen2() architecture {
	return architecture{
		name:     "qwen2",
		classes:  []string{"Qwen2ForCausalLM"},
		defaults: qwenDefaults(nil),
		fixed:    []rule{silu(), wholeHeads(), noSlidingWindow()},
		layer:    slices.Concat(attention(), attentionBiases(), gatedFFN(), preNorms()),
		ropes:    qwenRopes,
		check:    (*source).checkFullAttention,
		describe: (*source).describeDecoder,
		folder:   func(x *export) { x.qwenFolder("Qwen2ForCausalLM", "qwen2") },
	}
}

// qwen3 norms queries and keys instead.
func qwen3() architecture {
	return architecture{
		name:     "qwen3",
		classes:  []string{"Qwen3ForCausalLM"},
		defaults: qwenDefaults(map[string]any{"head_dim": 128}),
		fixed:    []rule{silu(), wholeHeads(), noSlidingWindow(), noAttentionBias()},
		layer:    slices.Concat(attention(), headNorms(), gatedFFN(), preNorms()),
		ropes:    qwenRopes,
		check:    (*source).checkFullAttention,
		describe: (*source).describeDecoder,
		folder:   func(x *export) { x.qwenFolder("Qwen3ForCausalLM", "qwen3") },
	}
}

// qwen3moe has experts in place of the feed-forward block.
func qwen3moe() architecture {
	return architecture{
		name:    "qwen3moe",
		classes: []string{"Qwen3MoeForCausalLM"},
		defaults: qwenDefaults(map[string]any{
			"num_key_value_heads": 4, "intermediate_size": 6144, "num_experts_per_tok": 8, "moe_intermediate_size": 768,
			"norm_topk_prob": false,
		}),
		fixed: []rule{
			silu(), wholeHeads(), noSlidingWindow(), noAttentionBias(),
			{"decoder_sparse_step", []any{1.0}, "every layer of the architecture has experts"},
			{"norm_topk_prob", []any{true}, "the architecture's expert weights sum to 1"},
		},
		layer:    slices.Concat(attention(), headNorms(), preNorms(), []slot{weight("mlp.gate", "ffn_gate_inp", "x", "d")}, expertSlots()),
		sizes:    sizesQwen3moe,
		ropes:    qwenRopes,
		check:    checkQwen3moe,
		describe: describeQwen3moe,
		folder:   qwen3moeFolder,
	}
}

func sizesQwen3moe(m *source, s map[string]int) {
	key := "num_experts"
	if m.config.has("num_local_experts") {
		key = "num_local_experts"
	}
	s["x"] = m.config.countOr(key, 128)
	s["e"] = m.config.count("moe_intermediate_size")
}

func checkQwen3moe(m *source) {
	m.checkFullAttention()
	if dense, _ := m.config.values["mlp_only_layers"].([]any); len(dense) > 0 {
		m.config.fail("mlp_only_layers", describe(dense), "an empty list: every layer of the architecture has experts")
	}
	if used := m.config.count("num_experts_per_tok"); used > m.sizes["x"] {
		m.config.fail("num_experts_per_tok", fmt.Sprint(used), fmt.Sprintf("at most the number of experts, %d", m.sizes["x"]))
	}
}

func describeQwen3moe(m *source) {
	m.describeDecoder()
	m.keys.count(m.key("expert_feed_forward_length"), m.sizes["e"])
}

func (x *export) qwenFolder(class, modelType string) {
	x.decoder(class, modelType)
	x.wholeHeads()
	x.config.put("hidden_act", "silu")
	x.config.put("attention_bias", false)
	x.config.put("use_sliding_window", false)
	x.ropeMembers()
}

func qwen3moeFolder(x *export) {
	x.qwenFolder("Qwen3MoeForCausalLM", "qwen3_moe")
	x.config.put("num_experts", x.sizes["x"])
	x.config.put("num_experts_per_tok", x.meta.count(x.key("expert_used_count")))
	x.config.put("moe_intermediate_size", x.sizes["e"])
	x.config.put("norm_topk_prob", true)
	x.config.put("decoder_sparse_step", 1)
	x.config.put("mlp_only_layers", []int{})
	x.config.put("output_router_logits", false)
}
