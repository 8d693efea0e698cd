package convert

import (
	"fmt"
)

// smollm3 is SmolLM 3: a llama in which every fourth layer does not rotate.
func smollm3() architecture {
	a := llama()
	a.name = "smollm3"
	a.classes = []string{"SmolLM3ForCausalLM"}
	a.defaults = map[string]any{
		"hidden_act": "silu", "rms_norm_eps": 1e-6, "rope_theta": 2e6, "max_position_embeddings": 32768,
		"num_key_value_heads": 4, "no_rope_layer_interval": 4, "tie_word_embeddings": true,
	}
	a.layer = append(append(attention(), gatedFFN()...), preNorms()...)
	a.fixed = append(a.fixed, noAttentionBias(), noMLPBias(), noSlidingWindow())
	a.check = checkSmolLM3
	a.folder = smollm3Folder
	return a
}

// smollm3Period is the distance between layers that do not rotate.
const smollm3Period = 4

func checkSmolLM3(m *source) {
	m.checkFullAttention()
	rule{"no_rope_layer_interval", []any{float64(smollm3Period)}, "every fourth layer of the architecture does not rotate"}.apply(m.config)
	layers := m.config.floats("no_rope_layers")
	if len(layers) > 0 && len(layers) != m.sizes["layers"] {
		m.config.fail("no_rope_layers", fmt.Sprintf("a list of %d", len(layers)), fmt.Sprintf("one number for each of %d layers", m.sizes["layers"]))
		return
	}
	for i, rotates := range layers {
		if want := (i+1)%smollm3Period != 0; (rotates != 0) != want {
			m.config.fail("no_rope_layers", fmt.Sprintf("%v for layer %d", rotates, i), "0 for every fourth layer and 1 for all others")
			return
		}
	}
}

func smollm3Folder(x *export) {
	x.decoder("SmolLM3ForCausalLM", "smollm3")
	x.llamaMembers()
	layers := make([]int, x.sizes["layers"])
	types := make([]string, len(layers))
	for i := range layers {
		types[i] = "full_attention"
		if (i+1)%smollm3Period != 0 {
			layers[i] = 1
		}
	}
	x.config.put("hidden_act", "silu")
	x.config.put("attention_bias", false)
	x.config.put("mlp_bias", false)
	x.config.put("use_sliding_window", false)
	x.config.put("layer_types", types)
	x.config.put("no_rope_layer_interval", smollm3Period)
	x.config.put("no_rope_layers", layers)
	x.ropeMembers()
}
