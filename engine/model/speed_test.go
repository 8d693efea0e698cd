package model_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/internal/cpu"
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/engine/quant"
)

// shape is one kind of forward pass that serving makes.
type shape struct {
	name            string
	sequences, rows int // rows of each sequence
	logits          int // wanted of each sequence's rows, the last ones
}

var passShapes = []shape{
	{"decode1", 1, 1, 1}, {"decode2", 2, 1, 1}, {"decode4", 4, 1, 1}, {"decode8", 8, 1, 1},
	{"verify5", 1, 5, 5}, {"prefill256", 1, 256, 1},
}

// BenchmarkForward is the speed of one thread in rows per second, which for decode
// and prefill are tokens, by kernel set, weight format and kind of pass.
func BenchmarkForward(b *testing.B) {
	for _, set := range kernel.Sets(cpu.Detect()) {
		for _, format := range []string{"BF16", "Q8_0", "Q4_0", "Q4_1", "F16", "F32"} {
			var m *model.Model
			for _, p := range passShapes {
				b.Run(fmt.Sprint(set.Name, "/", format, "/", p.name), func(b *testing.B) {
					if m == nil {
						m = requantized(b, "../models/gopherling-7m-bf16.gguf", format, set)
					}
					forward(b, m, p)
				})
			}
		}
	}
}

// forward measures passes at position 64, or earlier where the rows would not fit behind it.
func forward(b *testing.B, m *model.Model, shape shape) {
	const context = 256
	s := newState(b, m, "bf16", context*shape.sequences, 1)
	ids := readReference(b, "gopherling-7m").Windows[0].IDs
	var p model.Pass
	for i := range shape.sequences {
		own := blocks(context / 16)
		for j := range own {
			own[j] += int32(i * context / 16)
		}
		p.Add(min(64, context-shape.rows), own, ids[:shape.rows]...)
		for j := shape.rows - shape.logits; j < shape.rows; j++ {
			p.Logits = append(p.Logits, int32(i*shape.rows+j))
		}
	}
	for b.Loop() {
		s.Forward(&p)
	}
	b.ReportMetric(float64(b.N*len(p.Tokens))/b.Elapsed().Seconds(), "tok/s")
}

// requantized is the model with its matrices stored in another format, where their rows
// divide into its blocks.
func requantized(t testing.TB, path, format string, kernels *kernel.Set) *model.Model {
	f, err := gguf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var formats []quant.Format
	for name := range strings.SplitSeq(format, "+") {
		to, err := quant.ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		formats = append(formats, to)
	}
	var tensors []gguf.TensorData
	for i, w := range f.Tensors {
		tensors = append(tensors, inFormat(t, w, formats[i%len(formats)]))
	}
	var file bytes.Buffer
	if err := gguf.Write(&file, slices.DeleteFunc(slices.Clone(f.KVs), func(kv gguf.KV) bool { return kv.Key == "general.file_type" }), tensors); err != nil {
		t.Fatal(err)
	}
	parsed, err := gguf.Parse(path, file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.Load(parsed, kernels)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func inFormat(t testing.TB, w gguf.Tensor, to quant.Format) gguf.TensorData {
	if len(w.Dims) < 2 || !to.Fits(w.Dims[0]) {
		return w.ToWrite()
	}
	from, err := quant.ByType(uint32(w.Type))
	if err != nil {
		t.Fatal(err)
	}
	n := 1
	for _, d := range w.Dims {
		n *= d
	}
	values := make([]float32, n)
	from.Dequantize(values, w.Data)
	data := make([]byte, to.RowBytes(n))
	to.Quantize(data, values)
	return gguf.TensorData{Name: w.Name, Dims: w.Dims, Type: gguf.Type(to.Type), Write: gguf.Bytes(data)}
}
