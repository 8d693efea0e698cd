package kernel

import (
	"math"
	"unsafe"

	"github.com/assaylab/assay/engine/quant"
)

// rowArgs is the one argument of an element-wise kernel. Which fields a kernel takes is
// said there. Kernels in assembly do whole blocks of 32 elements from the first on, at
// least one; those in Go start at from. Assembly reads it by offset; keep the order.
type rowArgs struct {
	x    *float32    // 0: (n)
	y    *float32    // 8: (n)
	dst  *float32    // 16: (n)
	n    int         // 24
	f    float32     // 32: a factor, or the largest element
	from int         // 40
	q    *int8       // 48: the quantized form, as in a strip: (n/32) blocks a step apart
	d, s *float32    // 56, 64: of each block, a step apart: scale, and scale x sum of the integers
	t    *int32      // 72: -128 x sum, likewise
	h    *float32    // 80: minus the sum of each half, two floats, two steps apart
	step quantSteps  // 88
	cos  *float32    // 104: (pairs)
	sin  *float32    // 112: (pairs)
	many int         // 120: heads
	next uintptr     // 128: bytes between heads
	part [16]float32 // 136: partial sums, element i's in i mod 16
	wide [16]float64 // 200: the same

	scratch [1024]float32 // results of which only the quantized form is wanted
}

// quantSteps are bytes between blocks of q and of d.
type quantSteps struct{ q, d uintptr }

// elemFuncs are the element-wise functions of a set.
type elemFuncs struct {
	squares    func(*rowArgs) // adds y to x, unless nil, and the squares of x to wide
	scaled     func(*rowArgs) // dst = (x x f) x y
	silu       func(*rowArgs) // dst = x x sigmoid(x) x y
	gelu       func(*rowArgs) // dst = x x sigmoid(x (geluLinear + geluCubic x^2)) x y
	quantize   func(*rowArgs) // q = x, n being a multiple of 32
	add        func(*rowArgs) // adds y to x
	scale      func(*rowArgs) // multiplies x by f
	top        func(*rowArgs) // f = the largest of f and x
	exps       func(*rowArgs) // x = exp(x - f), and adds it to part
	narrow16   func(*rowArgs) // dst = x as n float16 numbers
	turnPairs  func(*rowArgs) // rotates n pairs of each of many heads of x
	turnHalves func(*rowArgs) // likewise
	hadamard   func(*rowArgs) // of each many elements of x, a power of two from 16 on, sums with the signs of a Hadamard matrix
}

var elemGeneric = elemFuncs{
	squares: squares, scaled: scaled, silu: silu, gelu: gelu, quantize: quantizeRow, add: add, scale: scale,
	top: top, exps: exps, narrow16: narrow16, turnPairs: ropePairs, turnHalves: ropeHalves, hadamard: hadamard,
}

// floats are the n elements at p, without the first from.
func (a *rowArgs) floats(p *float32) []float32 { return unsafe.Slice(p, a.n)[a.from:] }

// squares adds exact products, in float64, in 16 sums.
func squares(a *rowArgs) {
	x := a.floats(a.x)
	if a.y != nil {
		add(a)
	}
	for i, v := range x {
		a.wide[i&15] += float64(v) * float64(v)
	}
}

// mean is that of the squares, given their partial sums, folded as halving a vector
// register gives it.
func (a *rowArgs) mean() float64 {
	for n := 8; n > 0; n /= 2 {
		for i := range n {
			a.wide[i] += a.wide[i+n]
		}
	}
	return a.wide[0] / float64(a.n)
}

// sum folds the partial sums likewise.
func (a *rowArgs) sum() float32 {
	for n := 8; n > 0; n /= 2 {
		for i := range n {
			a.part[i] += a.part[i+n]
		}
	}
	return a.part[0]
}

func scaled(a *rowArgs) {
	y, dst := a.floats(a.y), a.floats(a.dst)
	for i, v := range a.floats(a.x) {
		dst[i] = float32(v*a.f) * y[i]
	}
}

func silu(a *rowArgs) {
	y, dst := a.floats(a.y), a.floats(a.dst)
	for i, v := range a.floats(a.x) {
		dst[i] = gate(v, v, y[i])
	}
}

// gate is x times the logistic function of z, times y.
func gate(x, z, y float32) float32 { return float32(x/(1+exp(-z))) * y }

// Constants of GELU's approximation x/2 (1 + tanh(u)), u = sqrt(2/pi) (x + 0.044715 x^3)
// (Hendrycks and Gimpel 2016), written with (1 + tanh u)/2, the logistic function of 2u.
const (
	geluLinear = 2 * 0.7978845608028654 // 2 sqrt(2/pi)
	geluCubic  = geluLinear * 0.044715
)

func gelu(a *rowArgs) {
	y, dst := a.floats(a.y), a.floats(a.dst)
	for i, v := range a.floats(a.x) {
		slope := fma32(geluCubic, float32(v*v), geluLinear)
		dst[i] = gate(v, v*slope, y[i])
	}
}

func add(a *rowArgs) {
	x := a.floats(a.x)
	for i, v := range a.floats(a.y) {
		x[i] += v
	}
}

func scale(a *rowArgs) {
	x := a.floats(a.x)
	for i := range x {
		x[i] *= a.f
	}
}

func top(a *rowArgs) {
	for _, v := range a.floats(a.x) {
		a.f = max(a.f, v)
	}
}

func exps(a *rowArgs) {
	x := a.floats(a.x)
	for i, v := range x {
		x[i] = exp(v - a.f)
		a.part[i&15] += x[i]
	}
}

func narrow16(a *rowArgs) {
	dst := unsafe.Slice((*uint16)(unsafe.Pointer(a.dst)), a.n)[a.from:]
	for i, v := range a.floats(a.x) {
		dst[i] = quant.F32ToF16(v)
	}
}

// Constants of exp: x = n ln 2 + r with |r| <= ln(2)/2, ln 2 in two parts so that n
// times the first is exact, and the polynomial 1 + expC1 r + ... + expC5 r^5 with the
// least relative error of e^r there, 9.3e-8, found by Lawson's iteration with the
// coefficients rounded to float32 one after another. In float32 all errors together stay
// below 2e-7.
const (
	expMin = -87 // below, e^x is a denormal: taken as 0
	expMax = 88
	log2E  = 1.4426950408889634
	ln2Hi  = 0.693145751953125
	ln2Lo  = 1.42860682030941723212e-6
	expC5  = 0x1.0fa42p-7
	expC4  = 0x1.573bp-5
	expC3  = 0x1.555a7ap-3
	expC2  = 0x1.fffdc4p-2
	expC1  = 0x1.fffff6p-1
)

// rounder, added and subtracted, rounds a float32 below 2^22 to the nearest integer, ties to even.
const rounder = 3 << 22

// exp is e^x in float32, each multiplication and addition rounded once.
func exp(x float32) float32 {
	if x < expMin {
		return 0
	}
	x = min(x, expMax)
	n := fma32(x, log2E, rounder) - rounder
	r := fma32(n, -ln2Hi, x)
	r = fma32(n, -ln2Lo, r)
	p := fma32(expC5, r, expC4)
	p = fma32(p, r, expC3)
	p = fma32(p, r, expC2)
	p = fma32(p, r, expC1)
	p = fma32(p, r, 1)
	return p * math.Float32frombits(uint32(int32(n)+127)<<23)
}
