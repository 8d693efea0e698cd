package convert

import (
	"fmt"
	"slices"
)

// gemma3 is Gemma 3, also the language model of those that see: norms around attention
// and feed-forward, and five layers with a sliding window to each one without.
func gemma3() architecture {
	return architecture{
		name:    "gemma3",
		classes: []string{"Gemma3ForCausalLM", "Gemma3ForConditionalGeneration"},
		defaults: map[string]any{
			"hidden_activation": "gelu_pytorch_tanh", "rms_norm_eps": 1e-6, "rope_theta": 1e6, "rope_local_base_freq": 1e4,
			"max_position_embeddings": 131072, "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256,
			"vocab_size": 262208, "query_pre_attn_scalar": 256, "sliding_window": 4096, "tie_word_embeddings": true,
			"hidden_size": 2304, "intermediate_size": 9216, "num_hidden_layers": 26,
		},
		fixed: []rule{
			{"hidden_activation", []any{"gelu_pytorch_tanh"}, "the architecture's feed-forward block uses this GELU"},
			wholeHeads(), noAttentionBias(),
		},
		layer: slices.Concat(attention(), headNorms(), gatedFFN(), []slot{
			weight("input_layernorm", "attn_norm", "d"),
			weight("post_attention_layernorm", "post_attention_norm", "d"),
			weight("pre_feedforward_layernorm", "ffn_norm", "d"),
			weight("post_feedforward_layernorm", "post_ffw_norm", "d"),
		}),
		ropes:      []string{"default", "linear"},
		check:      checkGemma3,
		describe:   describeGemma3,
		folder:     gemma3Folder,
		shiftNorms: true,
	}
}

// gemma3Period is the distance between layers without a window.
const gemma3Period = 6

// gemma3Large is the number of layers of the one size whose attention is scaled by the
// width per head instead of the head's.
const gemma3Large = 62

func checkGemma3(m *source) {
	c := m.config
	for _, key := range []string{"sliding_window_pattern", "_sliding_window_pattern"} {
		rule{key, []any{float64(gemma3Period)}, "the architecture has this period of windows"}.apply(c)
	}
	types, _ := c.values["layer_types"].([]any)
	for i, t := range types {
		want := "sliding_attention"
		if (i+1)%gemma3Period == 0 {
			want = "full_attention"
		}
		if t != want {
			c.fail("layer_types", fmt.Sprintf("%s for layer %d", describe(t), i), want)
			break
		}
	}
	scale := m.sizes["h"]
	if m.sizes["layers"] == gemma3Large {
		scale = m.sizes["d"] / m.sizes["heads"]
	}
	if found := c.float("query_pre_attn_scalar"); found != float64(scale) {
		c.fail("query_pre_attn_scalar", fmt.Sprint(found), fmt.Sprintf("%d, by which the architecture scales", scale))
	}
}

func describeGemma3(m *source) {
	m.describeDecoder()
	if m.config.has("final_logit_softcapping") {
		m.keys.float(m.key("final_logit_softcapping"), m.config.float("final_logit_softcapping"))
	}
	m.keys.count(m.key("attention.sliding_window"), m.config.count("sliding_window"))
}

func gemma3Folder(x *export) {
	m, c := x.meta, &x.config
	x.decoder("Gemma3ForCausalLM", "gemma3_text")
	x.wholeHeads()
	m.must(x.key("attention.sliding_window_pattern"), gemma3Period, "the class's layers have this period of windows")
	scale := x.sizes["h"]
	if x.sizes["layers"] == gemma3Large {
		scale = x.sizes["d"] / x.sizes["heads"]
	}
	types := make([]string, x.sizes["layers"])
	for i := range types {
		types[i] = "sliding_attention"
		if (i+1)%gemma3Period == 0 {
			types[i] = "full_attention"
		}
	}
	c.put("hidden_activation", "gelu_pytorch_tanh")
	c.put("attention_bias", false)
	c.put("query_pre_attn_scalar", scale)
	c.put("sliding_window", m.count(x.key("attention.sliding_window")))
	c.put("sliding_window_pattern", gemma3Period)
	c.put("layer_types", types)
	c.put("attn_logit_softcapping", nil)
	if key := x.key("final_logit_softcapping"); m.has(key) {
		c.put("final_logit_softcapping", decimal(m.float(key)))
	} else {
		c.put("final_logit_softcapping", nil)
	}
	x.ropeMembers()
	c.put("rope_local_base_freq", decimal(m.floatOr(x.key("rope.freq_base_swa"), gemma3LocalBase)))
}

// gemma3LocalBase is the base of the rotary embedding of layers with a window where a file does
// not say.
const gemma3LocalBase = 10000
