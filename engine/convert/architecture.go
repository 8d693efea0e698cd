package convert

import (
	"fmt"
	"slices"
	"strings"
)

// architecture is how one family of models is converted.
type architecture struct {
	name    string   // general.architecture
	classes []string // values of architectures in config.json
	// defaults are what the family's configuration class assumes for a key that its
	// config.json does not have.
	defaults map[string]any
	fixed    []rule // on top of the rules that hold for all
	layer    []slot // the tensors of each layer
	// sizes adds to the sizes that slots are written in.
	sizes func(m *source, s map[string]int)
	// check refuses what the rules cannot express.
	check func(m *source)
	// describe writes the keys of the architecture.
	describe func(m *source)
	// folder is the inverse: it puts the members of config.json.
	folder func(x *export)
	// generate gives tensors that no file has, such as tables of the rotary embedding.
	generate func(m *source) ([]output, error)

	ropes          []string // values of rope_type
	ropeParameters []string // beyond those of ropeKinds

	permute    bool // rows of queries and keys go from halves to pairs; see permuted
	shiftNorms bool // norms are stored as their difference from 1
	// addedAsWritten: added tokens keep their text and type whatever they look like.
	addedAsWritten bool
	prefixKey      bool // tokenizer_config.json's add_prefix_space becomes a key
}

// architectures are all that can be converted. A model is found by its class.
func architectures() []architecture {
	return []architecture{llama(), mistral(), mistral3(), qwen2(), qwen3(), qwen3moe(), gemma3(), phi3(), smollm3()}
}

func findArchitecture(config object) (architecture, error) {
	classes, _ := config.values["architectures"].([]any)
	if len(classes) != 1 {
		return architecture{}, fmt.Errorf("%s: key \"architectures\": found %s, expected the name of one class", config.where, describe(config.values["architectures"]))
	}
	class, _ := classes[0].(string)
	var known []string
	for _, a := range architectures() {
		if slices.Contains(a.classes, class) {
			return a, nil
		}
		known = append(known, a.classes...)
	}
	return architecture{}, fmt.Errorf("%s: key \"architectures\": found %q, expected one of %s", config.where, class, strings.Join(known, ", "))
}

// slot is a place for a tensor: its name in the model's files, in the GGUF file, and its
// shape in the files' order, each dimension a sum of sizes such as "q" or "q+2k":
//
//	d  width of the model        v  tokens             h  width of a head
//	q  width of all queries      k  width of all keys  f  width of the feed-forward block
//	x  experts                   e  width of an expert's feed-forward block
type slot struct {
	from, to string
	shape    []string
	optional bool // a bias that the configuration may switch on
}

func weight(from, to string, shape ...string) slot {
	return slot{from: from + ".weight", to: to + ".weight", shape: shape}
}

func bias(from, to, size string) slot {
	return slot{from: from + ".bias", to: to + ".bias", shape: []string{size}}
}

func optional(slots ...slot) []slot {
	for i := range slots {
		slots[i].optional = true
	}
	return slots
}

// Groups of slots that several architectures have.

// attention is grouped-query attention with separate projections.
func attention() []slot {
	return []slot{
		weight("self_attn.q_proj", "attn_q", "q", "d"),
		weight("self_attn.k_proj", "attn_k", "k", "d"),
		weight("self_attn.v_proj", "attn_v", "k", "d"),
		weight("self_attn.o_proj", "attn_output", "d", "q"),
	}
}

func attentionBiases() []slot {
	return []slot{
		bias("self_attn.q_proj", "attn_q", "q"),
		bias("self_attn.k_proj", "attn_k", "k"),
		bias("self_attn.v_proj", "attn_v", "k"),
	}
}

func headNorms() []slot {
	return []slot{
		weight("self_attn.q_norm", "attn_q_norm", "h"),
		weight("self_attn.k_norm", "attn_k_norm", "h"),
	}
}

// gatedFFN is a feed-forward block with a gate.
func gatedFFN() []slot {
	return []slot{
		weight("mlp.gate_proj", "ffn_gate", "f", "d"),
		weight("mlp.up_proj", "ffn_up", "f", "d"),
		weight("mlp.down_proj", "ffn_down", "d", "f"),
	}
}

// preNorms are the norms before attention and feed-forward.
func preNorms() []slot {
	return []slot{
		weight("input_layernorm", "attn_norm", "d"),
		weight("post_attention_layernorm", "ffn_norm", "d"),
	}
}

// ends are the tensors outside the layers.
func ends() []slot {
	return []slot{
		weight("model.embed_tokens", "token_embd", "v", "d"),
		weight("model.norm", "output_norm", "d"),
		weight("lm_head", "output", "v", "d"),
	}
}
