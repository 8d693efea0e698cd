package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestExpAgreesWithMath(t *testing.T) {
	for x := float32(-86); x < 88; x += 0.0137 {
		want := math.Exp(float64(x))
		if rel := math.Abs(float64(exp(x))/want - 1); rel > 3e-7 {
			t.Fatalf("exp(%g) = %g, want %g: relative error %g", x, exp(x), want, rel)
		}
	}
	if exp(-1000) != 0 || exp(float32(math.Inf(-1))) != 0 || exp(0) != 1 {
		t.Errorf("exp(-1000) = %g, exp(-Inf) = %g, exp(0) = %g", exp(-1000), exp(float32(math.Inf(-1))), exp(0))
	}
	if !math.IsNaN(float64(exp(float32(math.NaN())))) {
		t.Error("exp(NaN) is a number")
	}
}

func TestElementWiseIsTheSameInEverySet(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for _, s := range natives(t) {
		for _, n := range []int{1, 2, 7, 8, 9, 15, 16, 17, 100, 513} {
			x := normals(r, n)
			for i := range x {
				x[i] *= 40
			}
			up := normals(r, n)
			want, got := make([]float32, n), make([]float32, n)
			generic.SiLUMul(want, x, up)
			s.SiLUMul(got, x, up)
			same(t, s.Name+" silu", got, want)
			copy(want, x)
			copy(got, x)
			generic.Softmax(want)
			s.Softmax(got)
			same(t, s.Name+" softmax", got, want)
			generic.RMSNorm(want, x, up, 1e-5)
			s.RMSNorm(got, x, up, 1e-5)
			same(t, s.Name+" norm", got, want)
			generic.Add(want, up)
			s.Add(got, up)
			same(t, s.Name+" add", got, want)
			generic.Scale(want, 0.3)
			s.Scale(got, 0.3)
			same(t, s.Name+" scale", got, want)
		}
	}
}

func TestSoftmaxSumsToOne(t *testing.T) {
	x := []float32{1000, 1001, 999, float32(math.Inf(-1))}
	generic.Softmax(x)
	want := []float64{0.24472847, 0.66524096, 0.09003057, 0} // e^(x-1001) over their sum
	for i := range x {
		if math.Abs(float64(x[i])-want[i]) > 1e-7 {
			t.Errorf("softmax[%d] = %g, want %g", i, x[i], want[i])
		}
	}
}

func TestRMSNormKnownAnswer(t *testing.T) {
	dst := make([]float32, 5)
	generic.RMSNorm(dst, []float32{1, 2, 3, 4, 5}, []float32{1, 1, 1, 2, 1}, 0)
	for i, want := range []float64{0.30151134, 0.60302269, 0.90453403, 2.41209076, 1.50755672} { // x / sqrt(11)
		if math.Abs(float64(dst[i])-want) > 1e-6 {
			t.Errorf("element %d: %g, want %g", i, dst[i], want)
		}
	}
}

func TestRopeKeepsLengthAndLayout(t *testing.T) {
	cos, sin := []float32{0, 1}, []float32{1, 0} // a quarter turn, then none
	x := []float32{1, 2, 3, 4}
	RopePairs(x, cos, sin)
	if want := []float32{-2, 1, 3, 4}; !equal(x, want) {
		t.Errorf("pairs: %v, want %v", x, want)
	}
	x = []float32{1, 2, 3, 4}
	RopeHalves(x, cos, sin)
	if want := []float32{-3, 2, 1, 4}; !equal(x, want) {
		t.Errorf("halves: %v, want %v", x, want)
	}
}

func equal(a, b []float32) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}

func TestQuantizedActivations(t *testing.T) {
	b := &Batch{}
	b.Reset(1, 32)
	for i := range b.X {
		b.X[i] = float32(i) - 15.5
	}
	b.X[0] = -254
	b.Reserve()
	generic.QuantizeRows(new(Worker), b, 0, 1)
	if b.d[0] != 2 || b.q[0] != -127 || b.q[1] != -7 || b.q[18] != 1 { // -14.5/2 = -7.25, 2.5/2 = 1.25
		t.Errorf("scale %g, q %v", b.d[0], b.q)
	}
	sum := 0
	for _, q := range b.q {
		sum += int(q)
	}
	if b.s[0] != 2*float32(sum) {
		t.Errorf("s = %g, want %g", b.s[0], 2*float32(sum))
	}
}

func TestQuantizeIsTheSameInEverySet(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 11))
	for _, s := range natives(t) {
		for name, scale := range map[string]float32{"usual": 1, "large": 1e37, "small": 1e-36, "denormal": 1e-38, "tiny": 1e-43, "zero": 0} {
			t.Run(s.Name+"/"+name, func(t *testing.T) {
				want := batch(r, 3, 96)
				for i := range want.X {
					want.X[i] *= scale
				}
				copy(want.X[32:64], make([]float32, 32))
				want.X[65] = -20 * scale // the largest is negative
				got := &Batch{}
				got.Reset(3, 96)
				got.Reserve()
				copy(got.X, want.X)
				generic.QuantizeRows(new(Worker), want, 1, 3)
				generic.QuantizeRows(new(Worker), want, 0, 1)
				s.QuantizeRows(new(Worker), got, 1, 3)
				s.QuantizeRows(new(Worker), got, 0, 1)
				if !slices.Equal(got.q, want.q) || !slices.Equal(got.t, want.t) {
					t.Errorf("q is %v, generic %v", got.q, want.q)
				}
				same(t, "d", got.d, want.d)
				same(t, "s", got.s, want.s)
			})
		}
	}
}
