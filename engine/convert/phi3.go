package convert

import (
	"fmt"
	"math"
)

// phi3 is Phi 3 and 4: one matrix for queries, keys and values, one for gate and up.
func phi3() architecture {
	return architecture{
		name:    "phi3",
		classes: []string{"Phi3ForCausalLM"},
		defaults: map[string]any{
			"hidden_act": "silu", "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "max_position_embeddings": 4096,
			"original_max_position_embeddings": 4096,
		},
		fixed: []rule{silu(), noAttentionBias()},
		layer: append(preNorms(),
			weight("self_attn.qkv_proj", "attn_qkv", "q+2k", "d"),
			weight("self_attn.o_proj", "attn_output", "d", "q"),
			weight("mlp.gate_up_proj", "ffn_up", "2f", "d"),
			weight("mlp.down_proj", "ffn_down", "d", "f")),
		ropes:          []string{"default", "longrope"},
		check:          checkPhi3,
		describe:       describePhi3,
		folder:         phi3Folder,
		generate:       phi3Factors,
		addedAsWritten: true,
	}
}

func checkPhi3(m *source) {
	c := m.config
	if d, heads := m.sizes["d"], m.sizes["heads"]; m.sizes["h"]*heads != d {
		c.fail("head_dim", fmt.Sprint(m.sizes["h"]), fmt.Sprintf("hidden_size / num_attention_heads, %d", d/heads))
	}
	if m.rope.kind == "longrope" && !m.rope.has("long_factor") {
		m.rope.fail("long_factor", "nothing", "a list of numbers, for rope_type longrope")
	}
	if window := c.countOr("sliding_window", 0); window > 0 && window < c.count("max_position_embeddings") {
		m.note("sliding_window %d is written, but engines commonly attend to everything: beyond that many tokens, attention sees more than in training", window)
	}
}

// rotated is how many columns of a head rotate.
func (m *source) rotated() int {
	return int(m.rope.floatOr("partial_rotary_factor", 1)*float64(m.sizes["d"])) / m.sizes["heads"]
}

func describePhi3(m *source) {
	c := m.config
	m.keys.count(m.key("context_length"), c.count("max_position_embeddings"))
	m.keys.count(m.key("rope.scaling.original_context_length"), m.rope.original(c))
	m.keys.count(m.key("embedding_length"), m.sizes["d"])
	m.keys.count(m.key("feed_forward_length"), m.sizes["f"])
	m.keys.count(m.key("block_count"), m.sizes["layers"])
	m.keys.count(m.key("attention.head_count"), m.sizes["heads"])
	m.keys.count(m.key("attention.head_count_kv"), m.sizes["kv"])
	m.keys.float(m.key("attention.layer_norm_rms_epsilon"), c.float("rms_norm_eps"))
	m.keys.count(m.key("rope.dimension_count"), m.rotated())
	m.keys.float(m.key("rope.freq_base"), m.ropeBase())
	m.describeFormat()
	m.keys.count(m.key("attention.sliding_window"), c.countOr("sliding_window", 0))
}

// phi3Factors are the divisors of the rotary frequencies for contexts longer and shorter
// than the original one, and the key with the factor on attention that belongs to them.
func phi3Factors(m *source) ([]output, error) {
	if m.rope.kind != "longrope" {
		return nil, nil
	}
	var tables []output
	for _, t := range [][2]string{{"long_factor", "rope_factors_long.weight"}, {"short_factor", "rope_factors_short.weight"}} {
		factors := m.rope.floats(t[0])
		if want := m.rotated() / 2; len(factors) != want {
			return nil, fmt.Errorf("%s: key %q: found %d numbers, expected %d, half of the columns that rotate", m.rope.where, t[0], len(factors), want)
		}
		values := make([]float32, len(factors))
		for i, f := range factors {
			values[i] = float32(f)
		}
		tables = append(tables, table(t[1], values))
	}
	original := m.rope.original(m.config)
	scale := float64(m.config.count("max_position_embeddings")) / float64(original)
	m.keys.float(m.key("rope.scaling.attn_factor"), longRopeFactor(scale, original))
	return tables, nil
}

func phi3Folder(x *export) {
	m, c := x.meta, &x.config
	x.decoder("Phi3ForCausalLM", "phi3")
	length := m.count(x.key("context_length"))
	original := m.countOr(x.key("rope.scaling.original_context_length"), length)
	c.put("hidden_act", "silu")
	c.put("attention_bias", false)
	c.put("resid_pdrop", decimal(0))
	c.put("embd_pdrop", decimal(0))
	c.put("original_max_position_embeddings", original)
	if window := m.sizeOr(x.key("attention.sliding_window"), 0); window > 0 {
		c.put("sliding_window", window)
	} else {
		c.put("sliding_window", nil)
	}
	rotated := m.countOr(x.key("rope.dimension_count"), x.sizes["h"])
	c.put("partial_rotary_factor", decimal(float64(rotated)/float64(x.sizes["h"])))
	c.put("rope_theta", decimal(x.ropeBase()))
	c.put("rope_scaling", x.longRope(rotated, float64(length)/float64(original), original))
}

// longRope is rope_scaling with the file's two tables, nil where it has none.
func (x *export) longRope(rotated int, scale float64, original int) any {
	key := x.key("rope.scaling.attn_factor")
	if kind := x.meta.text(x.key("rope.scaling.type")); kind != "" && kind != "none" && kind != "longrope" {
		x.meta.fail(x.key("rope.scaling.type"), fmt.Sprintf("%q", kind), "none or longrope for this architecture")
	}
	if !x.has("rope_factors_long.weight") {
		x.meta.must(key, 1, "the class has such a factor with tables of frequencies only")
		return nil
	}
	if want := longRopeFactor(scale, original); x.meta.has(key) && float32(x.meta.float(key)) != float32(want) {
		x.meta.fail(key, fmt.Sprint(x.meta.float(key)), fmt.Sprintf("%v, which the class computes from the lengths of contexts", float32(want)))
	}
	long, _ := x.table("rope_factors_long.weight", rotated/2)
	short, _ := x.table("rope_factors_short.weight", rotated/2)
	return members{{"type", "longrope"}, {"short_factor", decimals(short)}, {"long_factor", decimals(long)}}
}

// longRopeFactor multiplies attention where contexts are scale times the original length.
func longRopeFactor(scale float64, original int) float64 {
	if scale <= 1 {
		return 1
	}
	return math.Sqrt(1 + math.Log(scale)/math.Log(float64(original)))
}
