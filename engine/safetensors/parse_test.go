package safetensors

import (
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	f, err := parse(file(twoTensors, 1, 2, 3, 4, 5, 6, 7, 8))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Tensors) != 2 || f.Metadata["format"] != "pt" {
		t.Fatalf("found %+v", f)
	}
	a, b := f.Tensors[0], f.Tensors[1]
	if a.Name != "a" || a.Type != BF16 || !slices.Equal(a.Shape, []int{2, 1}) || a.Size != 4 || b.Name != "b" || b.Type != F32 {
		t.Errorf("found %+v and %+v", a, b)
	}
	var got [4]byte
	for _, c := range []struct {
		tensor Tensor
		want   [4]byte
	}{{a, [4]byte{1, 2, 3, 4}}, {b, [4]byte{5, 6, 7, 8}}} {
		if _, err := c.tensor.ReadAt(got[:], 0); err != nil || got != c.want {
			t.Errorf("%s: found %v, %v, want %v", c.tensor.Name, got, err, c.want)
		}
	}
	if n, err := a.ReadAt(got[:], 2); n != 2 || err == nil || !strings.Contains(err.Error(), io.EOF.Error()) {
		t.Errorf("a read past the tensor's end gave %d bytes and %v", n, err)
	}
}

func TestParseEmptyAndScalar(t *testing.T) {
	if f, err := parse(file(`{}`)); err != nil || len(f.Tensors) != 0 {
		t.Errorf("no tensors: %v", err)
	}
	f, err := parse(file(`{"s":{"dtype":"F64","shape":[],"data_offsets":[0,8]},"e":{"dtype":"F32","shape":[0,3],"data_offsets":[8,8]}}`, make([]byte, 8)...))
	if err != nil {
		t.Fatal(err)
	}
	if f.Tensors[0].Size != 0 || f.Tensors[1].Size != 8 {
		t.Errorf("found %+v", f.Tensors)
	}
}

func TestParseRefuses(t *testing.T) {
	tensor := func(dtype, shape, offsets string) []byte {
		return file(`{"w":{"dtype":`+dtype+`,"shape":`+shape+`,"data_offsets":`+offsets+`}}`, make([]byte, 8)...)
	}
	for _, c := range []struct {
		name string
		data []byte
		says string
	}{
		{"empty file", nil, "found 0 bytes"},
		{"header cut off", file(twoTensors)[:20], "expected at most 12"},
		{"header of 2^63 bytes", slices.Concat([]byte{0, 0, 0, 0, 0, 0, 0, 0x80}, make([]byte, 8)), "found a header of 9223372036854775808 bytes"},
		{"not an object", file(`[]`), "expected a JSON object"},
		{"not JSON", file(`{"a" 1}`), "expected colon"},
		{"no end", file(`{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`), "EOF"},
		{"text after the object", file(`{} x`), "expected spaces"},
		{"name twice", file(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1), `tensor "a": found twice`},
		{"empty name", file(`{"":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1), "empty name"},
		{"metadata of numbers", file(`{"__metadata__":{"a":1}}`), "__metadata__"},
		{"no type", file(`{"w":{"shape":[1],"data_offsets":[0,1]}}`, 1), "dtype is missing"},
		{"unknown type", tensor(`"F33"`, `[2]`, `[0,8]`), `found "F33"`},
		{"no shape", file(`{"w":{"dtype":"U8","data_offsets":[0,1]}}`, 1), "shape is missing"},
		{"negative dimension", tensor(`"F32"`, `[-2]`, `[0,8]`), "no negative dimension"},
		{"fractional dimension", tensor(`"F32"`, `[1.5]`, `[0,8]`), "cannot unmarshal"},
		{"too many dimensions", tensor(`"F64"`, `[`+strings.Repeat("1,", maxDims)+`1]`, `[0,8]`), "17 dimensions"},
		{"size over 2^64", tensor(`"F32"`, `[4294967296,4294967296]`, `[0,8]`), "below 2^63"},
		{"part of a byte", tensor(`"F4"`, `[3]`, `[0,8]`), "whole bytes"},
		{"size of another type", tensor(`"F16"`, `[2]`, `[0,8]`), "found 8 bytes, expected 4"},
		{"offsets backwards", tensor(`"F32"`, `[2]`, `[8,0]`), "expected begin and end"},
		{"offsets negative", tensor(`"F32"`, `[2]`, `[-8,0]`), "expected begin and end"},
		{"one offset", tensor(`"F32"`, `[2]`, `[0]`), "found 1 numbers"},
		{"gap", file(`{"w":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`, 1, 2), "found its data at byte 1, expected 0"},
		{"overlap", file(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}`, 1, 2, 3), "expected 2"},
		{"data cut off", file(twoTensors, 1, 2, 3, 4), "found 4 bytes of data"},
		{"data left over", file(twoTensors, make([]byte, 9)...), "found 9 bytes of data"},
		{"offsets beyond int64", tensor(`"F32"`, `[2]`, `[0,9223372036854775808]`), "cannot unmarshal"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parse(c.data)
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), "x.safetensors: ") {
				t.Errorf("error %v, want one of x.safetensors that says %q", err, c.says)
			}
		})
	}
}

// TestWidths holds the table against the sizes the format's description gives.
func TestWidths(t *testing.T) {
	for dtype, bytes := range map[string]int64{"F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2, "U16": 2, "I8": 1, "U8": 1, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1} {
		e := entry{Type: Type(dtype), Shape: []int{3, 5}}
		if n, err := e.bytes(); err != nil || n != 15*bytes {
			t.Errorf("%s: %d bytes, %v; want %d", dtype, n, err, 15*bytes)
		}
	}
	huge := entry{Type: "U8", Shape: []int{math.MaxInt}}
	if n, err := huge.bytes(); err == nil {
		t.Errorf("a tensor of 2^63-1 bytes counts as %d bits: 8 times as many overflow", n)
	}
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "m.safetensors")
	if err := os.WriteFile(path, []byte(one("w")), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, int64(len(one("w"))-2)); err != nil {
		t.Fatal(err)
	}
	var p [4]byte
	if _, err := f.Tensors[0].ReadAt(p[:], 0); err == nil || !strings.Contains(err.Error(), "unexpected EOF") {
		t.Errorf("a file that shrank gave %v", err)
	}
	for range 2 {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{dir, filepath.Join(dir, "none"), path} {
		if _, err := Open(bad); err == nil || !strings.Contains(err.Error(), bad) {
			t.Errorf("%s: error %v", bad, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(file(twoTensors, 1, 2, 3, 4, 5, 6, 7, 8))
	f.Add(file(`{}`))
	f.Add([]byte(one("model.embed_tokens.weight")))
	f.Add(file(`{"a":{"dtype":"F4","shape":[4],"data_offsets":[0,2]},"b":{"dtype":"C64","shape":[],"data_offsets":[2,10]}}`, make([]byte, 10)...))
	f.Add(file(`{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		parsed, err := parse(data)
		if err != nil {
			return
		}
		total := int64(0)
		for _, tensor := range parsed.Tensors {
			p := make([]byte, tensor.Size)
			if n, err := tensor.ReadAt(p, 0); int64(n) != tensor.Size || n > 0 && err != nil {
				t.Fatalf("%s: read %d of %d bytes: %v", tensor.Name, n, tensor.Size, err)
			}
			total += tensor.Size
		}
		if total > int64(len(data)) {
			t.Fatalf("tensors of %d bytes in a file of %d", total, len(data))
		}
	})
}
