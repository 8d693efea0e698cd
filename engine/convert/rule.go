package convert

import (
	"fmt"
	"slices"
	"strings"
)

// rule is a key of config.json that may have certain values only, because others change
// the arithmetic in a way that the GGUF architecture cannot say.
type rule struct {
	key    string
	allow  []any // besides a missing key and null
	reason string
}

// mustBeOff is a rule for a switch.
func mustBeOff(key, reason string) rule { return rule{key, []any{false}, reason} }

// common are the rules that hold for all architectures.
func common() []rule {
	return []rule{
		{"quantization_config", nil, "the weights are quantized: convert the model they were made from"},
		{"compression_config", nil, "the weights are compressed: convert the model they were made from"},
		{"q_lora_rank", nil, "multi-head latent attention is not supported"},
		{"kv_lora_rank", nil, "multi-head latent attention is not supported"},
		{"clip_qkv", nil, "clipped queries and keys are not supported"},
		{"attn_logit_softcapping", nil, "capped attention is not supported"},
		{"is_causal", []any{true}, "only causal models generate text"},
		mustBeOff("use_bidirectional_attention", "only causal models generate text"),
		{"num_nextn_predict_layers", []any{0.0}, "layers that predict further tokens are not supported"},
		{"embedding_multiplier", []any{1.0}, "scaled embeddings are not supported"},
		{"residual_multiplier", []any{1.0}, "scaled residuals are not supported"},
		{"attention_multiplier", nil, "another scale of attention is not supported"},
		{"logits_scaling", []any{1.0}, "scaled logits are not supported"},
		{"logit_scale", []any{1.0}, "scaled logits are not supported"},
		mustBeOff("use_qk_norm", "norms of queries and keys have no place in this architecture"),
		mustBeOff("qk_layernorm", "norms of queries and keys have no place in this architecture"),
		{"add_cross_attention", []any{false}, "only decoders are supported"},
		{"is_encoder_decoder", []any{false}, "only decoders are supported"},
	}
}

func noAttentionBias() rule {
	return mustBeOff("attention_bias", "the architecture has no biases there")
}

func noMLPBias() rule { return mustBeOff("mlp_bias", "the architecture has no biases there") }

func silu() rule {
	return rule{"hidden_act", []any{"silu", "swish"}, "the architecture's feed-forward block uses SiLU"}
}

func wholeHeads() rule {
	return rule{"partial_rotary_factor", []any{1.0}, "the architecture rotates whole heads"}
}

// apply refuses what the rule does not allow.
func (r rule) apply(config object) {
	v := config.values[r.key]
	if v == nil || r.allows(v) {
		return
	}
	*config.errs = append(*config.errs, fmt.Errorf("%s: key %q: found %s, expected %s: %s", config.where, r.key, describe(v), r.expected(), r.reason))
}

func (r rule) allows(v any) bool {
	switch v.(type) {
	case map[string]any, []any: // not comparable
		return false
	}
	if n, ok := number(v); ok {
		v = n
	}
	return slices.Contains(r.allow, v)
}

func (r rule) expected() string {
	words := []string{"nothing"}
	for _, v := range r.allow {
		words = append(words, describe(v))
	}
	return strings.Join(words, " or ")
}
