package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/assaylab/assay/engine/internal/cpu"
)

// elemNatives are the element-wise functions that this machine can run besides the
// generic ones, by set.
func elemNatives() map[string]elemFuncs {
	natives := map[string]elemFuncs{}
	for _, s := range Sets(cpu.Detect())[1:] {
		natives[s.Name] = s.elemFuncs
	}
	return natives
}

func TestExpAgreesWithMath(t *testing.T) {
	worst := 0.0
	for bits := uint32(0); bits < math.Float32bits(expMax); bits += 977 {
		for _, x := range []float32{math.Float32frombits(bits), -math.Float32frombits(bits)} {
			if x >= expMin {
				worst = max(worst, math.Abs(float64(exp(x))/math.Exp(float64(x))-1))
			}
		}
	}
	t.Logf("relative error %g", worst)
	if worst > 2e-7 {
		t.Errorf("relative error %g", worst)
	}
	if exp(-1000) != 0 || exp(float32(math.Inf(-1))) != 0 || exp(0) != 1 {
		t.Errorf("exp(-1000) = %g, exp(-Inf) = %g, exp(0) = %g", exp(-1000), exp(float32(math.Inf(-1))), exp(0))
	}
	if !math.IsNaN(float64(exp(float32(math.NaN())))) {
		t.Error("exp(NaN) is a number")
	}
}

// rowCase is what one call of an element-wise kernel reads and writes. Everything it may
// write is compared afterwards.
type rowCase struct {
	rowArgs
	memory [][]float32 // x, y, dst, d, s, h
	ints   []int32     // t
	bytes  []int8      // q
}

// strip is the number of rows of the strip that the row's quantized form lies in, and its
// place in it.
type strip struct{ rows, row int }

func newRowCase(r *rand.Rand, n int, scale float32, at strip) *rowCase {
	c := &rowCase{}
	blocks := n / blockElems
	for _, size := range []int{2 * n, n, n, at.rows * blocks, at.rows * blocks, 2 * at.rows * blocks} {
		m := guarded[float32](size)
		for i := range m {
			m[i] = float32(r.NormFloat64()) * scale
		}
		c.memory = append(c.memory, m)
	}
	c.ints, c.bytes = guarded[int32](at.rows*blocks), guarded[int8](at.rows*n)
	c.x, c.y, c.n, c.f = &c.memory[0][n], &c.memory[1][0], n, 0.37
	c.dst = &c.memory[2][0]
	if blocks > 0 {
		c.q, c.d, c.s = &c.bytes[at.row*blockElems], &c.memory[3][at.row], &c.memory[4][at.row]
		c.t, c.h = &c.ints[at.row], &c.memory[5][2*at.row]
		c.step = quantSteps{uintptr(at.rows * blockElems), uintptr(at.rows * 4)}
	}
	for i := range c.part {
		c.part[i], c.wide[i] = float32(i), float64(-i)
	}
	return c
}

// guarded is n elements that end where memory without access begins, if the system has that.
func guarded[T any](n int) []T {
	size := int(unsafe.Sizeof(*new(T)))
	b := guardedBytes(n * size)
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), n)
}

// run applies f to a copy of what a case made from the same seed holds, and returns
// everything as bits.
func (c *rowCase) run(f func(*rowArgs)) (bits []uint64) {
	f(&c.rowArgs)
	for _, m := range c.memory {
		for _, v := range m {
			bits = append(bits, number(float64(v)))
		}
	}
	for i := range c.part {
		bits = append(bits, number(float64(c.part[i])), number(c.wide[i]))
	}
	for _, v := range c.ints {
		bits = append(bits, uint64(v))
	}
	for _, v := range c.bytes {
		bits = append(bits, uint64(v))
	}
	return append(bits, number(float64(c.f)))
}

// number is v's bits, those of all NaN being one.
func number(v float64) uint64 {
	if v != v {
		v = math.NaN()
	}
	return math.Float64bits(v)
}

// sameRow fails unless both functions do the same to the same case.
func sameRow(t *testing.T, name string, got, want func(*rowArgs), make func() *rowCase) {
	t.Helper()
	g, w := make(), make()
	a, b := g.run(got), w.run(want)
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("%s: word %d of %d is %x, generic %x", name, i, len(a), a[i], b[i])
		}
	}
}

func TestElementWiseIsTheSameInEverySet(t *testing.T) {
	for set, e := range elemNatives() {
		for name, f := range map[string][2]func(*rowArgs){
			"squares": {e.squares, squares}, "scaled": {e.scaled, scaled}, "silu": {e.silu, silu}, "gelu": {e.gelu, gelu},
			"add": {e.add, add}, "scale": {e.scale, scale}, "top": {e.top, top}, "exps": {e.exps, exps}, "narrow": {e.narrow16, narrow16},
		} {
			t.Run(set+"/"+name, func(t *testing.T) {
				for _, n := range []int{1, 7, 16, 31, 32, 33, 64, 96, 100, 576, 1024 + 5} {
					for name, size := range sizes {
						sameRow(t, fmt.Sprint(name, n), f[0], f[1], func() *rowCase {
							return newRowCase(rand.New(rand.NewPCG(1, uint64(n))), n, size, strip{1, 0})
						})
					}
				}
			})
		}
	}
}

// sizes are what normal numbers are multiplied by.
var sizes = map[string]float32{"usual": 1, "wide": 30, "huge": 1e37, "denormal": 1e-38, "tiny": 1e-43, "zero": 0}

