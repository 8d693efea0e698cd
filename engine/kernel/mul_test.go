package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/assaylab/assay/engine/internal/cpu"
)

const untouched = 1e9

// sameMul holds a product, made in two parts, against the definition, bit for bit.
func sameMul(t *testing.T, s *Set, m Rows, x *Batch) {
	t.Helper()
	p, dst, w := packed(m), &Batch{}, new(Worker)
	dst.Reset(x.Rows, m.Count())
	copy(dst.X, fill(len(dst.X), untouched))
	s.Mul(w, p, x, dst, 0, p.Groups()/3)
	for r := range x.Rows {
		for i, v := range dst.Row(r)[min(m.Count(), p.Groups()/3*Group):] {
			if v != untouched {
				t.Fatalf("row %d: output %d of a group that was not asked for is %g", r, i, v)
			}
		}
	}
	s.Mul(w, p, x, dst, p.Groups()/3, p.Groups())
	sameAsDefined(t, s, m, x, dst)
}

func sameAsDefined(t *testing.T, s *Set, m Rows, x, dst *Batch) {
	t.Helper()
	for r := range x.Rows {
		for i, got := range dst.Row(r) {
			if want := definition(m, i, x, r); number(float64(got)) != number(float64(want)) {
				t.Fatalf("%s: %d rows times %v %dx%d: row %d output %d is %g, want %g",
					s.Name, x.Rows, m.Kind, m.Count(), m.Cols, r, i, got, want)
			}
		}
	}
}

func TestMulIsTheDefinition(t *testing.T) {
	for _, s := range Sets(cpu.Detect()) {
		for k := range kinds {
			t.Run(fmt.Sprint(s.Name, "/", k), func(t *testing.T) {
				t.Parallel()
				r := rand.New(rand.NewPCG(4, uint64(k)))
				cols := shapes(k)
				for rows := 1; rows <= 40; rows++ { // of activations; outputs of any number come by
					for i, outputs := range []int{1 + r.IntN(70), []int{16, 32, 15, 17, 33, 1}[rows%6]} {
						n := cols[(rows+i)%len(cols)]
						if rows > 18 && n > 600 {
							n = cols[0]
						}
						sameMul(t, s, weights(r, k, outputs, n), batch(r, rows, n))
					}
				}
				// most groups that a panel holds, and more than one piece of the columns
				long := cols[len(cols)-1]
				for _, rows := range []int{1, 2, 5, 33} {
					sameMul(t, s, weights(r, k, 50, long), batch(r, rows, long))
				}
			})
		}
	}
}

// A prompt of hundreds of rows, in several calls of the kernels that take many strips.
func TestMulOfManyStrips(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for _, k := range []Kind{Q8_0, Q4_1, Q6_K, Q2_K} {
		m, x := weights(r, k, 100, 256), batch(r, 16*37+5, 256)
		p, want := packed(m), &Batch{}
		want.Reset(x.Rows, m.Count())
		generic.Mul(new(Worker), p, x, want, 0, p.Groups())
		for _, at := range []int{0, 100, 16*37 + 4} {
			if got := definition(m, 99, x, at); want.Row(at)[99] != got {
				t.Fatalf("%v: row %d is %g, want %g", k, at, want.Row(at)[99], got)
			}
		}
		for _, s := range Sets(cpu.Detect()) {
			dst := &Batch{}
			dst.Reset(x.Rows, m.Count())
			s.Mul(new(Worker), p, x, dst, 0, p.Groups())
			for i, v := range dst.X {
				if math.Float32bits(v) != math.Float32bits(want.X[i]) {
					t.Fatalf("%s %v: row %d output %d is %g, generic %g", s.Name, k, i/dst.Cols, i%dst.Cols, v, want.X[i])
				}
			}
		}
	}
}

// Rows whose activations are nothing usual; quantized forms take no infinities.
func TestMulOfExtremes(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	for _, s := range Sets(cpu.Detect()) {
		for name, v := range map[string]float32{
			"zero": 0, "denormal": 1e-42, "large": 1e30, "infinite": float32(math.Inf(1)), "NaN": float32(math.NaN()),
		} {
			for k := range kinds {
				if k.Integer() && (name == "infinite" || name == "NaN") {
					continue
				}
				x := &Batch{}
				x.Reset(6, 256)
				copy(x.X, fill(len(x.X), v))
				x.X[300] = -x.X[300]
				x.Reserve()
				generic.QuantizeRows(new(Worker), x, 0, 6)
				sameMul(t, s, weights(r, k, 19, 256), x)
			}
		}
	}
}

// The generic functions, which define the results, may allocate.
func TestMulAllocatesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for _, s := range Sets(cpu.Detect())[1:] {
		for k := range kinds {
			p, w := packed(weights(r, k, 37, 256)), new(Worker)
			for _, rows := range []int{1, 7, 20} {
				x, dst := batch(r, rows, 256), batch(r, rows, 37)
				if n := testing.AllocsPerRun(3, func() {
					s.QuantizeRows(w, x, 0, rows)
					s.Mul(w, p, x, dst, 0, p.Groups())
				}); n != 0 {
					t.Errorf("%s: %v times %d rows allocates %v times", s.Name, k, rows, n)
				}
			}
		}
	}
}

func TestNothingIsDoneForNoRows(t *testing.T) {
	m := packed(weights(rand.New(rand.NewPCG(9, 9)), Q8_0, 20, 32))
	generic.Mul(new(Worker), m, &Batch{Cols: 32}, &Batch{Cols: 20}, 0, m.Groups())
}
