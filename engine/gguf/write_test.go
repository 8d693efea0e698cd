package gguf

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestRoundTrip(t *testing.T) {
	data := mustWrite(t, sampleKVs(), sampleTensors())
	f := mustParse(t, data)
	if !reflect.DeepEqual(f.KVs, sampleKVs()) {
		t.Errorf("metadata\n%v, want\n%v", f.KVs, sampleKVs())
	}
	var again []TensorData
	for i, want := range sampleTensors() {
		var b bytes.Buffer
		if err := want.Write(&b); err != nil {
			t.Fatal(err)
		}
		got := f.Tensors[i]
		if got.Name != want.Name || got.Type != want.Type || !reflect.DeepEqual(got.Dims, want.Dims) || !bytes.Equal(got.Data, b.Bytes()) {
			t.Errorf("tensor %v, want %q %v %v %x", got, want.Name, want.Type, want.Dims, b.Bytes())
		}
		again = append(again, got.ToWrite())
	}
	if !bytes.Equal(mustWrite(t, f.KVs, again), data) {
		t.Error("writing what was read gives other bytes")
	}
}

func TestWriteEmpty(t *testing.T) {
	data := mustWrite(t, nil, nil)
	if want := header(3, 0, 0).b; !bytes.Equal(data, want) {
		t.Errorf("%x, want %x", data, want)
	}
	if f := mustParse(t, data); len(f.KVs) != 0 || len(f.Tensors) != 0 {
		t.Errorf("read back as %v", f)
	}
}

func TestWriteAlignment(t *testing.T) {
	for _, alignment := range []uint32{1, 8, 32, 256, 4096} {
		data := mustWrite(t, []KV{{alignmentKey, alignment}}, sampleTensors())
		f := mustParse(t, data)
		if f.Alignment != int(alignment) || len(data)%int(alignment) != 0 {
			t.Errorf("alignment %d of %d bytes, want %d", f.Alignment, len(data), alignment)
		}
		for _, tensor := range f.Tensors {
			if tensor.Offset%int64(alignment) != 0 {
				t.Errorf("alignment %d: %s at %d", alignment, tensor.Name, tensor.Offset)
			}
		}
	}
}

// TestWriteInPieces gives the same bytes however a tensor's data arrive.
func TestWriteInPieces(t *testing.T) {
	want := mustWrite(t, nil, sampleTensors())
	tensors := sampleTensors()
	for i := range tensors {
		whole := tensors[i].Write
		tensors[i].Write = func(w io.Writer) error {
			var b bytes.Buffer
			if err := whole(&b); err != nil {
				return err
			}
			for b.Len() > 0 {
				if _, err := w.Write(b.Next(5)); err != nil {
					return err
				}
			}
			return nil
		}
	}
	if got := mustWrite(t, nil, tensors); !bytes.Equal(got, want) {
		t.Error("other bytes")
	}
}

var errSource = errors.New("source broke")

