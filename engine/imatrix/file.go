package imatrix

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/assaylab/assay/engine/gguf"
)

// Matrix is an importance matrix.
type Matrix struct {
	Datasets  []string // texts it was collected on
	Chunks    int      // of the text
	ChunkSize int      // tokens of a chunk
	Entries   map[string]Entry
}

// Entry is what one weight tensor's columns met. A tensor of several matrices, one for
// each expert, has as many counts, and sums for each in turn.
type Entry struct {
	Sums   []float32 // (matrices x columns): sums of squares
	Counts []float32 // (matrices): rows that were summed
}

// Importance is the mean square of every column, by tensor; 1 for all columns of a
// matrix that no row met, which tells its columns apart no further.
func (m *Matrix) Importance() map[string][]float32 {
	out := make(map[string][]float32, len(m.Entries))
	for name, e := range m.Entries {
		cols := len(e.Sums) / len(e.Counts)
		v := make([]float32, len(e.Sums))
		for i, sum := range e.Sums {
			v[i] = 1
			if n := e.Counts[i/cols]; n > 0 {
				v[i] = sum / n
			}
		}
		out[name] = v
	}
	return out
}

// Keys and suffixes of the GGUF layout.
const (
	typeKey, typeName       = "general.type", "imatrix"
	datasetsKey             = "imatrix.datasets"
	chunksKey, chunkSizeKey = "imatrix.chunk_count", "imatrix.chunk_size"
	sumsSuffix, countSuffix = ".in_sum2", ".counts"
)

// Open reads the file at path, in either layout.
func Open(path string) (*Matrix, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, data)
}

// Parse reads data; name is used in errors.
func Parse(name string, data []byte) (*Matrix, error) {
	if !bytes.HasPrefix(data, []byte("GGUF")) {
		return parseLegacy(name, data)
	}
	f, err := gguf.Parse(name, data)
	if err != nil {
		return nil, err
	}
	if kind, err := f.String(typeKey); err != nil || kind != typeName {
		return nil, fmt.Errorf("%s: %s is %q, expected %q: this is no importance matrix", name, typeKey, kind, typeName)
	}
	m := &Matrix{Entries: map[string]Entry{}}
	m.Datasets, _ = f.Strings(datasetsKey) // these three say where it came from and may be missing
	m.Chunks, m.ChunkSize = small(f, chunksKey), small(f, chunkSizeKey)
	for _, t := range f.Tensors {
		tensor, ok := strings.CutSuffix(t.Name, sumsSuffix)
		if !ok {
			continue
		}
		if err := m.read(f, tensor); err != nil {
			return nil, err
		}
	}
	return m, m.check(name)
}

func small(f *gguf.File, key string) int {
	n, err := f.Uint(key)
	if err != nil || n > math.MaxInt32 {
		return 0
	}
	return int(n)
}

func (m *Matrix) read(f *gguf.File, tensor string) error {
	sums, err := floats(f, tensor+sumsSuffix)
	if err != nil {
		return err
	}
	counts, err := floats(f, tensor+countSuffix)
	m.Entries[tensor] = Entry{sums, counts}
	return err
}

func floats(f *gguf.File, name string) ([]float32, error) {
	t, err := f.Tensor(name)
	if err != nil {
		return nil, err
	}
	if t.Type.String() != "F32" {
		return nil, fmt.Errorf("%s: tensor %s is %s, expected F32", f.Name, name, t.Type)
	}
	out := make([]float32, len(t.Data)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(t.Data[4*i:]))
	}
	return out, nil
}

func (m *Matrix) check(name string) error {
	if len(m.Entries) == 0 {
		return fmt.Errorf("%s: the importance matrix is empty", name)
	}
	bad := func(v float32) bool { return !(v >= 0) || math.IsInf(float64(v), 0) }
	for tensor, e := range m.Entries {
		switch {
		case len(e.Counts) == 0 || len(e.Sums)%len(e.Counts) != 0:
			return fmt.Errorf("%s: %s has %d sums and %d counts, expected whole rows of sums for each count", name, tensor, len(e.Sums), len(e.Counts))
		case slices.ContainsFunc(e.Sums, bad) || slices.ContainsFunc(e.Counts, bad):
			return fmt.Errorf("%s: %s holds a sum or count that is no finite number from 0", name, tensor)
		}
	}
	return nil
}

// Write stores m at path, whole or not at all.
func (m *Matrix) Write(path string) error {
	kvs := []gguf.KV{
		{Key: typeKey, Value: typeName}, {Key: datasetsKey, Value: m.Datasets},
		{Key: chunksKey, Value: uint32(m.Chunks)}, {Key: chunkSizeKey, Value: uint32(m.ChunkSize)},
	}
	var names []string
	for n := range m.Entries {
		names = append(names, n)
	}
	slices.Sort(names)
	var tensors []gguf.TensorData
	for _, n := range names {
		e := m.Entries[n]
		cols := len(e.Sums) / len(e.Counts)
		tensors = append(tensors, tensor(n+sumsSuffix, e.Sums, cols, len(e.Counts)), tensor(n+countSuffix, e.Counts, 1, len(e.Counts)))
	}
	return gguf.WriteFile(path, kvs, tensors)
}

func tensor(name string, v []float32, dims ...int) gguf.TensorData {
	data := make([]byte, 0, 4*len(v))
	for _, x := range v {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(x))
	}
	return gguf.TensorData{Name: name, Dims: dims, Type: 0, Write: gguf.Bytes(data)}
}
