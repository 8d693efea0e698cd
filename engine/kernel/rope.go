package kernel

import "unsafe"

// each yields the heads of x that are to be rotated, 2 x n elements of each.
func (a *rowArgs) each(yield func(x []float32) bool) {
	for h := range a.many {
		if !yield(unsafe.Slice((*float32)(unsafe.Add(unsafe.Pointer(a.x), uintptr(h)*a.next)), 2*a.n)) {
			return
		}
	}
}

// ropePairs rotates adjacent pairs (x[2i], x[2i+1]) by the angles whose cosines and sines
// are given (Su et al. 2021).
func ropePairs(a *rowArgs) {
	cos, sin := a.floats(a.cos), a.floats(a.sin)
	for x := range a.each {
		x = x[2*a.from:]
		for i, c := range cos {
			u, v, s := x[2*i], x[2*i+1], sin[i]
			x[2*i], x[2*i+1] = float32(u*c)-float32(v*s), float32(v*c)+float32(u*s)
		}
	}
}

// ropeHalves rotates (x[i], x[i+n]), the layout of GPT-NeoX.
func ropeHalves(a *rowArgs) {
	cos, sin := a.floats(a.cos), a.floats(a.sin)
	for x := range a.each {
		low, high := x[a.from:a.n], x[a.n+a.from:]
		for i, c := range cos {
			u, v, s := low[i], high[i], sin[i]
			low[i], high[i] = float32(u*c)-float32(v*s), float32(v*c)+float32(u*s)
		}
	}
}
