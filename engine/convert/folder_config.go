package convert

import (
	"fmt"
	"math"
	"slices"

	"github.com/assaylab/assay/engine/safetensors"
)

// readSizes reads what shapes are written in, as the source's does from config.json.
func (x *export) readSizes() map[string]int {
	m := x.meta
	d, heads := m.count(x.key("embedding_length")), m.count(x.key("attention.head_count"))
	kvHeads := m.countOr(x.key("attention.head_count_kv"), heads)
	head := m.countOr(x.key("attention.key_length"), max(d/heads, 1))
	m.must(x.key("attention.value_length"), float64(head), "values as wide as keys")
	s := map[string]int{
		"d": d, "f": m.count(x.key("feed_forward_length")), "h": head, "q": heads * head, "k": kvHeads * head,
		"heads": heads, "kv": kvHeads, "layers": m.count(x.key("block_count")), "v": x.rows(),
	}
	if heads%kvHeads != 0 || head%2 != 0 {
		m.fail(x.key("attention.head_count"), fmt.Sprint(heads), fmt.Sprintf("a multiple of %d heads of keys, of an even width", kvHeads))
	}
	if s["layers"] > len(x.f.Tensors) {
		m.fail(x.key("block_count"), fmt.Sprint(s["layers"]), fmt.Sprintf("fewer than the file's %d tensors", len(x.f.Tensors)))
	}
	m.must(x.key("vocab_size"), float64(s["v"]), "the rows of token_embd.weight")
	if n := m.sizeOr(x.key("expert_count"), 0); n > 0 {
		s["x"] = n
		s["e"] = m.countOr(x.key("expert_feed_forward_length"), max(s["f"]/m.countOr(x.key("expert_used_count"), 1), 1))
	}
	return s
}

// rows is the number of tokens in the embedding.
func (x *export) rows() int {
	t, err := x.f.Tensor("token_embd.weight")
	x.meta.keep(err)
	if err != nil || len(t.Dims) < 2 {
		return 1
	}
	return t.Dims[1]
}

func (x *export) has(tensor string) bool {
	_, err := x.f.Tensor(tensor)
	return err == nil
}

// decoder puts the members that all decoders share; class is that of architectures, and
// modelType by what readers find the class.
func (x *export) decoder(class, modelType string) {
	m, c := x.meta, &x.config
	c.put("architectures", []string{class})
	c.put("model_type", modelType)
	c.put("dtype", dtypes[x.format.Name])
	c.put("torch_dtype", dtypes[x.format.Name]) // what dtype was called before
	c.put("vocab_size", x.sizes["v"])
	c.put("hidden_size", x.sizes["d"])
	c.put("intermediate_size", x.sizes["f"])
	c.put("num_hidden_layers", x.sizes["layers"])
	c.put("num_attention_heads", x.sizes["heads"])
	c.put("num_key_value_heads", x.sizes["kv"])
	if _, assumed := x.arch.defaults["head_dim"]; assumed || m.has(x.key("attention.key_length")) {
		c.put("head_dim", x.sizes["h"])
	}
	c.put("max_position_embeddings", m.count(x.key("context_length")))
	c.put("rms_norm_eps", decimal(m.float(x.key("attention.layer_norm_rms_epsilon"))))
	c.put("tie_word_embeddings", !x.has("output.weight"))
	m.has(x.key("rope.scaling.finetuned")) // says how a model was made
}

var dtypes = map[string]string{"F32": "float32", "F16": "float16", "BF16": "bfloat16"}

// wholeHeads refuses a rotation of part of a head.
func (x *export) wholeHeads() {
	x.meta.must(x.key("rope.dimension_count"), float64(x.sizes["h"]), "the class rotates whole heads")
}

// biased says whether the layers have these biases: all of them in the first layer, or none.
func (x *export) biased(names ...string) bool {
	n := 0
	for _, name := range names {
		if x.has(block(0, name+".bias")) {
			n++
		}
	}
	if n > 0 && n < len(names) {
		x.meta.keep(fmt.Errorf("%s: found biases for some of %v only, expected all or none, as class %s has them", x.f.Name, names, x.arch.classes[0]))
	}
	return n > 0
}

// ropeMembers puts the rotary embedding in the keys that both older and newer readers take:
// the base beside rope_scaling.
func (x *export) ropeMembers() {
	x.config.put("rope_theta", decimal(x.ropeBase()))
	x.config.put("rope_scaling", x.scaling())
}

