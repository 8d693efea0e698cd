package convert

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
)

// describeGeneral writes the keys under general.: the kind of file, what to sample with,
// and what is known about where the model comes from. parameters counts the values of all
// tensors; a name wins over all others.
func (m *source) describeGeneral(outputs []output, name string) error {
	m.keys.set("general.type", "model")
	if err := m.describeSampling(); err != nil {
		return err
	}
	card, err := m.readCard()
	if err != nil {
		return err
	}
	parameters := count(outputs)
	id := m.identity(parameters)
	m.keys.text("general.name", first(name, card.one("name"), card.one("model_name"), id.name))
	m.keys.text("general.author", first(card.one("author"), card.one("model_author"), card.one("model_creator")))
	m.keys.text("general.version", first(card.one("version"), card.one("model_version"), id.version))
	m.keys.text("general.organization", first(card.one("organization"), card.one("model_organization"), id.organization))
	m.keys.text("general.finetune", first(card.one("finetune"), card.one("model_finetune"), id.finetune))
	m.keys.text("general.basename", first(card.one("basename"), card.one("model_basename"), card.one("model_type"), id.basename))
	m.keys.text("general.description", first(card.one("description"), card.one("model_description")))
	m.keys.text("general.size_label", first(card.one("size_label"), card.one("model_size_label"), id.size, m.sizeLabel(outputs)))
	m.describeCard(card, parameters)
	return nil
}

func first(words ...string) string {
	for _, w := range words {
		if w != "" {
			return w
		}
	}
	return ""
}

// sampling are the members of generation_config.json that have a key; whole ones are int32.
var sampling = []struct {
	member, key string
	whole       bool
}{
	{"top_k", "top_k", true}, {"top_p", "top_p", false}, {"min_p", "min_p", false}, {"temperature", "temp", false},
	{"repetition_penalty", "penalty_repeat", false},
}

func (m *source) describeSampling() error {
	o, ok, err := readObject(m.dir, "generation_config.json", maxConfig)
	if err != nil {
		return err
	}
	if !ok {
		return nil
	}
	for _, s := range sampling {
		v, isNumber := o.values[s.member].(json.Number)
		if !isNumber {
			continue
		}
		f, err := v.Float64()
		switch {
		case err != nil, s.whole && f != float64(int32(f)):
			m.note("%s of generation_config.json is left out: %s has no place in GGUF", s.member, v)
		case s.whole:
			m.keys.set("general.sampling."+s.key, int32(f))
		default:
			m.keys.set("general.sampling."+s.key, float32(f))
		}
	}
	return nil
}

func count(outputs []output) (n int64) {
	for _, o := range outputs {
		n += elements(o.shape)
	}
	return n
}

// sizeLabel is the number of parameters in words; of a mixture, the experts times what is
// shared and one expert of each layer.
func (m *source) sizeLabel(outputs []output) string {
	shared, expert, experts := int64(0), int64(0), 0
	for _, o := range outputs {
		if strings.Contains(o.name, "_exps.") {
			expert += elements(o.shape[1:])
			experts = o.shape[0]
		} else {
			shared += elements(o.shape)
		}
	}
	label := roundedCount(shared + expert)
	if experts > 0 {
		label = fmt.Sprintf("%dx%s", experts, label)
	}
	return label
}

// roundedCount writes a number with two digits at least and the suffix of its thousands.
func roundedCount(n int64) string {
	scaled, suffix := float64(n)*1e-3, "K"
	for _, s := range []struct {
		above  float64
		scale  float64
		suffix string
	}{{1e6, 1e-6, "M"}, {1e9, 1e-9, "B"}, {1e12, 1e-12, "T"}} {
		if float64(n) > s.above {
			scaled, suffix = float64(n)*s.scale, s.suffix
		}
	}
	digits := strings.TrimLeft(fmt.Sprintf("%.0f", scaled), "0")
	return fmt.Sprintf("%.*f%s", max(2-len(digits), 0), scaled, suffix)
}

// modelID is what the directory is called after: in a download cache, whose last folder is
// a hash, the model's own name.
func modelID(dir string) string {
	path, err := filepath.Abs(dir)
	if err != nil {
		path = dir
	}
	parent := filepath.Dir(path)
	if owner, name, ok := strings.Cut(strings.TrimPrefix(filepath.Base(filepath.Dir(parent)), "models--"), "--"); ok && filepath.Base(parent) == "snapshots" {
		return owner + "/" + name
	}
	return filepath.Base(path)
}
