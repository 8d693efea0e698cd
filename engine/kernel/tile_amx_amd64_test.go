package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/assaylab/assay/engine/internal/cpu"
)

// needsAMX skips the test where the instructions do not run.
func needsAMX(t testing.TB) {
	if f := cpu.Detect(); !f.AMX || !f.AMXInt8 || !f.AMXBF16 || !f.AVX512VNNI || !cpu.PermitTiles() {
		t.Skip("this machine lacks AMX, or its system does not permit it")
	}
}

// stripsCase is what a tile kernel that takes many strips reads, each array walled.
type stripsCase struct {
	rows, strips, n, groups int
	codes, q                []int8
	scale, sub, d           []float32
}

func newStripsCase(r *rand.Rand, rows, strips, n, groups int, code, q func() int8) *stripsCase {
	c := &stripsCase{rows: rows, strips: strips, n: n, groups: groups}
	c.codes, c.q = make([]int8, groups*n*codeBytes), make([]int8, strips*n*rows*blockElems)
	for i := range c.codes {
		c.codes[i] = code()
	}
	for i := range c.q {
		c.q[i] = q()
	}
	c.scale, c.d, c.sub = normals(r, groups*n*Group), normals(r, strips*n*rows), make([]float32, 2*groups*n*Group)
	for i := range c.sub {
		c.sub[i] = float32(r.IntN(256) - 128)
	}
	c.codes, c.q, c.scale, c.sub, c.d = walled(c.codes), walled(c.q), walled(c.scale), walled(c.sub), walled(c.d)
	return c
}

// apart is how many floats are left between rows of results.
const apart = 8

// run has the rows of all groups next to each other, a little apart.
func (c *stripsCase) run(kernel func(*tileArgs), sub bool) []float32 {
	to := walled(fill(c.strips*c.rows*(c.groups*Group+apart)-apart, untouched))
	c.runTo(kernel, sub, to)
	return to
}

func (c *stripsCase) runTo(kernel func(*tileArgs), sub bool, to []float32) {
	a := c.args(to, c.groups*Group+apart)
	if sub {
		a.sub = &c.sub[0]
	}
	kernel(a)
}

func (c *stripsCase) args(to []float32, row int) *tileArgs {
	return &tileArgs{
		codes: &c.codes[0], scale: &c.scale[0], n: c.n, groups: c.groups, codesStep: uintptr(c.n * codeBytes), scaleStep: uintptr(4 * c.n * Group),
		q: &c.q[0], qStep: uintptr(c.rows * blockElems), d: &c.d[0], dStep: uintptr(4 * c.rows),
		to: &to[0], toStep: uintptr(4 * row), toGroup: 4 * Group, rows: c.rows, strips: c.strips,
		qStrip: uintptr(c.n * c.rows * blockElems), dStrip: uintptr(4 * c.n * c.rows), toStrip: uintptr(4 * c.rows * row),
	}
}

// sameStrips compares kernels for any number of rows, the first of them for 16, over
// numbers of strips, groups and blocks.
func sameStrips(t *testing.T, kernels []tileKernel, want func(*tileArgs), sub bool, code, q func() int8) {
	t.Helper()
	r := rand.New(rand.NewPCG(37, 1))
	for _, k := range kernels {
		for rows := 1; rows <= Group; rows++ {
			if rows < Group && k.rows == Group {
				continue
			}
			for _, strips := range []int{1, 2, 5} {
				if strips > 1 && rows < Group {
					continue
				}
				for groups := 1; groups <= 3; groups++ {
					n := []int{1, 2, 3, 1 + r.IntN(20)}[r.IntN(4)]
					c := newStripsCase(r, rows, strips, n, groups, code, q)
					what := fmt.Sprintf("%d strips of %d rows, %d blocks, %d groups", strips, rows, n, groups)
					sameFloats(t, what, c.run(k.run, sub), c.run(want, sub))
				}
			}
		}
	}
}

func TestTilesAMX(t *testing.T) {
	needsAMX(t)
	r := rand.New(rand.NewPCG(38, 1))
	any, most := func() int8 { return int8(r.IntN(256) - 128) }, either(r, -128, 127)
	few, bound := func() int8 { return int8(r.IntN(64) - 32) }, either(r, -32, 31)
	q, full := func() int8 { return int8(r.IntN(255) - 127) }, either(r, -127, 127)
	sameStrips(t, manyOf(amx.tile), tilePlain, false, any, q)
	sameStrips(t, manyOf(amx.tile), tilePlain, false, most, full)
	sameStrips(t, manyOf(amx.halves), tileHalves, true, few, q)
	sameStrips(t, manyOf(amx.halves), tileHalves, true, bound, full)
}

// manyOf is the kernels that take many strips.
func manyOf(kernels []tileKernel) (many []tileKernel) {
	for _, k := range kernels {
		if k.many {
			many = append(many, k)
		}
	}
	return many
}

func BenchmarkTilesAMX(b *testing.B) {
	needsAMX(b)
	r := rand.New(rand.NewPCG(39, 1))
	code, q := func() int8 { return int8(r.IntN(64) - 32) }, func() int8 { return int8(r.IntN(255) - 127) }
	bench := func(name string, k tileKernel, rows, strips, n, groups int, sub bool) {
		b.Run(fmt.Sprintf("%s/%d/rows=%d/strips=%d/n=%d/groups=%d", name, k.rows, rows, strips, n, groups), func(b *testing.B) {
			c := newStripsCase(r, rows, strips, n, groups, code, q)
			to := make([]float32, strips*rows*groups*Group)
			a := c.args(to, groups*Group)
			if sub {
				a.sub = &c.sub[0]
			}
			for b.Loop() {
				k.run(a)
			}
			b.ReportMetric(float64(strips*rows*groups*Group*n*blockElems*b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
			b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N*strips*groups*n), "ns/tile")
		})
	}
	for _, sub := range []bool{false, true} {
		kernels, name := manyOf(amx.tile), "plain"
		if sub {
			kernels, name = manyOf(amx.halves), "halves"
		}
		bench(name, kernels[0], 16, 1, 18, 14, sub)
		bench(name, kernels[0], 16, 16, 18, 14, sub)
		bench(name, kernels[0], 16, 1, 64, 4, sub)
		bench(name, kernels[0], 16, 16, 64, 4, sub)
		bench(name, kernels[0], 16, 16, 256, 2, sub)
		for _, rows := range []int{2, 4, 8, 12, 16} {
			bench(name, kernels[len(kernels)-1], rows, 1, 18, 14, sub)
		}
	}
}
