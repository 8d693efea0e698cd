package safetensors

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// toWrite has one byte value for each tensor, so that a byte in the wrong place shows.
func toWrite(sizes ...int) []TensorData {
	var list []TensorData
	for i, n := range sizes {
		data := bytes.Repeat([]byte{byte(i + 1)}, 2*n)
		list = append(list, TensorData{Name: string(rune('a' + i)), Type: BF16, Shape: []int{n}, Write: func(w io.Writer) error {
			_, err := w.Write(data)
			return err
		}})
	}
	return list
}

func TestWrite(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, toWrite(3, 0, 5)); err != nil {
		t.Fatal(err)
	}
	f, err := parse(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if f.Metadata["format"] != "pt" || len(f.Tensors) != 3 {
		t.Fatalf("found %+v", f)
	}
	for i, n := range []int{3, 0, 5} {
		got := f.Tensors[i]
		data := make([]byte, got.Size)
		if _, err := got.ReadAt(data, 0); err != nil || got.Size != int64(2*n) || got.Type != BF16 || !slices.Equal(got.Shape, []int{n}) {
			t.Errorf("tensor %d: %+v, %v", i, got, err)
		}
		if slices.ContainsFunc(data, func(v byte) bool { return v != byte(i+1) }) {
			t.Errorf("tensor %d has the bytes %v", i, data)
		}
	}
	if length := 8 + int(b.Bytes()[0]) + int(b.Bytes()[1])<<8; length%8 != 0 {
		t.Errorf("the data begin at byte %d, which is not aligned", length)
	}
}

func TestWriteDir(t *testing.T) {
	for _, c := range []struct {
		name  string
		sizes []int
		limit int64
		files map[string]int // tensors by file
	}{
		{"one file", []int{2, 3}, 10, map[string]int{SingleFile: 2}},
		{"one more byte than fits", []int{2, 3}, 9, map[string]int{"model-00001-of-00002.safetensors": 1, "model-00002-of-00002.safetensors": 1}},
		{"a tensor above the limit", []int{1, 9, 1}, 4, map[string]int{
			"model-00001-of-00003.safetensors": 1, "model-00002-of-00003.safetensors": 1, "model-00003-of-00003.safetensors": 1}},
		{"greedy", []int{1, 1, 2, 1}, 4, map[string]int{"model-00001-of-00003.safetensors": 2, "model-00002-of-00003.safetensors": 1, "model-00003-of-00003.safetensors": 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := WriteDir(dir, toWrite(c.sizes...), c.limit); err != nil {
				t.Fatal(err)
			}
			s, err := OpenDir(dir) // holds the index against the files
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			got := map[string]int{}
			for _, f := range s.Files {
				got[filepath.Base(f.Name)] = len(f.Tensors)
			}
			if !maps.Equal(got, c.files) || len(s.Tensors) != len(c.sizes) {
				t.Errorf("found %v, want %v", got, c.files)
			}
		})
	}
}

func TestWriteRefuses(t *testing.T) {
	broken := errors.New("broken")
	write := func(data []byte, err error) func(io.Writer) error {
		return func(w io.Writer) error {
			_, _ = w.Write(data) // an error that a writer forgets is found all the same
			return err
		}
	}
	one := func(name string, dtype Type, shape []int, write func(io.Writer) error) []TensorData {
		return []TensorData{{Name: name, Type: dtype, Shape: shape, Write: write}}
	}
	for _, c := range []struct {
		name    string
		tensors []TensorData
		says    string
	}{
		{"too few bytes", one("w", F32, []int{2}, write(make([]byte, 4), nil)), "found 4 bytes of data, expected 8"},
		{"too many bytes", one("w", F32, []int{1}, write(make([]byte, 8), nil)), "found at least 4 more bytes"},
		{"a failing tensor", one("w", F32, []int{1}, write(make([]byte, 4), broken)), "broken"},
		{"unknown type", one("w", "F33", []int{1}, write(nil, nil)), `found "F33"`},
		{"negative dimension", one("w", F32, []int{-1}, write(nil, nil)), "no negative dimension"},
		{"reserved name", one("__metadata__", F32, []int{1}, write(nil, nil)), "does not allow"},
		{"name twice", append(toWrite(1), toWrite(1)...), "found twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := WriteDir(dir, c.tensors, 1<<20); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want one that says %q", err, c.says)
			}
		})
	}
	if err := WriteDir(filepath.Join(t.TempDir(), "none"), toWrite(1), 1); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing directory gave %v", err)
	}
}

// FuzzWrite: what is written is read as the same.
func FuzzWrite(f *testing.F) {
	f.Add("w", uint8(3), "lm_head.weight", uint8(0))
	f.Add(`"\`+"\u2028", uint8(1), "é<&>", uint8(2))
	f.Fuzz(func(t *testing.T, first string, n uint8, second string, m uint8) {
		list := toWrite(int(n), int(m))
		list[0].Name, list[1].Name = first, second
		dir := t.TempDir()
		if err := WriteDir(dir, list, 1<<20); err != nil {
			return
		}
		s, err := OpenDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for _, got := range s.Tensors {
			if got.Name != first && got.Name != second {
				t.Errorf("found %q, wrote %q and %q", got.Name, first, second)
			}
		}
	})
}
