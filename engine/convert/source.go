package convert

import (
	"fmt"
	"strings"

	"github.com/assaylab/assay/engine/safetensors"
)

// source is a model's directory as far as it has been read.
type source struct {
	dir    string
	arch   architecture
	root   object // config.json
	config object // of the language model: root, or its text_config, with defaults
	rope   rope
	set    *safetensors.Set
	sizes  map[string]int
	keys   keys
	notes  []string // what the user should know
}

// note adds a warning.
func (m *source) note(format string, args ...any) {
	m.notes = append(m.notes, fmt.Sprintf(format, args...))
}

// key is a key of the architecture.
func (m *source) key(name string) string { return m.arch.name + "." + name }

// readSource reads the configuration and refuses what cannot be converted.
func readSource(dir string) (*source, error) {
	root, ok, err := readObject(dir, "config.json", maxConfig)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("%s: found no config.json, expected a model's directory with one", dir)
	}
	m := &source{dir: dir, root: root}
	if m.arch, err = findArchitecture(root); err != nil {
		return nil, err
	}
	m.config = languageModel(root).with(m.arch.defaults)
	for _, r := range append(common(), m.arch.fixed...) {
		r.apply(m.config)
	}
	m.sizes = m.readSizes()
	m.rope = readRope(m.config)
	m.rope.check(m.arch.ropes, m.arch.ropeParameters)
	if m.arch.check != nil {
		m.arch.check(m)
	}
	return m, m.config.err()
}

// languageModel is the configuration of the text part of a model that also sees: its
// text_config, which wins over what the model has at the root.
func languageModel(root object) object {
	if !root.has("text_config") {
		return root
	}
	text := root.object("text_config")
	return text.with(root.values)
}

// readSizes reads what shapes are written in; see slot.
func (m *source) readSizes() map[string]int {
	c := m.config
	d, heads := c.count("hidden_size"), c.count("num_attention_heads")
	kvHeads := c.countOr("num_key_value_heads", heads)
	head := c.countOr("head_dim", max(d/heads, 1))
	switch {
	case !c.has("head_dim") && d%heads != 0:
		c.fail("num_attention_heads", fmt.Sprint(heads), fmt.Sprintf("a divisor of hidden_size, %d", d))
	case heads%kvHeads != 0:
		c.fail("num_key_value_heads", fmt.Sprint(kvHeads), fmt.Sprintf("a divisor of num_attention_heads, %d", heads))
	case head%2 != 0:
		c.fail("head_dim", fmt.Sprint(head), "an even number")
	}
	s := map[string]int{
		"d": d, "v": c.count("vocab_size"), "f": c.count("intermediate_size"), "h": head,
		"q": heads * head, "k": kvHeads * head, "heads": heads, "kv": kvHeads, "layers": c.count("num_hidden_layers"),
	}
	if m.arch.sizes != nil {
		m.arch.sizes(m, s)
	}
	return s
}

// dims evaluates a slot's shape, such as "q+2k" by "d".
func (m *source) dims(shape []string) []int {
	dims := make([]int, len(shape))
	for i, sum := range shape {
		for term := range strings.SplitSeq(sum, "+") {
			factor := 1
			if rest, ok := strings.CutPrefix(term, "2"); ok {
				factor, term = 2, rest
			}
			dims[i] += factor * m.sizes[term]
		}
	}
	return dims
}

func (m *source) tied() bool { return m.config.flag("tie_word_embeddings") }
