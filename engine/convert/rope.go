package convert

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// rope is what config.json says about the rotary embedding, in one form: newer files have
// rope_parameters, older ones rope_scaling with rope_theta beside it.
type rope struct {
	object         // the parameters of full attention
	local  float64 // base of sliding-window layers, 0 for none
	kind   string  // rope_type: default, linear, yarn, longrope, llama3
}

func readRope(c object) rope {
	key := "rope_parameters"
	if !c.has(key) {
		key = "rope_scaling"
	}
	p := c.object(key)
	r := rope{object: p}
	if p.has("full_attention") || p.has("sliding_attention") {
		r.object = p.object("full_attention")
		r.local = p.object("sliding_attention").floatOr("rope_theta", 0)
		if kind := p.object("sliding_attention").strOr("rope_type", "default"); kind != "default" {
			p.object("sliding_attention").fail("rope_type", describe(kind), `"default"`)
		}
	}
	r.values = maps.Clone(r.values)
	r.inherit(c)
	if r.local == 0 {
		r.local = c.floatOr("rope_local_base_freq", 0)
	}
	r.kind = strings.ToLower(r.strOr("rope_type", r.strOr("type", "default")))
	if r.kind == "su" {
		r.kind = "longrope"
	}
	return r
}

// inherit takes what older files have outside the parameters.
func (r *rope) inherit(c object) {
	for _, key := range []string{"rope_theta", "partial_rotary_factor", "original_max_position_embeddings"} {
		if !r.has(key) && c.has(key) {
			r.values[key] = c.values[key]
		}
	}
}

// ropeKinds are the kinds that GGUF has words for, and the parameters each may have. A
// parameter that is not listed changes the frequencies in a way nobody reads.
var ropeKinds = map[string][]string{
	"default":  nil,
	"linear":   {"factor"},
	"yarn":     {"factor", "attention_factor", "attn_factor", "beta_fast", "beta_slow", "extrapolation_factor", "truncate"},
	"longrope": {"factor", "short_factor", "long_factor"},
	"llama3":   {"factor", "low_freq_factor", "high_freq_factor"},
}

// check refuses other kinds than these, and other parameters than the kind's and further
// ones.
func (r rope) check(kinds, further []string) {
	if !slices.Contains(kinds, r.kind) {
		r.fail("rope_type", describe(r.kind), "one of "+strings.Join(kinds, ", ")+" for this architecture")
		return
	}
	known := ropeKinds[r.kind]
	for key, v := range r.values {
		switch key {
		case "rope_type", "type", "rope_theta", "partial_rotary_factor", "original_max_position_embeddings":
			continue
		}
		if v != nil && !slices.Contains(known, key) && !slices.Contains(further, key) {
			r.fail(key, describe(v), fmt.Sprintf("nothing, for rope_type %q", r.kind))
		}
	}
	if r.kind != "default" && r.kind != "longrope" && r.float("factor") <= 0 {
		r.fail("factor", fmt.Sprint(r.float("factor")), "a number above 0")
	}
	if v, ok := r.values["truncate"]; ok && v != nil && v != true {
		r.fail("truncate", describe(v), "true: GGUF's YaRN rounds the borders of its ramp")
	}
}

// original is the context length before scaling.
func (r rope) original(c object) int {
	return r.countOr("original_max_position_embeddings", c.count("max_position_embeddings"))
}

// describeScaling writes the keys of linear and YaRN scaling.
func (m *source) describeScaling() {
	r := m.rope
	switch r.kind {
	case "linear":
		m.keys.set(m.key("rope.scaling.type"), "linear")
		m.keys.float(m.key("rope.scaling.factor"), r.float("factor"))
	case "yarn":
		m.keys.set(m.key("rope.scaling.type"), "yarn")
		m.keys.float(m.key("rope.scaling.factor"), r.float("factor"))
		m.keys.count(m.key("rope.scaling.original_context_length"), r.original(m.config))
		for _, p := range [][2]string{
			{"extrapolation_factor", "yarn_ext_factor"}, {r.attention(), "yarn_attn_factor"},
			{"beta_fast", "yarn_beta_fast"}, {"beta_slow", "yarn_beta_slow"},
		} {
			if r.has(p[0]) {
				m.keys.float(m.key("rope.scaling."+p[1]), r.float(p[0]))
			}
		}
	}
}

// attention is the name the attention factor has in this file.
func (r rope) attention() string {
	if r.has("attention_factor") {
		return "attention_factor"
	}
	return "attn_factor"
}

// llama3Factors are the divisors of the rotary frequencies in Llama 3's scaling: 1 for
// short wavelengths, factor for long ones, and a smooth passage between. The steps are
// those of the model's own code in float32, so that the table is what it computes.
func (m *source) llama3Factors() []float32 {
	r, dim := m.rope, m.sizes["h"]
	base := r.floatOr("rope_theta", 10000)
	factor, low, high := float32(r.float("factor")), float32(r.floatOr("low_freq_factor", 1)), float32(r.floatOr("high_freq_factor", 4))
	context := float32(r.countOr("original_max_position_embeddings", 8192))
	factors := make([]float32, dim/2)
	for i := range factors {
		exponent := float32(2*i) / float32(dim)
		frequency := 1 / float32(math.Pow(base, float64(exponent)))
		wavelength := float32(2*math.Pi) / frequency
		switch {
		case wavelength < context/high:
			factors[i] = 1
		case wavelength > context/low:
			factors[i] = factor
		default:
			smooth := (context/wavelength - low) / (high - low)
			factors[i] = 1 / ((1-smooth)/factor + smooth)
		}
	}
	return factors
}

// llama3Frequencies is the generated tensor of Llama 3's scaling, if the model has it.
func llama3Frequencies(m *source) ([]output, error) {
	if m.rope.kind != "llama3" {
		return nil, nil
	}
	if high, low := m.rope.floatOr("high_freq_factor", 4), m.rope.floatOr("low_freq_factor", 1); high <= low || low <= 0 {
		return nil, fmt.Errorf("%s: found low_freq_factor %v and high_freq_factor %v, expected 0 < low < high", m.rope.where, low, high)
	}
	return []output{table("rope_freqs.weight", m.llama3Factors())}, nil
}
