package quant

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"strings"
	"testing"
)

// TestDigests compares a quarter of a million values of each format with llama.cpp's
// quantizers: rare turns of the searches that no small fixture takes.
func TestDigests(t *testing.T) {
	const rows, n = 256, 1024
	values, importance := manyRows(rows, n)
	lines := strings.Split(strings.TrimSpace(string(readFixture(t, "digests.txt"))), "\n")
	if len(lines) != len(blockFormats()) {
		t.Errorf("%d formats in digests.txt, want %d", len(lines), len(blockFormats()))
	}
	for _, line := range lines {
		fields := strings.Fields(line)
		t.Run(fields[0], func(t *testing.T) {
			f, err := ByName(fields[0])
			if err != nil {
				t.Fatal(err)
			}
			plain, weighted := sha256.New(), sha256.New()
			stored := make([]byte, f.RowBytes(n))
			for i := 0; i < rows*n; i += n {
				f.Quantize(stored, values[i:i+n])
				plain.Write(stored)
				f.QuantizeWeighted(stored, values[i:i+n], importance[i:i+n])
				weighted.Write(stored)
			}
			if got := hex.EncodeToString(plain.Sum(nil)); got != fields[1] {
				t.Errorf("digest is %s, want %s", got, fields[1])
			}
			if got := hex.EncodeToString(weighted.Sum(nil)); got != fields[2] {
				t.Errorf("digest with importances is %s, want %s", got, fields[2])
			}
		})
	}
}

// manyRows is exact in float32 but for the products of importances, and so the same
// everywhere: sums of four numbers of 16 bits, near normal, some rows shifted (row%3), on a
// coarse grid with many ties (row%4 == 2), with mixed magnitudes (odd rows) or tiny
// (row%16 == 15).
func manyRows(rows, n int) (values, importance []float32) {
	values, importance = make([]float32, rows*n), make([]float32, rows*n)
	for i := range values {
		z, other, row := splitmix(uint64(i)), splitmix(uint64(i)+1<<40), i/n
		total := int(z&0xffff+z>>16&0xffff+z>>32&0xffff+z>>48) - 131070 + row%3*20000
		if row%4 == 2 {
			total &^= 2047
		}
		exponent := 16
		if row%16 == 15 {
			exponent = 62
		}
		if row%2 == 1 {
			exponent += int(other & 7)
		}
		values[i] = float32(math.Ldexp(float64(total), -exponent))
		if other>>60 != 0 {
			importance[i] = float32(other>>16&0xffff) * float32(other>>32&0xffff)
		}
	}
	return values, importance
}

// splitmix is splitmix64 (Steele, Lea and Flood 2014) at an index.
func splitmix(i uint64) uint64 {
	z := (i + 1) * 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
