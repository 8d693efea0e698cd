package checkpoint

import (
	"fmt"
	"slices"

	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/quant"
	"github.com/assaylab/assay/engine/recipe"
)

// Step is what becomes of one tensor.
type Step struct {
	Tensor     gguf.Tensor
	From, To   quant.Format
	Why        string    // what decided To; see recipe.Choice, and "kept" for what would go upward
	Search     bool      // without importance, search longer than the reference quantizer does
	importance []float32 // one weight per column, for each matrix of the tensor in turn; nil for none
}

// Bytes is the size of the tensor as it will be stored.
func (s Step) Bytes() int64 {
	if s.keeps() {
		return int64(len(s.Tensor.Data))
	}
	return int64(len(s.Tensor.Data)) / int64(s.From.BlockBytes) * int64(s.From.BlockElems) / int64(s.To.BlockElems) * int64(s.To.BlockBytes)
}

// Importable says whether the tensor's new format can make use of importance.
func (s Step) Importable() bool { return !s.keeps() && s.To.UsesImportance() }

// HasImportance says whether the importance of the tensor's columns is known.
func (s Step) HasImportance() bool { return s.importance != nil }

func (s Step) keeps() bool { return s.From.Type == s.To.Type }

// Importance says how much each column of a tensor's rows matters, by tensor name: the
// mean square of the activations it meets, for each matrix of the tensor in turn.
type Importance map[string][]float32

// Plan decides what becomes of every tensor of f, in the file's order. What the file
// stores with fewer bits than the recipe would is kept: stored with more it would be
// larger and no better. A recipe whose base is above what the file holds is an error,
// but for float formats, which widen exactly.
func Plan(f *gguf.File, r recipe.Recipe, overrides []recipe.Override, importance Importance) ([]Step, error) {
	tensors := make([]recipe.Tensor, len(f.Tensors))
	for i, t := range f.Tensors {
		tensors[i] = recipe.Tensor{Name: t.Name, Dims: t.Dims, Format: t.Type.String(), Experts: matrices(t)}
	}
	choices, err := r.Choose(shapeOf(f), tensors, recipe.Options{Overrides: overrides, Imatrix: importance != nil})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	steps := make([]Step, len(choices))
	for i, c := range choices {
		if steps[i], err = plan(f, f.Tensors[i], c, r); err != nil {
			return nil, err
		}
		if steps[i].keeps() {
			continue
		}
		if steps[i].importance, err = importance.of(f, f.Tensors[i]); err != nil {
			return nil, err
		}
	}
	return steps, nil
}

func plan(f *gguf.File, t gguf.Tensor, c recipe.Choice, r recipe.Recipe) (Step, error) {
	from, err := quant.ByType(uint32(t.Type))
	if err != nil {
		return Step{}, fmt.Errorf("%s: tensor %s: %w", f.Name, t.Name, err)
	}
	s := Step{Tensor: t, From: from, To: c.Format, Why: c.Why}
	widening := from.BlockElems == 1 && s.To.BlockElems == 1 // exact, for engines that read no other
	if s.keeps() || widening || from.Bits() >= s.To.Bits() {
		return s, nil
	}
	base, err := quant.ByName(r.Base)
	if err != nil {
		return s, err
	}
	if from.Bits() < base.Bits() && t.Name != headOf(f) {
		return s, fmt.Errorf("%s: tensor %s is %s, which holds less than %s: requantizing upward gains nothing", f.Name, t.Name, from, r.Name)
	}
	s.To, s.Why = from, "kept"
	return s, nil
}

// headOf names the output head, or the embedding that serves as one.
func headOf(f *gguf.File) string {
	if _, err := f.Tensor("output.weight"); err == nil {
		return "output.weight"
	}
	return "token_embd.weight"
}

// matrices is how many are stacked in a tensor.
func matrices(t gguf.Tensor) int {
	n := 1
	for _, d := range t.Dims[min(2, len(t.Dims)):] {
		n *= d
	}
	return n
}

// shapeOf reads what recipes depend on. A key that is missing counts as 0, with which
// the rules that need it stay silent.
func shapeOf(f *gguf.File) recipe.Shape {
	arch, _ := f.String("general.architecture")
	count := func(key string) int {
		n, err := f.Uint(arch + "." + key)
		if err != nil || n > 1<<20 {
			return 0
		}
		return int(n)
	}
	s := recipe.Shape{Layers: count("block_count"), Heads: count("attention.head_count"), KVHeads: count("attention.head_count_kv"), Experts: count("expert_count")}
	if s.KVHeads == 0 {
		s.KVHeads = s.Heads
	}
	return s
}

// of gives the importance of t's columns, nil where there is none.
func (m Importance) of(f *gguf.File, t gguf.Tensor) ([]float32, error) {
	v, ok := m[t.Name]
	if !ok {
		return nil, nil
	}
	if want := t.Dims[0] * matrices(t); len(v) != want {
		return nil, fmt.Errorf("%s: tensor %s: its importance has %d values, expected %d: was it collected from another model?", f.Name, t.Name, len(v), want)
	}
	return v, nil
}

// Requantize describes f with its tensors as planned: metadata and tensors for
// gguf.Write, which converts them as it writes.
func Requantize(f *gguf.File, r recipe.Recipe, steps []Step) ([]gguf.KV, []gguf.TensorData) {
	out := make([]gguf.TensorData, len(steps))
	for i, s := range steps {
		out[i] = s.Tensor.ToWrite()
		if !s.keeps() {
			out[i].Type = gguf.Type(s.To.Type)
			out[i].Write = s.write
		}
	}
	kvs := slices.DeleteFunc(slices.Clone(f.KVs), func(kv gguf.KV) bool {
		return kv.Key == "general.file_type" || kv.Key == "general.quantization_version"
	})
	kvs = append(kvs, gguf.KV{Key: "general.file_type", Value: r.FileType})
	if b, _ := quant.ByName(r.Base); b.BlockElems > 1 {
		kvs = append(kvs, gguf.KV{Key: "general.quantization_version", Value: uint32(2)})
	}
	return kvs, out
}
