package convert

// mistral3 is the language model of Mistral Small 3 and of Ministral 3: a llama that may
// scale attention with the position.
func mistral3() architecture {
	a := llama()
	a.name = "mistral3"
	a.classes = []string{"Mistral3ForConditionalGeneration", "Ministral3ForCausalLM"}
	a.defaults = map[string]any{
		"hidden_act": "silu", "rms_norm_eps": 1e-5, "rope_theta": 1e9, "max_position_embeddings": 131072,
		"num_key_value_heads": 8,
	}
	a.ropeParameters = []string{"mscale", "mscale_all_dim", "llama_4_scaling_beta"}
	a.check = checkMistral3
	a.describe = describeMistral3
	return a
}

func checkMistral3(m *source) {
	checkLlama(m)
	if kind := m.config.strOr("model_type", "mistral"); kind != "mistral" && kind != "ministral3" {
		m.config.fail("model_type", describe(kind), `"mistral" or "ministral3"`)
	}
	if m.config.strOr("model_type", "") == "ministral3" && m.rope.kind != "yarn" {
		m.rope.fail("rope_type", describe(m.rope.kind), `"yarn"`)
	}
}

func describeMistral3(m *source) {
	describeLlama(m)
	if m.config.strOr("model_type", "") == "ministral3" {
		m.keys.float(m.key("rope.scaling.yarn_log_multiplier"), m.rope.float("mscale_all_dim"))
		m.keys.float(m.key("attention.temperature_scale"), m.rope.float("llama_4_scaling_beta"))
	}
}
