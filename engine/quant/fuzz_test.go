package quant

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"
)

// fuzzRow makes a row of 512 from bytes, repeating them; what is not finite is dropped.
func fuzzRow(data []byte) []float32 {
	row := make([]float32, 0, 512)
	for ; len(data) >= 4 && len(row) < 512; data = data[4:] {
		if v := math.Float32frombits(binary.LittleEndian.Uint32(data)); v-v == 0 {
			row = append(row, v)
		}
	}
	if len(row) == 0 {
		row = append(row, 0)
	}
	for len(row) < 512 {
		row = append(row, row[:min(len(row), 512-len(row))]...)
	}
	return row
}

func bytesOf(values ...float32) (b []byte) {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// FuzzQuantize: any finite row can be stored, with any weights. Rows within the range of a
// float16, with weights of ordinary size, read back finite.
func FuzzQuantize(f *testing.F) {
	f.Add(bytesOf(1, -2, 3, 0.5), bytesOf(1))
	f.Add(bytesOf(0), bytesOf(0))
	f.Add(bytesOf(math.MaxFloat32, -math.MaxFloat32, 1), bytesOf(1, math.MaxFloat32))
	f.Add(bytesOf(math.SmallestNonzeroFloat32, 1e-20, -1e-38), bytesOf(1e-45, 0, 1))
	f.Add(bytesOf(65504, -65504, 1e-7), bytesOf(0, 1))
	f.Add(bytesOf(3, 4, 5, 6, 7), bytesOf(1, 0, 0, 0))
	f.Fuzz(func(t *testing.T, data, weights []byte) {
		row, importance := fuzzRow(data), fuzzRow(weights)
		for i, w := range importance {
			importance[i] = abs(w)
		}
		back := make([]float32, len(row))
		for _, format := range Formats {
			stored := make([]byte, format.RowBytes(len(row)))
			for _, w := range [][]float32{nil, importance} {
				format.QuantizeWeighted(stored, row, w)
				format.Dequantize(back, stored)
				if i := slices.IndexFunc(back, notFinite); i >= 0 && ordinary(row, 0, 65504) && ordinary(w, 1e-6, 1e6) {
					t.Fatalf("%s: element %d, %g, reads back as %g", format, i, row[i], back[i])
				}
			}
		}
	})
}

func notFinite(v float32) bool { return v-v != 0 }

// ordinary reports whether all magnitudes are 0 or from low to high.
func ordinary(values []float32, low, high float32) bool {
	return !slices.ContainsFunc(values, func(v float32) bool { return v != 0 && (abs(v) < low || abs(v) > high) })
}

// FuzzDequantize: any bytes can be read.
func FuzzDequantize(f *testing.F) {
	f.Add([]byte{0})
	f.Add([]byte{255, 0x7c, 0x80, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 {
			return
		}
		dst := make([]float32, 512)
		for _, format := range Formats {
			src := make([]byte, format.RowBytes(len(dst)))
			for i := range src {
				src[i] = data[i%len(data)]
			}
			format.Dequantize(dst, src)
		}
	})
}