// badWrites are refused before (clean) or after the first byte.
var badWrites = []struct {
	name    string
	kvs     []KV
	tensors []TensorData
	want    string
	late    bool
}{
	{"key-twice", []KV{{"a", true}, {"a", false}}, nil, `key "a": found twice`, false},
	{"key-empty", []KV{{"", true}}, nil, "name of 0 bytes", false},
	{"key-long", []KV{{strings.Repeat("k", maxKeyLen+1), true}}, nil, "name of 65536 bytes", false},
	{"value-int", []KV{{"a", 3}}, nil, `key "a": found a value of Go type int`, false},
	{"value-nil", []KV{{"a", nil}}, nil, "Go type <nil>", false},
	{"value-in-array", []KV{{"a", []any{uint8(1)}}}, nil, "array element of Go type uint8", false},
	{"nesting", []KV{{"a", []any{[]any{[]any{[]any{[]any{}}}}}}}, nil, "nested 5 deep", false},
	{"alignment-0", []KV{{alignmentKey, uint32(0)}}, nil, "alignment 0", false},
	{"alignment-48", []KV{{alignmentKey, uint32(48)}}, nil, "alignment 48", false},
	{"alignment-type", []KV{{alignmentKey, int32(32)}}, nil, "found int32, expected uint32", false},
	{"name-empty", nil, []TensorData{{"", []int{1}, 0, Bytes(sequence(4))}}, "name of 0 bytes", false},
	{"name-long", nil, []TensorData{{strings.Repeat("n", 65), []int{1}, 0, Bytes(sequence(4))}}, "name of 65 bytes", false},
	{"name-twice", nil, []TensorData{{"x", []int{1}, 0, Bytes(sequence(4))}, {"x", []int{1}, 0, Bytes(sequence(4))}}, `tensor "x": found twice`, false},
	{"shape", nil, []TensorData{{"x", []int{33}, 8, Bytes(sequence(4))}}, `tensor "x": found rows of 33`, false},
	{"size", nil, []TensorData{{"x", []int{1 << 30, 1 << 30, 4}, 24, nil}, {"y", []int{1 << 30, 1 << 30, 4}, 24, nil}}, `fits in memory`, false},
	{"short", nil, []TensorData{{"x", []int{2}, 0, Bytes(sequence(7))}}, `tensor "x": found 7 bytes of data, expected 8`, true},
	{"long", nil, []TensorData{{"x", []int{2}, 0, Bytes(sequence(9))}}, "at least 1 more bytes", true},
	{"long-ignored", nil, []TensorData{{"x", []int{2}, 0, func(w io.Writer) error { _, _ = w.Write(sequence(9)); return nil }}}, "at least 1 more bytes", true},
	{"source", nil, []TensorData{{"x", []int{2}, 0, func(io.Writer) error { return errSource }}}, `tensor "x": source broke`, true},
}

func TestWriteErrors(t *testing.T) {
	for _, test := range badWrites {
		t.Run(test.name, func(t *testing.T) {
			var b bytes.Buffer
			err := Write(&b, test.kvs, test.tensors)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "write GGUF: ") {
				t.Errorf("error %.300v, want %q", err, test.want)
			}
			if !test.late && b.Len() > 0 {
				t.Errorf("%d bytes were written", b.Len())
			}
		})
	}
}

// failing is a full disk.
type failing struct{ left int }

var errFull = errors.New("disk full")

func (f *failing) Write(p []byte) (int, error) {
	if len(p) > f.left {
		return 0, errFull
	}
	f.left -= len(p)
	return len(p), nil
}

func TestWriteToFullDisk(t *testing.T) {
	tensors := []TensorData{{"big", []int{1 << 15}, 0, Bytes(make([]byte, 1<<17))}}
	for _, room := range []int{0, 10, 1 << 16, 1 << 17} {
		if err := Write(&failing{room}, sampleKVs(), tensors); !errors.Is(err, errFull) {
			t.Errorf("room for %d bytes: %v", room, err)
		}
	}
}

func TestWriteFileLeavesNothing(t *testing.T) {
	for _, test := range badWrites {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "model.gguf")
			if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
				t.Fatal(err)
			}
			err := WriteFile(path, test.kvs, test.tensors)
			if err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("error %.300v, want one naming %s", err, path)
			}
			expectOnly(t, dir, "model.gguf", []byte("old"))
		})
	}
}

func TestWriteFilePanic(t *testing.T) {
	dir := t.TempDir()
	func() {
		defer func() { _ = recover() }()
		_ = WriteFile(filepath.Join(dir, "model.gguf"), nil, []TensorData{{"x", []int{1}, 0, func(io.Writer) error { panic("source") }}})
		t.Error("no panic")
	}()
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("left %v, %v", entries, err)
	}
}

func TestWriteFileReplaces(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "model.gguf")
	if err := WriteFile(path, sampleKVs(), sampleTensors()); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	// Onto itself: the mapping stays that of the old file.
	if err := WriteFile(path, f.KVs[:1], []TensorData{f.Tensors[1].ToWrite()}); err != nil {
		t.Fatal(err)
	}
	expectOnly(t, dir, "model.gguf", mustWrite(t, sampleKVs()[:1], sampleTensors()[1:2]))
}

func TestWriteFileNoDirectory(t *testing.T) {
	if err := WriteFile(filepath.Join(t.TempDir(), "none", "model.gguf"), nil, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

func expectOnly(t *testing.T, dir, name string, want []byte) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 || entries[0].Name() != name {
		t.Errorf("files %v, want only %s", entries, name)
	}
	if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s has %d bytes (%v), want the %d expected", name, len(got), err, len(want))
	}
}
