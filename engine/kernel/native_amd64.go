package kernel

import "github.com/assaylab/assay/engine/internal/cpu"

// native lists the assembly sets this machine can run, the best last.
func native(f cpu.Features) []*Set {
	if !f.AVX2 || !f.F16C {
		return nil
	}
	return []*Set{avx2}
}

// avx2 needs AVX2 and F16C. It multiplies and adds separately rather than with FMA:
// conversion bounds these kernels, and the bits stay those of the definition.
var avx2 = &Set{
	Name: "avx2", align: 8,
	dot:     [kinds]func(*dotArgs){dotF32AVX2, dotF16AVX2, dotBF16AVX2, dotQ8_0AVX2, dotQ4_0AVX2, dotQ4_1AVX2},
	sum:     [kinds]func(*sumArgs){F32: sumF32AVX2, BF16: sumBF16AVX2, Q8_0: sumQ8_0AVX2},
	silu:    siluMulAVX2,
	softmax: softmaxAVX2,
}

//go:noescape
func dotF32AVX2(a *dotArgs)

//go:noescape
func dotF16AVX2(a *dotArgs)

//go:noescape
func dotBF16AVX2(a *dotArgs)

//go:noescape
func dotQ8_0AVX2(a *dotArgs)

//go:noescape
func dotQ4_0AVX2(a *dotArgs)

//go:noescape
func dotQ4_1AVX2(a *dotArgs)

//go:noescape
func sumF32AVX2(a *sumArgs)

//go:noescape
func sumBF16AVX2(a *sumArgs)

//go:noescape
func sumQ8_0AVX2(a *sumArgs)

// expAVX2 replaces x[i] by exp(x[i] - shift) for n elements, a multiple of 8, and
// adds them to the eight sums of l.
//
//go:noescape
func expAVX2(x *float32, n int, shift float32, l *lanes)

// siluAVX2 writes gate x sigmoid(gate) x up for n elements, a multiple of 8.
//
//go:noescape
func siluAVX2(dst, gate, up *float32, n int)

func siluMulAVX2(dst, gate, up []float32) {
	n := len(dst) &^ 7
	if n > 0 {
		_, _ = gate[n-1], up[n-1]
		siluAVX2(&dst[0], &gate[0], &up[0], n)
	}
	siluMul(dst[n:], gate[n:len(dst)], up[n:len(dst)])
}

func softmaxAVX2(x []float32) {
	top := x[0]
	for _, v := range x {
		top = max(top, v)
	}
	var l lanes
	n := len(x) &^ 7
	if n > 0 {
		expAVX2(&x[0], n, top, &l)
	}
	for i, v := range x[n:] {
		e := exp(v - top)
		x[n+i] = e
		l[i] += e
	}
	inverse := 1 / l.fold()
	for i := range x {
		x[i] *= inverse
	}
}
