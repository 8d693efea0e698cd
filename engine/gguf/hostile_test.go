package gguf

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
)

var hostileFiles = []struct {
	name string
	file *raw
	want []string // in the message
}{
	{"empty", &raw{}, []string{"byte 0: header", "found 0 bytes", "expected 4 for the magic"}},
	{"magic", (&raw{}).add([]byte("PK\x03\x04")...).zeros(60), []string{"byte 0", `"PK\x03\x04"`, `"GGUF"`}},
	{"version-1", header(1, 0, 0), []string{"byte 4", "version 1", "2 or 3"}},
	{"version-4", header(4, 0, 0), []string{"byte 4", "version 4", "2 or 3"}},
	{"big-endian", header(3<<24, 0, 0), []string{"byte 4", "big-endian"}},
	{"big-endian-2", header(2<<24, 0, 0), []string{"byte 4", "big-endian"}},
	{"tensor-count", header(3, math.MaxUint64, 0).zeros(100), []string{"byte 8", "18446744073709551615 tensors", "at most 3 in the 108 bytes"}},
	{"tensor-count-by-one", header(3, 4, 0).zeros(3 * minTensorBytes), []string{"byte 8", "4 tensors", "at most 3"}},
	{"key-count", header(3, 0, 1<<40).zeros(100), []string{"byte 16", "1099511627776 keys", "at most 7 in the 100 bytes"}},
	{"key-length", header(3, 0, 1).u64(1 << 62).zeros(40), []string{"byte 24: key 1 of 1", "a key of 4611686018427387904 bytes", "1 to 65535"}},
	{"key-beyond-end", header(3, 0, 1).u64(60000).zeros(40), []string{"byte 32: key 1 of 1", "found 40 bytes", "60000 for a key"}},
	{"key-empty", header(3, 0, 1).str("").zeros(40), []string{"byte 24: key 1 of 1", "a key of 0 bytes"}},
	{"key-twice", header(3, 0, 2).str("a").u32(uint32(Uint32)).u32(1).str("a").u32(uint32(Uint32)).u32(1), []string{`byte 41: key "a"`, "a second value"}},
	{"value-type", header(3, 0, 1).str("a").u32(13).u64(0), []string{`byte 33: key "a"`, "value type 13", "0 to 12"}},
	{"bool", header(3, 0, 1).str("a").u32(uint32(Bool)).add(2), []string{`byte 37: key "a"`, "bool 2", "0 or 1"}},
	{"bool-in-array", header(3, 0, 1).str("a").u32(uint32(Array)).u32(uint32(Bool)).u64(3).add(1, 0, 3), []string{"byte 51", "bool 3"}},
	{"string-beyond-end", header(3, 0, 1).str("a").u32(uint32(String)).u64(9).add('x'), []string{`byte 45: key "a"`, "found 1 bytes", "9 for a string"}},
	{"string-huge", header(3, 0, 1).str("a").u32(uint32(String)).u64(math.MaxUint64), []string{`byte 45: key "a"`, "18446744073709551615 for a string"}},
	{"array-type", header(3, 0, 1).str("a").u32(uint32(Array)).u32(99).u64(0), []string{`byte 37: key "a"`, "an array of value type 99"}},
	{"array-count", header(3, 0, 1).str("a").u32(uint32(Array)).u32(uint32(Float64)).u64(1 << 61).zeros(16), []string{"byte 41", "2305843009213693952 array elements", "at most 2 in the 16 bytes"}},
	{"strings-count", header(3, 0, 1).str("a").u32(uint32(Array)).u32(uint32(String)).u64(3).zeros(16), []string{"byte 41", "3 array elements", "at most 2"}},
	{"string-in-array", header(3, 0, 1).str("a").u32(uint32(Array)).u32(uint32(String)).u64(2).str("").u64(1), []string{"byte 65", "1 for a string"}},
	{"nesting", nested(maxDepth + 1), []string{`key "a"`, "arrays nested 5 deep", "at most 4"}},
	{"alignment-0", header(3, 0, 1).align(0), []string{`key "general.alignment"`, "alignment 0", "a power of two"}},
	{"alignment-48", header(3, 0, 1).align(48), []string{"alignment 48", "a power of two"}},
	{"alignment-huge", header(3, 0, 1).align(1 << 31), []string{"alignment 2147483648", "up to 1048576"}},
	{"alignment-type", header(3, 0, 1).str(alignmentKey).u32(uint32(String)).str("32"), []string{"byte 24", "found string", "expected uint32"}},
	{"name-length", header(3, 1, 0).u64(65).zeros(200), []string{"byte 24: tensor 1 of 1", "a tensor name of 65 bytes", "1 to 64"}},
	{"name-twice", header(3, 2, 0).tensor("x", 0, 0, 1).tensor("x", 0, 32, 1).pad32().zeros(64), []string{`byte 57: tensor "x"`, "a second tensor"}},
	{"no-dimensions", header(3, 1, 0).tensor("x", 0, 0).zeros(64), []string{`byte 33: tensor "x"`, "0 dimensions", "1 to 4"}},
	{"many-dimensions", header(3, 1, 0).tensor("x", 0, 0, 1, 1, 1, 1, 1).zeros(64), []string{"5 dimensions"}},
	{"dimension-0", header(3, 1, 0).tensor("x", 0, 0, 4, 0).zeros(64), []string{`byte 45: tensor "x"`, "dimension 0"}},
	{"dimension-negative", header(3, 1, 0).tensor("x", 0, 0, math.MaxUint64).zeros(64), []string{"byte 37", "dimension 18446744073709551615"}},
	{"size-overflow", header(3, 1, 0).tensor("x", 0, 0, 1<<30, 1<<30, 1<<30).zeros(64), []string{"byte 33", "shape [1073741824 1073741824 1073741824]", "fits in memory"}},
	{"size-overflow-to-0", header(3, 1, 0).tensor("x", 0, 0, 1<<30, 1<<30, 4).zeros(64), []string{"shape [1073741824 1073741824 4]", "fits in memory"}},
	{"type-unknown", header(3, 1, 0).tensor("x", 1000, 0, 32).zeros(64), []string{`byte 33: tensor "x"`, "type 1000"}},
	{"type-removed", header(3, 1, 0).tensor("x", 31, 0, 32).zeros(64), []string{"Q4_0_4_4 (removed from ggml)"}},
	{"partial-block", header(3, 1, 0).tensor("x", 2, 0, 33, 32).zeros(4096), []string{"rows of 33 elements", "a multiple of 32, the block of Q4_0"}},
	{"misaligned", header(3, 1, 0).tensor("x", 0, 8, 1).pad32().zeros(64), []string{`byte 24: tensor "x"`, "offset 8", "a multiple of the alignment 32"}},
	{"beyond-end", header(3, 1, 0).tensor("x", 0, 0, 17).pad32().zeros(64), []string{`tensor "x"`, "68 bytes at offset 0", "the 64 bytes of tensor data"}},
	{"offset-beyond-end", header(3, 1, 0).tensor("x", 0, 64, 1).pad32().zeros(64), []string{"4 bytes at offset 64", "the 64 bytes"}},
	{"offset-huge", header(3, 1, 0).tensor("x", 0, math.MaxUint64-31, 1).pad32().zeros(64), []string{"at offset 18446744073709551584", "the 64 bytes"}},
	{"no-data", header(3, 1, 0).tensor("x", 0, 0, 1), []string{"4 bytes at offset 0", "the 0 bytes"}},
	{"overlap", header(3, 2, 0).tensor("x", 0, 32, 1).tensor("y", 0, 0, 9).pad32().zeros(96), []string{`byte 24: tensor "x"`, "data at byte 128", `before byte 132, where tensor "y" ends`}},
}

