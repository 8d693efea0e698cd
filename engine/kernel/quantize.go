package kernel

import (
	"math"
	"unsafe"
)

// quantizeRow quantizes x. What it makes of infinities and NaN is not defined.
func quantizeRow(a *rowArgs) {
	x := a.floats(a.x)
	for at := 0; at < len(x); at += blockElems {
		a.store((a.from+at)/blockElems, x[at:at+blockElems])
	}
}

// store writes the quantized form of block b.
func (a *rowArgs) store(b int, x []float32) {
	at, n := uintptr(b), unsafe.Pointer(a.q)
	q := unsafe.Slice((*int8)(unsafe.Add(n, at*a.step.q)), blockElems)
	d := quantizeBlock(q, x)
	low, high := sumInts(q[:blockElems/2]), sumInts(q[blockElems/2:])
	*(*float32)(unsafe.Add(unsafe.Pointer(a.d), at*a.step.d)) = d
	*(*float32)(unsafe.Add(unsafe.Pointer(a.s), at*a.step.d)) = d * float32(low+high)
	*(*int32)(unsafe.Add(unsafe.Pointer(a.t), at*a.step.d)) = -128 * (low + high)
	h := (*[2]float32)(unsafe.Add(unsafe.Pointer(a.h), 2*at*a.step.d))
	h[0], h[1] = float32(-low), float32(-high)
}

// quantizeBlock is symmetric 8-bit quantization: q = round(x / d) with d = max|x| / 127,
// and all zero where 1/d is not finite. It returns d.
func quantizeBlock(q []int8, x []float32) float32 {
	var top float32
	for _, v := range x {
		top = max(top, v, -v)
	}
	d := top / 127
	inverse := 1 / d
	if inverse > math.MaxFloat32 {
		clear(q)
		return 0
	}
	for i, v := range x {
		q[i] = int8(int32(float32(v*inverse) + rounder - rounder))
	}
	return d
}

func sumInts(q []int8) (sum int32) {
	for _, v := range q {
		sum += int32(v)
	}
	return sum
}
