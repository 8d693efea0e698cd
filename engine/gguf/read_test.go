package gguf

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestPythonFile reads what an independent writer wrote; see testdata/gen.py.
func TestPythonFile(t *testing.T) {
	f, err := Open(filepath.Join("testdata", "python.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := []KV{
		{"general.architecture", "llama"}, {"general.name", "naïve 模型"},
		{"t.uint8", uint8(200)}, {"t.int8", int8(-100)}, {"t.uint16", uint16(60000)}, {"t.int16", int16(-30000)},
		{"t.uint32", uint32(4000000000)}, {"t.int32", int32(-2000000000)}, {"t.uint64", uint64(1) << 63}, {"t.int64", int64(-1) << 62},
		{"t.float32", float32(0.1)}, {"t.float64", 0.1}, {"t.bool", true}, {"t.strings", []string{"", "a", "ü"}},
		{"t.int32s", []int32{1, -2, 3}}, {"t.float32s", []float32{0.5, -1.5}}, {"t.bools", []bool{true, false}},
		{"t.nested", []any{[]int32{1, 2}, []int32{3}}}, {"general.alignment", uint32(64)},
	}
	if !reflect.DeepEqual(f.KVs, want) {
		t.Errorf("metadata\n%v, want\n%v", f.KVs, want)
	}
	if f.Version != 3 || f.Alignment != 64 {
		t.Errorf("version %d, alignment %d", f.Version, f.Alignment)
	}
	blocks := make([]byte, 68)
	for i := range blocks {
		blocks[i] = byte(i)
	}
	for _, want := range []Tensor{
		{Name: "matrix", Dims: []int{3, 2}, Type: 0, Data: []byte{0, 0, 0, 0, 0, 0, 0x80, 0x3f, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40, 0, 0, 0x80, 0x40, 0, 0, 0xa0, 0x40}},
		{Name: "vector", Dims: []int{4}, Type: 1, Data: []byte{0, 0, 0, 0x3c, 0, 0x40, 0, 0x42}},
		{Name: "blocks", Dims: []int{32, 2}, Type: 8, Data: blocks},
	} {
		got, err := f.Tensor(want.Name)
		if err != nil {
			t.Fatal(err)
		}
		if got.Offset%64 != 0 {
			t.Errorf("%s at byte %d", got.Name, got.Offset)
		}
		want.Offset = got.Offset
		if !reflect.DeepEqual(got, want) {
			t.Errorf("tensor %v, want %v", got, want)
		}
	}
}

// TestPythonFileRewritten: the writer gives the independent writer's bytes.
func TestPythonFileRewritten(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "python.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	f := mustParse(t, data)
	var tensors []TensorData
	for _, tensor := range f.Tensors {
		tensors = append(tensors, tensor.ToWrite())
	}
	if got := mustWrite(t, f.KVs, tensors); !bytes.Equal(got, data) {
		t.Errorf("%d bytes, want the same %d", len(got), len(data))
	}
}

func TestBigEndianFile(t *testing.T) {
	_, err := Open(filepath.Join("testdata", "big-endian.gguf"))
	if err == nil || !strings.Contains(err.Error(), "big-endian.gguf: byte 4: header: found a big-endian file") {
		t.Errorf("error %v", err)
	}
}

func TestVersion2(t *testing.T) {
	data := mustWrite(t, sampleKVs(), sampleTensors())
	want := mustParse(t, data)
	old := bytes.Clone(data)
	old[4] = 2 // the layouts are the same
	got := mustParse(t, old)
	if got.Version != 2 {
		t.Errorf("version %d", got.Version)
	}
	sameFile(t, got, want)
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, test := range []struct{ name, path, want string }{
		{"missing", filepath.Join(dir, "none.gguf"), "none.gguf"},
		{"directory", dir, "regular file"},
		{"empty", write("empty.gguf", nil), "empty.gguf: byte 0: header: found 0 bytes"},
		{"text", write("text.gguf", []byte("hello, world")), `found magic "hell"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Open(test.path)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
	if _, err := Open(filepath.Join(dir, "none.gguf")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v is not os.ErrNotExist", err)
	}
}

func TestTensorDataIsTheFiles(t *testing.T) {
	data := mustWrite(t, nil, sampleTensors())
	for _, tensor := range mustParse(t, data).Tensors {
		if &tensor.Data[0] != &data[tensor.Offset] || cap(tensor.Data) != len(tensor.Data) {
			t.Errorf("%s is not a bounded slice of the file", tensor.Name)
		}
	}
}

func TestAnyOrderAndGaps(t *testing.T) {
	r := header(3, 2, 0).tensor("late", 24, 64, 3).tensor("early", 24, 0, 2).pad32()
	r.add(1, 2).zeros(62).add(3, 4, 5)
	f := mustParse(t, r.b)
	if !bytes.Equal(f.Tensors[0].Data, []byte{3, 4, 5}) || !bytes.Equal(f.Tensors[1].Data, []byte{1, 2}) {
		t.Errorf("tensors %v", f.Tensors)
	}
}

func TestClose(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.gguf")
	if err := WriteFile(path, sampleKVs(), sampleTensors()); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	if got, err := f.Strings("a.string"); err != nil || !slices.Equal(got, []string{"", "a", "ü", "\xff"}) {
		t.Errorf("after Close: %q, %v", got, err)
	}
}

func TestTensorMissing(t *testing.T) {
	f := mustParse(t, mustWrite(t, nil, sampleTensors()))
	_, err := f.Tensor("output.weight")
	if !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), `test.gguf: tensor "output.weight"`) {
		t.Errorf("error %v", err)
	}
}
