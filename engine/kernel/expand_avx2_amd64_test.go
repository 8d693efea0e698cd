package kernel

import (
	"math/rand/v2"
	"testing"
)

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
