package kernel

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
	n := len(x) &^ 7
	top := x[len(x)-1]
	if n > 0 {
		top = maxAVX2(&x[0], n)
	}
	for _, v := range x[n:] {
		top = max(top, v)
	}
	var l lanes
	if n > 0 {
		expAVX2(&x[0], n, top, &l)
	}
	for i, v := range x[n:] {
		e := exp(v - top)
		x[n+i] = e
		l[i] += e
	}
	scaleBy(x, 1/l.fold())
}

//go:noescape
func maxAVX2(x *float32, n int) float32

//go:noescape
func scaleAVX2(x *float32, n int, f float32)

//go:noescape
func addAVX2(x, y *float32, n int)

//go:noescape
func squaresAVX2(x *float32, n int, sums *[4]float64)

//go:noescape
func scaledAVX2(dst, x, weight *float32, n int, f float32)

// The functions below run whole vectors in assembly and the rest as generic code
// does: element-wise, the two agree.

func scaleBy(x []float32, f float32) {
	n := len(x) &^ 7
	if n > 0 {
		scaleAVX2(&x[0], n, f)
	}
	scale(x[n:], f)
}

func addTo(x, y []float32) {
	n := len(x) &^ 7
	if n > 0 {
		addAVX2(&x[0], &y[0], n)
	}
	add(x[n:], y[n:])
}

func squaresOf(x []float32) (sums [4]float64) {
	n := len(x) &^ 7
	if n > 0 {
		squaresAVX2(&x[0], n, &sums)
	}
	for i, v := range x[n:] {
		sums[i&3] += float64(v) * float64(v)
	}
	return sums
}

func scaledTo(dst, x, weight []float32, f float32) {
	n := len(x) &^ 7
	if n > 0 {
		scaledAVX2(&dst[0], &x[0], &weight[0], n, f)
	}
	scaled(dst[n:], x[n:], weight[n:], f)
}
