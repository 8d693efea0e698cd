package kernel

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/assaylab/assay/engine/internal/cpu"
	"github.com/assaylab/assay/engine/quant"
)

// halvesAt is where a block has half-precision numbers.
var halvesAt = [kinds][]int{
	Q8_0: {0}, Q4_0: {0}, Q4_1: {0, 2}, Q5_0: {0}, Q5_1: {0, 2}, Q2_K: {80, 82}, Q3_K: {108},
	Q4_K: {0, 2}, Q5_K: {0, 2}, Q6_K: {208}, IQ4_NL: {0}, IQ4_XS: {0},
}

// setScales gives the block moderate scales: those of a trained matrix, of either sign,
// and 0 now and then.
func setScales(k Kind, block []byte, scale func() float32) {
	for _, at := range halvesAt[k] {
		binary.LittleEndian.PutUint16(block[at:], quant.F32ToF16(scale()))
	}
}

// randomBlocks fills data with blocks that have every code and sub-scale.
func randomBlocks(r *rand.Rand, k Kind, data []byte) {
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	for size := layouts[k].bytes; len(data) > 0; data = data[size:] {
		setScales(k, data, func() float32 {
			if r.IntN(20) == 0 {
				return 0
			}
			return float32(r.NormFloat64() / 16)
		})
		if k == MXFP4 {
			data[0] = byte(r.IntN(3)) // the three smallest: two of them denormal
			if r.IntN(4) > 0 {
				data[0] = byte(115 + r.IntN(20))
			}
		}
	}
}

// extremes are blocks of scale 1 whose bytes are all v, and the largest of all sums
// where these are not: Q6_K with codes of -32 and sub-scales of -128.
func extremes(k Kind, v byte, data []byte) {
	for i := range data {
		data[i] = v
	}
	for size := layouts[k].bytes; len(data) > 0; data = data[size:] {
		setScales(k, data, func() float32 { return 1 })
		switch {
		case k == MXFP4:
			data[0] = 128
		case k == Q6_K && v == 0:
			for i := range 16 {
				data[192+i] = 0x80
			}
		}
	}
}

// Full-scale weights and activations of either sign are where integers overflow, words
// saturate and conversions to float32 round.
func TestExtremeBlocks(t *testing.T) {
	for k := Q8_0; k < kinds; k++ {
		for _, v := range []byte{0, 0xff, 0x7f, 0x80, 0xf0, 0x0f} {
			t.Run(fmt.Sprintf("%v/%#x", k, v), func(t *testing.T) {
				const rows, cols = 17, superElems
				data := make([]byte, k.RowBytes(cols)*rows)
				extremes(k, v, data)
				m := NewRows(k, cols, data)
				x := &Batch{}
				x.Reset(7, cols) // all widths of tiles
				for r := range x.Rows {
					copy(x.Row(r), fill(cols, []float32{127, -127}[r%2]))
				}
				x.Reserve()
				generic.QuantizeRows(new(Worker), x, 0, x.Rows)
				want, got := 0.0, make([]float32, rows)
				for _, w := range values(t, m)[:cols] {
					want += float64(w) * 127
				}
				for _, s := range Sets(cpu.Detect()) {
					s.Dot(new(Worker), m, 0, x.Vec(0, 0, cols, true), got)
					if got[0] != float32(want) || got[rows-1] != float32(want) {
						t.Fatalf("%s: %g and %g, want %g", s.Name, got[0], got[rows-1], want)
					}
					sameMul(t, s, m, x, 0, rows)
				}
			})
		}
	}
}

// The integers of the kinds with sub-scales stay below 2^24, so that float32 holds them.
func TestLargestIntegerIsExactInFloat32(t *testing.T) {
	for name, largest := range map[string]int{
		"Q6_K": 128 * 32 * 127 * blockElems, "Q3_K": 32 * 4 * 127 * blockElems, "Q2_K": 15 * 3 * 127 * blockElems,
		"Q2_K minimums": 15 * 127 * blockElems, "Q8_0": 128 * 127 * blockElems, "IQ4_NL": 127 * 127 * blockElems,
	} {
		if largest >= 1<<24 {
			t.Errorf("%s: the integers of a block reach %d", name, largest)
		}
	}
}

// Activations are the same in every set, with the sums that kernels read.
func TestQuantizeRowsIsTheSameInEverySet(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 11))
	want := batch(r, 9, 96)
	copy(want.Row(3), make([]float32, 96))
	generic.QuantizeRows(new(Worker), want, 0, want.Rows)
	for i := range want.t {
		var sum [2]int
		for j, q := range want.q[blockElems*i : blockElems*(i+1)] {
			sum[j/16] -= int(q)
		}
		if int(want.h[2*i]) != sum[0] || int(want.h[2*i+1]) != sum[1] || int(want.t[i]) != sum[0]+sum[1] {
			t.Fatalf("block %d: halves %v and whole %d, want %v", i, want.h[2*i:2*i+2], want.t[i], sum)
		}
	}
	for _, s := range natives(t) {
		got := &Batch{Rows: want.Rows, Cols: want.Cols, X: want.X}
		got.Reserve()
		s.QuantizeRows(new(Worker), got, 0, 5)
		s.QuantizeRows(new(Worker), got, 5, 9)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: other blocks than generic", s.Name)
		}
	}
}

func TestKindOfFindsEveryKind(t *testing.T) {
	for k := range kinds {
		if got, err := KindOf(k.String()); err != nil || got != k {
			t.Errorf("%v: %v, %v", k, got, err)
		}
		f := format(t, k)
		if k.RowBytes(512) != f.RowBytes(512) || k.Integer() != (f.DotPartner == quant.PartnerQ8) {
			t.Errorf("%v: %d bytes for 512 columns, integer %v, unlike the format", k, k.RowBytes(512), k.Integer())
		}
	}
	if _, err := KindOf("Q9_9"); err == nil {
		t.Error("a kernel was found for an unknown format")
	}
}
