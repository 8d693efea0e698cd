package kernel

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaylab/assay/engine/internal/cpu"
)

// What Hadamard makes of a head is its products with the rows of Sylvester's matrices, whose
// signs are the parity of common bits of row and column; done twice, it is the head again; and
// it is the same bits in every set.
func TestHadamard(t *testing.T) {
	r := rand.New(rand.NewPCG(71, 1))
	for _, head := range []int{16, 32, 48, 64, 80, 96, 128, 256} {
		for heads := 1; heads <= 3; heads++ {
			what := fmt.Sprintf("%d heads of %d", heads, head)
			x := normals(r, heads*head)
			want := slices.Clone(x)
			generic.Hadamard(new(Worker), want, head)
			size := head & -head
			for i, got := range want {
				sum, at := 0.0, i/size*size
				for j, v := range x[at : at+size] {
					if bits.OnesCount(uint(j&(i-at)))%2 == 1 {
						v = -v
					}
					sum += float64(v)
				}
				if d := math.Abs(float64(got) - sum/math.Sqrt(float64(size))); d > 1e-5 {
					t.Fatalf("%s: element %d is %g, off by %g", what, i, got, d)
				}
			}
			for _, s := range Sets(cpu.Detect()) {
				got := guarded[float32](len(x))
				copy(got, x)
				s.Hadamard(new(Worker), got, head)
				sameFloats(t, s.Name+", "+what, got, want)
				s.Hadamard(new(Worker), got, head)
				for i, v := range got {
					if math.Abs(float64(v-x[i])) > 1e-5 {
						t.Fatalf("%s, %s: element %d comes back as %g, was %g", s.Name, what, i, v, x[i])
					}
				}
			}
		}
	}
}
