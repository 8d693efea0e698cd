package kernel

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"
)

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

func TestExpandAVX2(t *testing.T) {
	needsAVX2(t)
	r := rand.New(rand.NewPCG(32, 1))
	for k := Q8_0; k < kinds; k++ {
		for _, cols := range shapes(k) {
			sameExpand(t, k, avx2.expand[k], packed(weights(r, k, 16, cols)))
		}
	}
}

func TestExponentsAVX2(t *testing.T) {
	needsAVX2(t)
	sameExponents(t, avx2)
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
