package convert

import "fmt"

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
	a.folder = mistral3Folder
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

// mistral3Folder writes a Ministral 3 where attention is scaled with the position, and else a
// Mistral, of which the other class is one that sees.
func mistral3Folder(x *export) {
	m := x.meta
	temperature, multiplier := x.key("attention.temperature_scale"), x.key("rope.scaling.yarn_log_multiplier")
	if !m.has(temperature) && !m.has(multiplier) {
		x.decoder("MistralForCausalLM", "mistral")
		x.note("the class is MistralForCausalLM, the text part: a GGUF file that is made of it has the architecture llama")
		x.ropeMembers()
	} else {
		x.decoder("Ministral3ForCausalLM", "ministral3")
		if kind := m.text(x.key("rope.scaling.type")); kind != "yarn" {
			m.fail(x.key("rope.scaling.type"), fmt.Sprintf("%q", kind), `"yarn", which attention that is scaled with the position goes with`)
			return
		}
		r := append(members{{"rope_theta", decimal(x.ropeBase())}}, x.yarn()...)
		r.put("mscale", decimal(1))
		r.put("mscale_all_dim", decimal(m.float(multiplier)))
		r.put("llama_4_scaling_beta", decimal(m.float(temperature)))
		x.config.put("rope_parameters", r)
		m.must(x.key("rope.scaling.attn_factor"), 1, "the class has no such factor")
	}
	x.llamaMembers()
	if x.biased("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down") {
		m.keep(fmt.Errorf("%s: found biases, expected none: the class has no place for them", x.f.Name))
	}
	x.config.put("hidden_act", "silu")
	x.config.put("sliding_window", nil)
}
