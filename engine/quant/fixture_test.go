package quant

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// readFixture gives a file of testdata, made by testdata/gen.py.
func readFixture(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func readFloats(t *testing.T, name string) []float32 {
	t.Helper()
	b := readFixture(t, name)
	out := make([]float32, len(b)/4)
	dequantizeF32(out, b)
	return out
}

// TestReference compares with an independent implementation, bit for bit.
func TestReference(t *testing.T) {
	values := readFloats(t, "values.f32")
	if len(values)/32 != 47 {
		t.Fatalf("%d blocks in values.f32, want 47", len(values)/32)
	}
	for _, name := range []string{"F16", "BF16", "Q4_0", "Q4_1", "Q8_0"} { // what gen.py knows
		t.Run(name, func(t *testing.T) {
			f, err := ByName(name)
			if err != nil {
				t.Fatal(err)
			}
			want := readFixture(t, f.Name+".blocks")
			got := make([]byte, f.RowBytes(len(values)))
			f.Quantize(got, values)
			sameBlocks(t, f, got, want)

			back := make([]float32, len(values))
			f.Dequantize(back, want)
			sameFloats(t, back, readFloats(t, f.Name+".f32"))
		})
	}
}

func sameBlocks(t *testing.T, f Format, got, want []byte) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d bytes, want %d", len(got), len(want))
	}
	for i := 0; i < len(got); i += f.BlockBytes {
		if g, w := got[i:i+f.BlockBytes], want[i:i+f.BlockBytes]; !bytes.Equal(g, w) {
			t.Errorf("block %d is %x, want %x", i/f.BlockBytes, g, w)
		}
	}
}

// sameFloats compares bits, except that any NaN equals any other.
func sameFloats(t *testing.T, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d values, want %d", len(got), len(want))
	}
	for i := range got {
		if got[i] != got[i] && want[i] != want[i] {
			continue
		}
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Errorf("value %d is %g, want %g", i, got[i], want[i])
		}
	}
}

func TestF32(t *testing.T) {
	f, err := ByName("F32")
	if err != nil {
		t.Fatal(err)
	}
	values := []float32{1, -2.5, float32(math.Inf(1)), math.SmallestNonzeroFloat32}
	got := make([]byte, f.RowBytes(len(values)))
	f.Quantize(got, values)
	want := []byte{0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc0, 0, 0, 0x80, 0x7f, 1, 0, 0, 0}
	sameBlocks(t, f, got, want)
	back := make([]float32, len(values))
	f.Dequantize(back, want)
	sameFloats(t, back, values)
}