func TestQuantizeIsTheSameInEverySet(t *testing.T) {
	for set, e := range elemNatives() {
		t.Run(set, func(t *testing.T) {
			for blocks := 1; blocks < 20; blocks++ {
				for name, size := range sizes {
					for _, at := range []strip{{1, 0}, {2, 1}, {3, 1}, {16, 0}, {16, 15}} {
						sameRow(t, fmt.Sprint(name, blocks, at), e.quantize, quantizeRow, func() *rowCase {
							c := newRowCase(rand.New(rand.NewPCG(1, uint64(blocks))), blocks*blockElems, size, at)
							x := c.memory[0][c.n:]
							clear(x[:blocks%3*blockElems]) // with blocks of zero, and a largest element that is negative
							x[len(x)-7] = -20 * size
							return c
						})
					}
				}
			}
		})
	}
}

func TestSquaresWithoutSumIsTheSameInEverySet(t *testing.T) {
	for set, e := range elemNatives() {
		for _, n := range []int{5, 32, 77, 576} {
			sameRow(t, set, e.squares, squares, func() *rowCase {
				c := newRowCase(rand.New(rand.NewPCG(2, 2)), n, 1, strip{1, 0})
				c.y = nil
				return c
			})
		}
	}
}

// Values that are not numbers stay so, infinities are what the generic functions make of
// them, and no other element is touched.
func TestOddValuesAreTheSameInEverySet(t *testing.T) {
	odd := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), math.MaxFloat32, -math.MaxFloat32, 0x1p-149, float32(math.Copysign(0, -1)), 87, 88, -87, -87.00001, 89}
	for set, e := range elemNatives() {
		for name, f := range map[string][2]func(*rowArgs){
			"squares": {e.squares, squares}, "scaled": {e.scaled, scaled}, "silu": {e.silu, silu}, "gelu": {e.gelu, gelu}, "add": {e.add, add}, "exps": {e.exps, exps},
		} {
			for at := range 64 {
				sameRow(t, set+" "+name, f[0], f[1], func() *rowCase {
					c := newRowCase(rand.New(rand.NewPCG(2, 2)), 64, 1, strip{1, 0})
					c.memory[0][64+at] = odd[at%len(odd)]
					c.memory[1][at] = odd[(at/3+at)%len(odd)]
					return c
				})
			}
		}
	}
}

func TestRopeIsTheSameInEverySet(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for set, e := range elemNatives() {
		for name, f := range map[string][2]func(*rowArgs){"pairs": {e.turnPairs, ropePairs}, "halves": {e.turnHalves, ropeHalves}} {
			for _, n := range []int{1, 4, 8, 12, 16, 32, 40, 64, 128} {
				for _, heads := range []int{1, 2, 9} {
					for _, spare := range []int{0, 6} { // columns of a head that are not rotated
						seed := r.Uint64()
						sameRow(t, fmt.Sprint(set, name, n, heads), f[0], f[1], func() *rowCase { return ropeCase(seed, n, heads, spare) })
					}
				}
			}
		}
	}
}

func ropeCase(seed uint64, n, heads, spare int) *rowCase {
	r, c := rand.New(rand.NewPCG(1, seed)), &rowCase{}
	for _, size := range []int{heads*(2*n+spare) - spare, n, n} {
		m := guarded[float32](size)
		for i := range m {
			m[i] = float32(r.NormFloat64())
		}
		c.memory = append(c.memory, m)
	}
	c.x, c.cos, c.sin = &c.memory[0][0], &c.memory[1][0], &c.memory[2][0]
	c.n, c.many, c.next = n, heads, uintptr(4*(2*n+spare))
	return c
}

func TestRopeKnownAnswers(t *testing.T) {
	cos, sin := []float32{0, 1}, []float32{1, 0} // a quarter turn, then none
	for _, row := range []struct {
		name string
		f    func(*rowArgs)
		want [4]float32
	}{{"pairs", ropePairs, [4]float32{-2, 1, 3, 4}}, {"halves", ropeHalves, [4]float32{-3, 2, 1, 4}}} {
		t.Run(row.name, func(t *testing.T) {
			x := [4]float32{1, 2, 3, 4}
			row.f(&rowArgs{x: &x[0], cos: &cos[0], sin: &sin[0], n: 2, many: 1})
			if x != row.want {
				t.Errorf("got %v, want %v", x, row.want)
			}
		})
	}
}

// GELU against its definition with tanh, in float64.
func TestGELUAgreesWithTanh(t *testing.T) {
	for u := float32(-9); u < 9; u += 0.01 {
		x, one, got := u, float32(1), float32(0)
		gelu(&rowArgs{x: &x, y: &one, dst: &got, n: 1})
		v := float64(u)
		want := v / 2 * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(v+0.044715*v*v*v)))
		if math.Abs(float64(got)-want) > 1e-6*max(1, math.Abs(v)) {
			t.Fatalf("gelu(%g) = %g, want %g", u, got, want)
		}
	}
}

func TestQuantizeKnownAnswer(t *testing.T) {
	x, q := make([]float32, blockElems), make([]int8, blockElems)
	for i := range x {
		x[i] = float32(i) - 15.5
	}
	x[0] = -254
	var d, s float32
	var ts int32
	var h [2]float32
	quantizeRow(&rowArgs{x: &x[0], n: blockElems, q: &q[0], d: &d, s: &s, t: &ts, h: &h[0]})
	if d != 2 || q[0] != -127 || q[1] != -7 || q[18] != 1 { // -14.5/2 = -7.25, 2.5/2 = 1.25
		t.Errorf("scale %g, q %v", d, q)
	}
	low, high := 0, 0
	for i := range 16 {
		low, high = low+int(q[i]), high+int(q[16+i])
	}
	if s != 2*float32(low+high) || ts != int32(-128*(low+high)) || h != [2]float32{float32(-low), float32(-high)} {
		t.Errorf("s %g, t %d, h %v of sums %d and %d", s, ts, h, low, high)
	}
}
