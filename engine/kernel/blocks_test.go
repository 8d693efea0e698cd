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
				src := NewRows(k, cols, data)
				for _, n := range []int{1, 7, 16, 40} {
					x := &Batch{}
					x.Reset(n, cols)
					for r := range x.Rows {
						copy(x.Row(r), fill(cols, []float32{127, -127}[r%2]))
					}
					x.Reserve()
					generic.QuantizeRows(new(Worker), x, 0, x.Rows)
					want := 0.0
					for _, w := range values(t, src)[:cols] {
						want += float64(w) * 127
					}
					if got := definition(src, 0, x, 0); got != float32(want) {
						t.Fatalf("defined as %g, want %g", got, want)
					}
					for _, s := range Sets(cpu.Detect()) {
						sameMul(t, s, src, x)
					}
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
