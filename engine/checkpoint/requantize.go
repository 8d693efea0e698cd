package checkpoint

import (
	"fmt"
	"io"

	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/quant"
)

// precision ranks formats: requantizing never goes to a higher rank, which would
// store more bits than there is information and call it more precise.
var precision = map[string]int{"F32": 5, "F16": 4, "BF16": 4, "Q8_0": 3, "Q4_1": 2, "Q4_0": 1}

// step is what becomes of one tensor.
type step struct {
	tensor   gguf.Tensor
	from, to quant.Format
}

// Requantize describes f with its matrices stored as to: metadata and tensors for
// gguf.Write. Vectors stay as they are. With a 4-bit format the output head, or the
// embedding that serves as one, takes Q8_0: it is read once per token and hurts most.
// Nothing is requantized upward; asking for it is an error.
func Requantize(f *gguf.File, to quant.Format) ([]gguf.KV, []gguf.TensorData, error) {
	q8, err := quant.ByName("Q8_0")
	if err != nil {
		return nil, nil, err
	}
	head := "output.weight"
	if _, err := f.Tensor(head); err != nil {
		head = "token_embd.weight"
	}
	var out []gguf.TensorData
	for _, t := range f.Tensors {
		target := to
		if t.Name == head && precision[to.Name] < precision[q8.Name] {
			target = q8
			if precision[t.Type.String()] < precision[q8.Name] { // already below: keep what there is
				out = append(out, t.ToWrite())
				continue
			}
		}
		d, err := requantized(f, t, target)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, d)
	}
	return withFileType(f.KVs, to), out, nil
}

func requantized(f *gguf.File, t gguf.Tensor, to quant.Format) (gguf.TensorData, error) {
	keep := t.ToWrite()
	if len(t.Dims) < 2 {
		return keep, nil
	}
	from, err := quant.ByType(uint32(t.Type))
	if err != nil {
		return keep, fmt.Errorf("%s: tensor %s: %w", f.Name, t.Name, err)
	}
	switch {
	case from.Type == to.Type:
		return keep, nil
	case precision[from.Name] < precision[to.Name]:
		return keep, fmt.Errorf("%s: tensor %s is %s, which holds less than %s: requantizing upward gains nothing", f.Name, t.Name, from, to)
	case !to.Fits(t.Dims[0]):
		return keep, fmt.Errorf("%s: tensor %s has rows of %d, not a multiple of %s's %d", f.Name, t.Name, t.Dims[0], to, to.BlockElems)
	}
	keep.Type = gguf.Type(to.Type)
	keep.Write = step{t, from, to}.write
	return keep, nil
}

// write converts the tensor row by row.
func (s step) write(w io.Writer) error {
	cols := s.tensor.Dims[0]
	values, row := make([]float32, cols), make([]byte, s.to.RowBytes(cols))
	size := s.from.RowBytes(cols)
	for at := 0; at < len(s.tensor.Data); at += size {
		s.from.Dequantize(values, s.tensor.Data[at:at+size])
		s.to.Quantize(row, values)
		if _, err := w.Write(row); err != nil {
			return err
		}
	}
	return nil
}

// Format names the format that most of f's matrices have, by bytes, the head's apart.
func Format(f *gguf.File) string {
	size, best := map[string]int{}, ""
	for _, t := range f.Tensors {
		if len(t.Dims) < 2 || t.Name == "token_embd.weight" || t.Name == "output.weight" {
			continue
		}
		name := t.Type.String()
		size[name] += len(t.Data)
		if best == "" || size[name] > size[best] {
			best = name
		}
	}
	return best
}

// fileTypes are the ids of general.file_type, as llama.cpp numbers them.
var fileTypes = map[string]uint32{"F32": 0, "F16": 1, "Q4_0": 2, "Q4_1": 3, "Q8_0": 7, "BF16": 32}

func withFileType(kvs []gguf.KV, to quant.Format) []gguf.KV {
	out := make([]gguf.KV, 0, len(kvs)+1)
	for _, kv := range kvs {
		if kv.Key != "general.file_type" {
			out = append(out, kv)
		}
	}
	return append(out, gguf.KV{Key: "general.file_type", Value: fileTypes[to.Name]})
}

// Mixed says whether f's matrices have more than one format, the head's apart.
func Mixed(f *gguf.File) bool {
	main := Format(f)
	for _, t := range f.Tensors {
		if len(t.Dims) >= 2 && t.Name != "token_embd.weight" && t.Name != "output.weight" && t.Type.String() != main {
			return true
		}
	}
	return false
}
