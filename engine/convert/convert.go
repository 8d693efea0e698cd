package convert

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/quant"
	"github.com/assaylab/assay/engine/safetensors"
)

// Auto is the type that keeps BF16 matrices and makes all others F16.
const Auto = "auto"

// Types are what matrices can be stored in.
func Types() []string { return []string{"F32", "F16", "BF16", Auto} }

// Model is a model's directory, ready to be written as a GGUF file.
type Model struct {
	KVs     []gguf.KV
	Tensors []gguf.TensorData // their Write reads from the directory, until Close

	summary Summary
	set     *safetensors.Set
	lost    *losses
}

// Summary is what a conversion is told by.
type Summary struct {
	Architecture string   `json:"architecture"`
	Name         string   `json:"name"`
	Type         string   `json:"type"` // of the matrices
	Parameters   int64    `json:"parameters"`
	Tensors      int      `json:"tensors"`
	Bytes        int64    `json:"bytes"` // of all tensors' data
	Tokenizer    string   `json:"tokenizer"`
	Warnings     []string `json:"warnings"`
}

// Options are what a directory does not say.
type Options struct {
	Type string // of the matrices: one of Types
	Name string // of the model; empty for what its files and its directory are called
}

// Open reads the configuration, the tokenizer and the headers of the weights in a
// directory.
func Open(dir string, o Options) (*Model, error) {
	if err := checkType(o.Type); err != nil {
		return nil, err
	}
	m, err := readSource(dir)
	if err != nil {
		return nil, err
	}
	if m.set, err = safetensors.OpenDir(dir); err != nil {
		return nil, err
	}
	model, err := m.model(o)
	if err != nil {
		return nil, errors.Join(err, m.set.Close())
	}
	return model, nil
}

func checkType(to string) error {
	for _, t := range Types() {
		if t == to {
			return nil
		}
	}
	return fmt.Errorf("type: found %q, expected one of %v", to, Types())
}

// model puts the parts together. The order of the keys is that of the reference
// converter, so that files can be compared byte by byte.
func (m *source) model(o Options) (*Model, error) {
	m.keys.set("general.architecture", m.arch.name)
	outputs, err := m.outputs()
	if err != nil {
		return nil, err
	}
	format, err := m.format(o.Type)
	if err != nil {
		return nil, err
	}
	formats(outputs, format)
	if err := m.describeGeneral(outputs, o.Name); err != nil {
		return nil, err
	}
	m.arch.describe(m)
	m.keys.set(fileTypeKey, fileTypes[format.Name])
	m.keys.set("general.quantization_version", uint32(2))
	tokenizer, err := m.describeTokenizer()
	if err := errors.Join(err, m.config.err()); err != nil {
		return nil, err
	}
	return m.finish(outputs, format, tokenizer), nil
}

// format resolves auto by the first matrix of the weights.
func (m *source) format(to string) (quant.Format, error) {
	if to != Auto {
		return quant.ByName(to)
	}
	for _, t := range m.set.Tensors {
		if len(t.Shape) >= 2 && (t.Type == safetensors.BF16 || t.Type == safetensors.F16) {
			return quant.ByName(string(t.Type))
		}
	}
	return quant.ByName("F16")
}

func (m *source) finish(outputs []output, format quant.Format, tokenizer string) *Model {
	model := &Model{KVs: m.keys.list, set: m.set, lost: &losses{}}
	name, _ := m.keys.value("general.name").(string)
	model.summary = Summary{
		Architecture: m.arch.name, Name: first(name, filepath.Base(m.dir)), Type: format.Name, Parameters: count(outputs),
		Tensors: len(outputs), Tokenizer: tokenizer, Warnings: m.notes,
	}
	for _, o := range outputs {
		model.summary.Bytes += elements(o.shape) * int64(o.format.BlockBytes)
		model.Tensors = append(model.Tensors, o.tensorData(model.lost))
	}
	return model
}

// Summary is complete once the tensors have been written: only then are values known that
// the format cannot hold.
func (m *Model) Summary() Summary {
	s := m.summary
	s.Warnings = append([]string{}, append(s.Warnings, m.lost.notes()...)...)
	return s
}

// Close closes the weights.
func (m *Model) Close() error { return m.set.Close() }
