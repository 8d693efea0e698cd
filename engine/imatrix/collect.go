package imatrix

import (
	"context"
	"slices"
	"unsafe"

	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/internal/par"
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/engine/model"
)

// Collection is what Collect runs.
type Collection struct {
	File     *gguf.File
	Model    *model.Model // of File
	Dataset  string       // name of the text
	Chunks   [][]int32    // of the text, each read from an empty context
	Threads  int
	Progress func(done int) // hears of finished chunks; nil for nobody
}

// rowsPerPass bounds the activations that are held at once.
const rowsPerPass = 256

// Collect runs the model over the chunks and sums the squares of what every weight
// matrix's columns meet, at every position. The head is left out: it is stored with
// many bits in any case. Interrupted, it returns what it has with the context's error.
func Collect(ctx context.Context, c Collection) (*Matrix, error) {
	length := 0
	for _, chunk := range c.Chunks {
		length = max(length, len(chunk))
	}
	pool := par.New(c.Threads)
	defer pool.Close()
	cache, err := model.NewCache(c.Model, "f32", 1, max(1, length))
	if err != nil {
		return nil, err
	}
	s := model.NewState(c.Model, cache, pool)
	o := newObserver(c.File)
	s.Observe(o.see)
	m := &Matrix{Datasets: []string{c.Dataset}, ChunkSize: length, Entries: o.entries}
	for _, chunk := range c.Chunks {
		if err := read(ctx, s, chunk); err != nil {
			return m, err
		}
		m.Chunks++
		if c.Progress != nil {
			c.Progress(m.Chunks)
		}
	}
	return m, nil
}

// read runs one chunk. Logits are asked for once, since a pass has to want some.
func read(ctx context.Context, s *model.State, chunk []int32) error {
	var p model.Pass
	for at := 0; at < len(chunk); at += rowsPerPass {
		if err := ctx.Err(); err != nil {
			return err
		}
		p.Reset()
		end := min(at+rowsPerPass, len(chunk))
		p.Add(at, []int32{0}, chunk[at:end]...)
		p.Logits = append(p.Logits, int32(end-at-1))
		s.Forward(&p)
	}
	return nil
}

// observer adds up the inputs of matrix products, by the tensor that the matrix lies in.
type observer struct {
	tensors []gguf.Tensor // the matrices, by address
	entries map[string]Entry
}

func newObserver(f *gguf.File) *observer {
	o := &observer{entries: map[string]Entry{}}
	for _, t := range f.Tensors {
		if len(t.Dims) < 2 || t.Name == "token_embd.weight" || t.Name == "output.weight" {
			continue
		}
		n := 1
		for _, d := range t.Dims[2:] {
			n *= d
		}
		o.tensors = append(o.tensors, t)
		o.entries[t.Name] = Entry{Sums: make([]float32, n*t.Dims[0]), Counts: make([]float32, n)}
	}
	slices.SortFunc(o.tensors, func(a, b gguf.Tensor) int {
		if address(a.Data) < address(b.Data) {
			return -1
		}
		return 1
	})
	return o
}

func address(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }

// see adds x to the matrix that w begins. Parts that begin further down, as keys and
// values do where they share a tensor with queries, have the same input: it counts once.
func (o *observer) see(w kernel.Rows, x *kernel.Batch) {
	i, found := slices.BinarySearchFunc(o.tensors, address(w.Data), func(t gguf.Tensor, at uintptr) int {
		switch start := address(t.Data); {
		case at < start:
			return 1
		case at >= start+uintptr(len(t.Data)):
			return -1
		}
		return 0
	})
	if !found {
		return // the head
	}
	t := o.tensors[i]
	row := int(address(w.Data)-address(t.Data)) / w.Stride
	if row%t.Dims[1] != 0 {
		return
	}
	e, matrix := o.entries[t.Name], row/t.Dims[1]
	sums := e.Sums[matrix*w.Cols : (matrix+1)*w.Cols]
	for r := range x.Rows {
		for j, v := range x.Row(r) {
			sums[j] += v * v
		}
	}
	e.Counts[matrix] += float32(x.Rows)
}
