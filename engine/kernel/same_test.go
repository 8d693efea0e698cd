package kernel

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"
)

// What holds kernels in assembly against their Go functions.

// walled is a copy of x that ends where a page without access begins.
func walled[T any](x []T) []T {
	size := int(unsafe.Sizeof(*new(T)))
	mem := guardedBytes(len(x) * size)
	y := unsafe.Slice((*T)(unsafe.Pointer(&mem[0])), len(x))
	copy(y, x)
	return y
}

// sameFloats holds results against those of a Go function, bit for bit, but for what NaN
// they are.
func sameFloats(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i := range want {
		if number(float64(got[i])) != number(float64(want[i])) {
			t.Fatalf("%s: number %d is %g, want %g", what, i, got[i], want[i])
		}
	}
}

// lineOf has a lone row's line take all groups of m, whose numbers and codes lie apart.
func lineOf(m *Matrix, x *Batch) *lineArgs {
	v := x.strip(0)
	q, d, t, s, h := walled(v.q), walled(v.d), walled(v.t), walled(v.s), walled(v.h)
	numbers := walled(m.data[:m.codes+(m.Groups()-1)*m.group])
	if m.Groups() == 1 {
		numbers = walled(m.data[:m.Cols/layouts[m.Kind].elems*layouts[m.Kind].numbers])
	}
	return &lineArgs{
		numbers: unsafe.Pointer(&numbers[0]), codes: m.codesOf(0, 0), n: m.Cols / blockElems, groups: m.Groups(),
		step: uintptr(m.group), q: &q[0], d: &d[0], t: &t[0], s: &s[0], h: &h[0],
	}
}

func sameLine(t *testing.T, k Kind, run func(*lineArgs), m *Matrix, x *Batch) {
	t.Helper()
	a := lineOf(m, x)
	got, want := walled(fill(m.Groups()*Group, untouched)), make([]float32, m.Groups()*Group)
	a.out = &got[0]
	before := *a
	run(a)
	if *a != before {
		t.Fatalf("%v: the arguments were written to", k)
	}
	a.out = &want[0]
	lineGeneric(k)(a)
	sameFloats(t, fmt.Sprintf("%v, %d groups of %d columns", k, m.Groups(), m.Cols), got, want)
}

// fullScale is rows of 127, -127 and both in turn.
func fullScale(rows, cols int) *Batch {
	x := &Batch{}
	x.Reset(rows, cols)
	for i := range x.X {
		x.X[i] = []float32{127, -127, float32(127 - i%2*254)}[i/cols%3]
	}
	x.Reserve()
	generic.QuantizeRows(new(Worker), x, 0, rows)
	return x
}

// expanded is what an expand kernel made of a whole group, each array walled.
type expanded struct {
	codes                      []int8
	scale, more, min, minScale []float32
}

func expandWith(k Kind, run func(*expandArgs), numbers, codes []byte, n int) *expanded {
	e := &expanded{
		walled(make([]int8, n*codeBytes)), walled(fill(n*Group, untouched)), walled(fill(n*Group, untouched)),
		walled(fill(2*n*Group, untouched)), walled(fill(n*Group, untouched)),
	}
	if k.halved() {
		e.more = walled(fill(2*n*Group, untouched))
	}
	a := &expandArgs{
		numbers: unsafe.Pointer(&numbers[0]), codes: unsafe.Pointer(&codes[0]), n: n,
		scale: &e.scale[0], more: &e.more[0], min: &e.min[0], minScale: &e.minScale[0],
	}
	if k != Q8_0 {
		a.dst = &e.codes[0]
	}
	run(a)
	return e
}

func sameExpand(t *testing.T, k Kind, run func(*expandArgs), m *Matrix) {
	t.Helper()
	n := m.Cols / blockElems
	numbers := walled(m.data[:m.Cols/layouts[k].elems*layouts[k].numbers])
	codes := walled(m.data[m.codes:m.group])
	got, want := expandWith(k, run, numbers, codes, n), expandWith(k, generic.expand[k], numbers, codes, n)
	what := fmt.Sprintf("%v, %d columns: ", k, m.Cols)
	if !slices.Equal(got.codes, want.codes) {
		t.Fatalf("%scodes differ", what)
	}
	sameFloats(t, what+"scale", got.scale, want.scale)
	sameFloats(t, what+"more", got.more, want.more)
	sameFloats(t, what+"min", got.min, want.min)
	sameFloats(t, what+"minScale", got.minScale, want.minScale)
}

// sameExponents tries all exponents of MXFP4, of which the first two make denormals.
func sameExponents(t *testing.T, set *Set) {
	t.Helper()
	numbers, codes := make([]byte, 256), make([]byte, 16*256)
	for i := range numbers {
		numbers[i] = byte(i)
	}
	got := expandWith(MXFP4, set.expand[MXFP4], walled(numbers), walled(codes), 16)
	for i, v := range got.scale {
		if v != power(byte(i)) {
			t.Errorf("exponent %d is %g, want %g", i, v, power(byte(i)))
		}
	}
}

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

// offsetsWith is the second sums of rows of a strip, with minimums or without.
func offsetsWith(run func(*offsetArgs), x *offsetArgs, n int) []float32 {
	a := *x
	to := walled(fill(n, untouched))
	a.to = &to[0]
	run(&a)
	return to
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

// floatsWith runs rows of n columns on groups that lie apart, results a little apart, too.
func floatsWith(run func(*floatArgs), w []byte, x []float32, rows, n, groups int) []float32 {
	const apart = 8
	to := walled(fill(rows*(groups*Group+apart)-apart, untouched))
	run(&floatArgs{
		w: unsafe.Pointer(&w[0]), n: n, groups: groups, step: uintptr(len(w) / groups),
		x: &x[0], xStep: uintptr(4 * (len(x) - n) / max(1, rows-1)), to: &to[0], toStep: 4 * uintptr(groups*Group+apart), toGroup: 4 * Group,
	})
	return to
}