func TestHostile(t *testing.T) {
	for _, test := range hostileFiles {
		t.Run(test.name, func(t *testing.T) {
			f, err := Parse("hostile.gguf", test.file.b)
			if err == nil {
				t.Fatalf("parsed: %v %v", f.KVs, f.Tensors)
			}
			var parse *ParseError
			if !errors.As(err, &parse) {
				t.Errorf("%T, want a *ParseError", err)
			}
			for _, want := range append(test.want, "hostile.gguf: byte ", "found ", "expected ") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
}

// nested is a file with one key: arrays nested to a depth.
func nested(depth int) *raw {
	r := header(3, 0, 1).str("a").u32(uint32(Array))
	for range depth - 1 {
		r.u32(uint32(Array)).u64(1)
	}
	return r.u32(uint32(Uint8)).u64(1).add(7)
}

func TestNestingLimit(t *testing.T) {
	f := mustParse(t, nested(maxDepth).b)
	if got := fmt.Sprint(f.KVs[0].Value); got != "[[[[7]]]]" {
		t.Errorf("value %s", got)
	}
}

// TestHugeCountsAllocateNothing: a count is believed only as far as bytes follow it.
func TestHugeCountsAllocateNothing(t *testing.T) {
	for name, file := range map[string]*raw{
		"tensors": header(3, 1<<50, 0).zeros(1000),
		"keys":    header(3, 0, 1<<50).zeros(1000),
		"array":   header(3, 0, 1).str("a").u32(uint32(Array)).u32(uint32(Uint8)).u64(1 << 50).zeros(1000),
		"string":  header(3, 0, 1).str("a").u32(uint32(String)).u64(1 << 50).zeros(1000),
	} {
		t.Run(name, func(t *testing.T) {
			const runs = 50
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for range runs {
				if _, err := Parse("x", file.b); err == nil {
					t.Fatal("parsed")
				}
			}
			runtime.ReadMemStats(&after)
			if n := (after.TotalAlloc - before.TotalAlloc) / runs; n > 10_000 {
				t.Errorf("%d bytes allocated", n)
			}
		})
	}
}

// TestTruncated cuts a valid file at every byte: no prefix parses until only padding is missing.
func TestTruncated(t *testing.T) {
	data := mustWrite(t, sampleKVs(), sampleTensors())
	last := mustParse(t, data).Tensors[2]
	end := int(last.Offset) + len(last.Data)
	if end >= len(data) {
		t.Fatalf("the last tensor ends at %d of %d, want padding", end, len(data))
	}
	for n := range data {
		_, err := Parse("cut.gguf", data[:n:n])
		if (err == nil) != (n >= end) {
			t.Errorf("%d of %d bytes: %v", n, len(data), err)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "cut.gguf: byte ") {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

// TestFlipped changes each byte of the header: whatever the answer, it is no panic.
func TestFlipped(t *testing.T) {
	data := mustWrite(t, sampleKVs(), sampleTensors())
	for i := range data[:mustParse(t, data).Tensors[0].Offset] {
		for _, change := range []byte{0x01, 0x80, 0xff} {
			data[i] ^= change
			if f, err := Parse("flipped.gguf", data); err == nil {
				_ = mustWrite(t, f.KVs, nil)
			}
			data[i] ^= change
		}
	}
}
