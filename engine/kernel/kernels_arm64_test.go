package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/assaylab/assay/engine/internal/cpu"
)

// assembly is the set of this machine's own kernels, each of which is held against its Go
// function.
func assembly(t *testing.T) *Set {
	sets := Sets(cpu.Detect())
	if len(sets) == 1 {
		t.Skip("this machine lacks dot products")
	}
	return sets[len(sets)-1]
}

func TestLinesNEON(t *testing.T) {
	s, r := assembly(t), rand.New(rand.NewPCG(31, 1))
	for k := Q8_0; k < kinds; k++ {
		for _, cols := range shapes(k) {
			for _, rows := range []int{16, 32, 80} {
				sameLine(t, k, s.line[k], packed(weights(r, k, rows, cols)), batch(r, 1, cols))
			}
		}
	}
}

func TestLinesOfExtremesNEON(t *testing.T) {
	s := assembly(t)
	for k := Q8_0; k < kinds; k++ {
		for _, v := range []byte{0, 0xff, 0x7f, 0x80, 0x81, 0xf0, 0x0f} {
			data := make([]byte, k.RowBytes(superElems)*Group)
			extremes(k, v, data)
			m := packed(NewRows(k, superElems, data))
			for row := range 3 {
				x := fullScale(3, superElems)
				lone := &Batch{}
				lone.Reset(1, superElems)
				copy(lone.X, x.Row(row))
				lone.Reserve()
				generic.QuantizeRows(new(Worker), lone, 0, 1)
				sameLine(t, k, s.line[k], m, lone)
			}
		}
	}
}

func TestExpandNEON(t *testing.T) {
	s, r := assembly(t), rand.New(rand.NewPCG(32, 1))
	for k := Q8_0; k < kinds; k++ {
		for _, cols := range shapes(k) {
			sameExpand(t, k, s.expand[k], packed(weights(r, k, 16, cols)))
		}
	}
}

func TestExponentsNEON(t *testing.T) { sameExponents(t, assembly(t)) }

// forms are those of the set that run here: a machine with i8mm runs the one without, too.
func forms(t *testing.T) []*Set {
	if s := assembly(t); s != neon {
		return []*Set{neon, s}
	}
	return []*Set{neon}
}

func TestTilesNEON(t *testing.T) {
	for _, s := range forms(t) {
		t.Run(fmt.Sprint("up to ", s.tile[0].rows, " rows"), func(t *testing.T) { sameTilesOf(t, s) })
	}
}

func sameTilesOf(t *testing.T, s *Set) {
	t.Helper()
	r := rand.New(rand.NewPCG(34, 1))
	all, most := func() int8 { return int8(r.IntN(256) - 128) }, either(r, -128, 127)
	few, bound := func() int8 { return int8(r.IntN(64) - 32) }, either(r, -32, 31)
	q, full := func() int8 { return int8(r.IntN(255) - 127) }, either(r, -127, 127)
	sameTiles(t, s.tile, tilePlain, false, all, q)
	sameTiles(t, s.tile, tilePlain, false, most, full)
	sameTiles(t, s.halves, tileHalves, true, few, q)
	sameTiles(t, s.halves, tileHalves, true, bound, full)
}

func TestOffsetsNEON(t *testing.T) { sameOffsets(t, assembly(t)) }

func TestFloatsNEON(t *testing.T) {
	set, r := assembly(t), rand.New(rand.NewPCG(36, 1))
	unusual := []float32{0, float32(math.Copysign(0, -1)), 1e-42, -1e38, 3e38, float32(math.Inf(1)), float32(math.NaN())}
	for k := F32; k <= BF16; k++ {
		for _, kernel := range set.float[k] {
			for _, n := range []int{1, 2, 7, 33} {
				for groups := 1; groups <= 4; groups++ {
					m := packed(weights(r, k, groups*Group, n))
					x := normals(r, (kernel.rows-1)*(n+3)+n)
					if n == 7 {
						for i := range x {
							x[i] = unusual[r.IntN(len(unusual))]
						}
					}
					got := floatsWith(kernel.run, m.data, walled(x), kernel.rows, n, groups)
					want := make([]float32, len(got))
					for row := range kernel.rows {
						one := [3]func(*floatArgs){floatF32, floatF16, floatBF16}[k]
						copy(want[row*(groups*Group+8):], floatsWith(one, m.data, x[row*(n+3):][:n], 1, n, groups))
						copy(want[row*(groups*Group+8)+groups*Group:], fill(8, untouched))
					}
					sameFloats(t, fmt.Sprintf("%v, %d rows, %d columns, %d groups", k, kernel.rows, n, groups), got, want)
				}
			}
		}
	}
}