func (x *export) ropeBase() float64 { return x.meta.floatOr(x.key("rope.freq_base"), 10000) }

// scaling is rope_scaling, nil where there is none.
func (x *export) scaling() any {
	m := x.meta
	m.must(x.key("rope.scaling.attn_factor"), 1, "the class has no such factor")
	kind := m.text(x.key("rope.scaling.type"))
	for _, old := range []string{"rope.scale_linear", "rope.scaling.factor"} {
		if kind == "" && m.has(x.key(old)) && m.float(x.key(old)) > 0 {
			return members{{"rope_type", "linear"}, {"factor", decimal(m.float(x.key(old)))}}
		}
	}
	switch {
	case kind == "linear":
		return members{{"rope_type", kind}, {"factor", decimal(m.float(x.key("rope.scaling.factor")))}}
	case kind == "yarn":
		return x.yarn()
	case kind != "" && kind != "none":
		m.fail(x.key("rope.scaling.type"), fmt.Sprintf("%q", kind), "none, linear or yarn for this architecture")
	case x.has("rope_freqs.weight"):
		return x.llama3Scaling()
	}
	return nil
}

func (x *export) yarn() members {
	m := x.meta
	s := members{
		{"rope_type", "yarn"}, {"factor", decimal(m.float(x.key("rope.scaling.factor")))},
		{"original_max_position_embeddings", m.count(x.key("rope.scaling.original_context_length"))},
	}
	for _, p := range [][2]string{
		{"yarn_attn_factor", "attention_factor"}, {"yarn_beta_fast", "beta_fast"}, {"yarn_beta_slow", "beta_slow"},
	} {
		if key := x.key("rope.scaling." + p[0]); m.has(key) {
			s.put(p[1], decimal(m.float(key)))
		}
	}
	m.must(x.key("rope.scaling.yarn_ext_factor"), 1, "the classes mix frequencies wholly")
	return s
}

// llama3Scaling finds the parameters whose table of divisors is the file's, bit for bit: the
// file has nothing but the table. Several may have the same one, and are then the same.
func (x *export) llama3Scaling() any {
	table, factor := x.table("rope_freqs.weight", x.sizes["h"]/2)
	if table == nil {
		return nil
	}
	for _, high := range []float64{4, 2, 8, 3, 6, 16, 32} {
		for _, context := range x.contexts(factor) {
			s := members{
				{"rope_type", "llama3"}, {"factor", decimal(factor)}, {"low_freq_factor", decimal(1)}, {"high_freq_factor", decimal(high)},
				{"original_max_position_embeddings", context},
			}
			values := map[string]any{"rope_theta": x.ropeBase(), "factor": factor, "low_freq_factor": 1.0, "high_freq_factor": high, "original_max_position_embeddings": float64(context)}
			r := rope{object: object{where: x.f.Name, values: values, errs: new([]error)}, kind: "llama3"}
			if slices.Equal((&source{rope: r, sizes: x.sizes}).llama3Factors(), table) {
				return s
			}
		}
	}
	x.meta.keep(fmt.Errorf("%s: tensor \"rope_freqs.weight\": found divisors that no usual parameters of Llama 3's scaling make; config.json has no place for a table", x.f.Name))
	return nil
}

// contexts are lengths that a model may have been trained for before scaling.
func (x *export) contexts(factor float64) []int {
	list := []int{8192}
	if n := float64(x.meta.count(x.key("context_length"))) / factor; n >= 1 && n == math.Trunc(n) {
		list = append(list, int(n))
	}
	for n := 16; n <= 1<<20; n *= 2 {
		list = append(list, n)
	}
	return list
}

// table reads a tensor of divisors, and the largest of them.
func (x *export) table(name string, n int) ([]float32, float64) {
	t, err := x.f.Tensor(name)
	if err == nil && (len(t.Dims) != 1 || t.Dims[0] != n || t.Type.String() != "F32") {
		err = fmt.Errorf("%s: tensor %q: found %v %v, expected F32 [%d]", x.f.Name, name, t.Type, t.Dims, n)
	}
	if err != nil {
		x.meta.keep(err)
		return nil, 1
	}
	values := make([]float32, n)
	decode, _ := decoder(safetensors.F32)
	decode(values, t.Data)
	return values, float64(slices.Max(values))
}
