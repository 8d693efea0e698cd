package gguf

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
)

// sampleKVs have a value of every type.
func sampleKVs() []KV {
	return []KV{
		{"general.architecture", "llama"},
		{"u8", uint8(200)}, {"i8", int8(-100)}, {"u16", uint16(60000)}, {"i16", int16(-30000)},
		{"u32", uint32(4000000000)}, {"i32", int32(-2000000000)},
		{"u64", uint64(1) << 63}, {"i64", int64(-1) << 62},
		{"f32", float32(0.1)}, {"f64", 0.1}, {"yes", true}, {"no", false}, {"empty", ""},
		{"a.u8", []uint8{1, 2, 3}}, {"a.i8", []int8{-1}}, {"a.u16", []uint16{1}}, {"a.i16", []int16{}},
		{"a.u32", []uint32{7, 8}}, {"a.i32", []int32{1, -2, 3}}, {"a.u64", []uint64{9}}, {"a.i64", []int64{-9, 1 << 40}},
		{"a.f32", []float32{0.5, -1.5}}, {"a.f64", []float64{0.25}}, {"a.bool", []bool{true, false}},
		{"a.string", []string{"", "a", "ü", "\xff"}}, {"a.none", []string{}},
		{"nested", []any{[]int32{1, 2}, []string{"x"}, []any{[]bool{true}, []any{}}}},
	}
}

// sampleTensors need padding between them and at the end.
func sampleTensors() []TensorData {
	return []TensorData{
		{"matrix", []int{3, 2}, 0, Bytes(sequence(24))},
		{"blocks", []int{32, 3}, 8, Bytes(sequence(102))},
		{"cube", []int{2, 2, 2, 1}, 30, Bytes(sequence(16))},
	}
}

func sequence(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + 1)
	}
	return b
}

func mustWrite(t testing.TB, kvs []KV, tensors []TensorData) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, kvs, tensors); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func mustParse(t testing.TB, data []byte) *File {
	t.Helper()
	f, err := Parse("test.gguf", data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// sameFile compares all that a file says, offsets excepted. Values are compared as bytes,
// so that a NaN equals itself.
func sameFile(t testing.TB, got, want *File) {
	t.Helper()
	if got.Alignment != want.Alignment {
		t.Errorf("alignment %d, want %d", got.Alignment, want.Alignment)
	}
	if g, w := mustWrite(t, got.KVs, nil), mustWrite(t, want.KVs, nil); !bytes.Equal(g, w) {
		t.Errorf("metadata differ: %v, want %v", got.KVs, want.KVs)
	}
	if len(got.Tensors) != len(want.Tensors) {
		t.Fatalf("%d tensors, want %d", len(got.Tensors), len(want.Tensors))
	}
	for i, g := range got.Tensors {
		w := want.Tensors[i]
		if g.Name != w.Name || g.Type != w.Type || !slices.Equal(g.Dims, w.Dims) || !bytes.Equal(g.Data, w.Data) {
			t.Errorf("tensor %d is %q %v %v, want %q %v %v, with the same data", i, g.Name, g.Type, g.Dims, w.Name, w.Type, w.Dims)
		}
	}
}

// raw builds hostile files, without the writer's checks.
type raw struct{ b []byte }

// header starts a file of a version that claims some tensors and keys.
func header(version uint32, tensors, keys uint64) *raw {
	return (&raw{[]byte("GGUF")}).u32(version).u64(tensors).u64(keys)
}

func (r *raw) u32(v uint32) *raw  { r.b = binary.LittleEndian.AppendUint32(r.b, v); return r }
func (r *raw) u64(v uint64) *raw  { r.b = binary.LittleEndian.AppendUint64(r.b, v); return r }
func (r *raw) add(b ...byte) *raw { r.b = append(r.b, b...); return r }
func (r *raw) zeros(n int) *raw   { return r.add(make([]byte, n)...) }
func (r *raw) str(s string) *raw  { return r.u64(uint64(len(s))).add([]byte(s)...) }

func (r *raw) align(n uint32) *raw { return r.str(alignmentKey).u32(uint32(Uint32)).u32(n) }

func (r *raw) tensor(name string, t Type, offset uint64, dims ...uint64) *raw {
	r.str(name).u32(uint32(len(dims)))
	for _, d := range dims {
		r.u64(d)
	}
	return r.u32(uint32(t)).u64(offset)
}

// pad32 fills up to the data section.
func (r *raw) pad32() *raw { return r.zeros(pad(len(r.b), 32) - len(r.b)) }
