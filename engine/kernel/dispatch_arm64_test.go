package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/assaylab/assay/engine/internal/cpu"
)

// TestMaskedFeatures takes one feature after the other from a machine that has them all: no
// kernel that needs it may be offered.
func TestMaskedFeatures(t *testing.T) {
	for _, c := range []struct {
		features cpu.Features
		best     *Set
	}{
		{cpu.Features{NEON: true, DotProduct: true, I8MM: true}, neonI8MM},
		{cpu.Features{NEON: true, DotProduct: true}, neon},
		{cpu.Features{NEON: true, I8MM: true}, generic},
		{cpu.Features{DotProduct: true, I8MM: true}, generic},
		{cpu.Features{}, generic},
	} {
		sets := Sets(c.features)
		if got := sets[len(sets)-1]; got != c.best {
			t.Errorf("%v: %s with tiles of %d rows, want %s with %d", c.features.Names(), got.Name, got.tile[0].rows, c.best.Name, c.best.tile[0].rows)
		}
	}
}

// TestMulWithoutI8MM runs whole products as a lesser machine does.
func TestMulWithoutI8MM(t *testing.T) {
	if assembly(t) == neon {
		t.Skip("the set of this machine needs no i8mm: TestMulIsTheDefinition runs it")
	}
	for k := Q8_0; k < kinds; k++ {
		t.Run(fmt.Sprint(k), func(t *testing.T) {
			r := rand.New(rand.NewPCG(4, uint64(k)))
			for i, cols := range shapes(k) {
				for _, rows := range []int{2, 3, 5 + i, 16 + i, 33} {
					sameMul(t, neon, weights(r, k, 17+r.IntN(40), cols), batch(r, rows, cols))
				}
			}
		})
	}
}
