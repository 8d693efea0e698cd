package convert

// describeDecoder writes the keys that all decoders share.
func (m *source) describeDecoder() {
	c := m.config
	m.keys.count(m.key("block_count"), m.sizes["layers"])
	m.keys.count(m.key("context_length"), c.count("max_position_embeddings"))
	m.keys.count(m.key("embedding_length"), m.sizes["d"])
	m.keys.count(m.key("feed_forward_length"), m.sizes["f"])
	m.keys.count(m.key("attention.head_count"), m.sizes["heads"])
	m.keys.count(m.key("attention.head_count_kv"), m.sizes["kv"])
	m.describeScaling()
	m.keys.float(m.key("rope.freq_base"), m.ropeBase())
	if m.rope.local != 0 {
		m.keys.float(m.key("rope.freq_base_swa"), m.rope.local)
	}
	m.keys.float(m.key("attention.layer_norm_rms_epsilon"), c.float("rms_norm_eps"))
	if x := m.sizes["x"]; x > 0 {
		m.keys.count(m.key("expert_count"), x)
		m.keys.count(m.key("expert_used_count"), c.count("num_experts_per_tok"))
	}
	if c.has("head_dim") {
		m.keys.count(m.key("attention.key_length"), m.sizes["h"])
		m.keys.count(m.key("attention.value_length"), m.sizes["h"])
	}
	m.describeFormat()
}

func (m *source) ropeBase() float64 {
	base := m.rope.float("rope_theta")
	if base <= 0 {
		m.rope.fail("rope_theta", describe(m.rope.values["rope_theta"]), "a number above 0")
	}
	return base
}

// fileTypeKey holds a number for the format of most tensors.
const fileTypeKey = "general.file_type"

// describeFormat reserves the place of the file's type, which is known when the tensors
// are.
func (m *source) describeFormat() { m.keys.set(fileTypeKey, uint32(0)) }

// fileTypes are the numbers by format.
var fileTypes = map[string]uint32{"F32": 0, "F16": 1, "BF16": 32}
