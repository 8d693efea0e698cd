package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/assaylab/assay/engine/internal/cpu"
)

// tileCase is what a tile kernel reads, each array walled.
type tileCase struct {
	rows, n, groups, strip int // strip is how many rows the strip has, of which the kernel takes rows
	codes, q               []int8
	scale, sub, d, h, from []float32
	t                      []int32
}

// newTileCase draws codes from what code makes.
func newTileCase(r *rand.Rand, rows, n, groups int, code func() int8, q func() int8) *tileCase {
	c := &tileCase{rows: rows, n: n, groups: groups, strip: rows + r.IntN(3)}
	c.codes, c.q = make([]int8, groups*n*codeBytes), make([]int8, ((n-1)*c.strip+rows)*blockElems)
	for i := range c.codes {
		c.codes[i] = code()
	}
	for i := range c.q {
		c.q[i] = q()
	}
	c.scale, c.sub = normals(r, groups*n*Group), make([]float32, 2*groups*n*Group)
	for i := range c.sub {
		c.sub[i] = float32(r.IntN(256) - 128)
	}
	c.d, c.from = normals(r, (n-1)*c.strip+rows), normals(r, groups*rows*Group)
	c.t, c.h = make([]int32, len(c.d)), make([]float32, 2*len(c.d))
	for i, v := range c.q {
		c.t[i/blockElems] -= 128 * int32(v)
		c.h[2*i/blockElems] -= float32(v)
	}
	c.codes, c.q, c.scale, c.sub, c.d, c.from, c.t = walled(c.codes), walled(c.q), walled(c.scale), walled(c.sub), walled(c.d), walled(c.from), walled(c.t)
	c.h = walled(c.h)
	return c
}

// run has the rows of all groups next to each other, a little apart.
func (c *tileCase) run(kernel func(*tileArgs), sub, carried bool) []float32 {
	const apart = 8
	to := walled(fill(c.rows*(c.groups*Group+apart)-apart, untouched))
	a := &tileArgs{
		codes: &c.codes[0], scale: &c.scale[0], n: c.n, groups: c.groups, codesStep: uintptr(c.n * codeBytes), scaleStep: uintptr(4 * c.n * Group),
		q: &c.q[0], qStep: uintptr(c.strip * blockElems), d: &c.d[0], t: &c.t[0], h: &c.h[0], dStep: uintptr(4 * c.strip),
		to: &to[0], toStep: uintptr(4 * (c.groups*Group + apart)), toGroup: 4 * Group, rows: c.rows, strips: 1,
	}
	if sub {
		a.sub = &c.sub[0]
	}
	if carried {
		a.from, a.fromStep = &c.from[0], uintptr(4*c.rows*Group)
	}
	kernel(a)
	return to
}

func sameTiles(t *testing.T, kernels []tileKernel, want func(*tileArgs), sub bool, code, q func() int8) {
	t.Helper()
	r := rand.New(rand.NewPCG(33, 1))
	for _, k := range kernels {
		for n := 1; n < 12; n += 2 {
			for groups := 1; groups <= 3; groups++ {
				c := newTileCase(r, k.rows, n, groups, code, q)
				for _, carried := range []bool{false, true} {
					what := fmt.Sprintf("%d rows, %d blocks, %d groups", k.rows, n, groups)
					sameFloats(t, what, c.run(k.run, sub, carried), c.run(want, sub, carried))
				}
			}
		}
	}
}

// either is the one or the other, of which there may be many in a row.
func either(r *rand.Rand, a, b int8) func() int8 {
	v := a
	return func() int8 {
		if r.IntN(20) == 0 {
			v = a ^ b ^ v
		}
		return v
	}
}

func TestTilesAVX2(t *testing.T) {
	needsAVX2(t)
	r := rand.New(rand.NewPCG(34, 1))
	any, most := func() int8 { return int8(r.IntN(256) - 128) }, either(r, -128, 127)
	few, bound := func() int8 { return int8(r.IntN(64) - 32) }, either(r, -32, 31)
	q, full := func() int8 { return int8(r.IntN(255) - 127) }, either(r, -127, 127)
	sameTiles(t, avx2.tile, tilePlain, false, any, q)
	sameTiles(t, avx2.tile, tilePlain, false, most, full)
	sameTiles(t, avx2.halves, tileHalves, true, few, q)
	sameTiles(t, avx2.halves, tileHalves, true, bound, full)
}

func TestNarrowTilesAVX2(t *testing.T) {
	needsAVX2(t)
	r := rand.New(rand.NewPCG(37, 1))
	q, full := func() int8 { return int8(r.IntN(255) - 127) }, either(r, -127, 127)
	for k, codes := range [kinds][2]int8{
		Q4_0: {-8, 7}, Q4_1: {0, 15}, Q4_K: {0, 15}, Q5_0: {-16, 15}, Q5_1: {0, 31}, Q5_K: {0, 31}, MXFP4: {-12, 12},
	} {
		low, n := codes[0], int(codes[1]-codes[0])+1
		sameTiles(t, avx2.narrow[k], tilePlain, false, func() int8 { return low + int8(r.IntN(n)) }, q)
		sameTiles(t, avx2.narrow[k], tilePlain, false, either(r, codes[0], codes[1]), full)
	}
}

// Sets with instructions for signed bytes need no tiles of their own for narrow codes, and do
// not inherit any.
func TestNarrowTilesAreOfAVX2Alone(t *testing.T) {
	for _, s := range Sets(cpu.Detect()) {
		for k, kernels := range s.narrow {
			if s != avx2 && kernels != nil {
				t.Errorf("%s has narrow tiles of %v", s.Name, Kind(k))
			}
		}
	}
}

// offsetsWith is the second sums of rows of a strip, with minimums or without.
func offsetsWith(run func(*offsetArgs), x *offsetArgs, n int) []float32 {
	a := *x
	to := walled(fill(n, untouched))
	a.to = &to[0]
	run(&a)
	return to
}

func TestOffsetsAVX2(t *testing.T) {
	needsAVX2(t)
	sameOffsets(t, avx2)
}

func sameOffsets(t *testing.T, set *Set) {
	t.Helper()
	r := rand.New(rand.NewPCG(35, 1))
	for rows := 1; rows <= Group; rows++ {
		n, strip := 1+r.IntN(9), rows+r.IntN(2)
		m, s := walled(normals(r, n*Group)), walled(normals(r, (n-1)*strip+rows))
		min, h := walled(normals(r, 2*n*Group)), walled(normals(r, 2*((n-1)*strip+rows)))
		for i := range min {
			min[i] = float32(r.IntN(16))
		}
		for i := range h {
			h[i] = float32(r.IntN(4065) - 2032)
		}
		from, add := walled(normals(r, rows*Group)), walled(normals(r, rows*Group))
		for variant := range 8 {
			a := &offsetArgs{m: &m[0], n: n, s: &s[0], sStep: uintptr(4 * strip), toStep: 4 * (Group + 4), rows: rows}
			run, want := set.offset, addOffsets
			if variant&1 > 0 {
				a.from = &from[0]
			}
			if variant&2 > 0 {
				a.add = &add[0]
			}
			if variant&4 > 0 {
				a.min, a.h, a.hStep = &min[0], &h[0], uintptr(8*strip)
				run, want = set.mins, addMinimums
			}
			size := rows*(Group+4) - 4
			sameFloats(t, fmt.Sprintf("%d rows, variant %d", rows, variant), offsetsWith(run, a, size), offsetsWith(want, a, size))
		}
	}
}
