package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaylab/assay/engine/internal/cpu"
)

// shares is what row r gives to each block, in float64, as attention is defined.
func (c *kvCase) shares(a *Attention, r int) []float64 {
	scores, top := make([]float64, a.end(r)), math.Inf(-1)
	for p := range scores {
		for i, k := range c.k[p][a.Head*c.kv.dim:][:c.kv.dim] {
			scores[p] += float64(k) * float64(a.Q[r*c.kv.dim+i])
		}
		top = max(top, scores[p])
	}
	blocks, sum := make([]float64, len(a.Blocks)), 0.0
	for p, score := range scores {
		e := math.Exp(score - top)
		blocks[p/a.BlockSize] += e
		sum += e
	}
	for b := range blocks {
		blocks[b] /= sum
	}
	return blocks
}

// Observed attention is the definition's in float64 but for rounding, the same in all sets to
// the last bit, rows apart or together, and however the rows are cut.
func TestObserveAgreesWithItsDefinition(t *testing.T) {
	const first, positions, heads, dim = 500, 30, 3, 64
	r := rand.New(rand.NewPCG(9, 8))
	for _, kind := range KVKinds {
		for _, blockSize := range []int{1, 8, 16, 64, 256} {
			n := (first + positions + blockSize - 1) / blockSize
			order, q := spread(r, n), normals(r, positions*heads*dim)
			generic.Scale(new(Worker), q, 0.125)
			var want []uint64
			for _, s := range Sets(cpu.Detect()) {
				c, w := newKVCase(t, s, KVFormat{K: kind, V: kind}, 2, dim, first+positions, blockSize, order), new(Worker)
				a := c.attention(1, first, positions, heads, 0, q)
				apart, together := make([]uint64, positions*n), make([]uint64, n)
				s.Observe(w, a, apart, n)
				for p := 0; p < positions; {
					rows := min(positions-p, 1+r.IntN(12))
					s.Observe(w, c.attention(1, first+p, rows, heads, 0, q[p*heads*dim:]), together, 0)
					p += rows
				}
				checkShares(t, c, a, apart, together)
				if want == nil {
					want = apart
				}
				if !slices.Equal(apart, want) {
					t.Fatalf("%s %v, blocks of %d: other bits", s.Name, kind, blockSize)
				}
				if n := testing.AllocsPerRun(1, func() { s.Observe(w, a, together, 0) }); n != 0 {
					t.Errorf("%s %v: %v allocations", s.Name, kind, n)
				}
			}
		}
	}
}

func checkShares(t *testing.T, c *kvCase, a *Attention, apart, together []uint64) {
	t.Helper()
	blocks := len(a.Blocks)
	for b := range blocks {
		sum := uint64(0)
		for p := range a.Rows / a.Heads {
			sum += apart[p*blocks+b]
		}
		if sum != together[b] {
			t.Fatalf("block %d: rows give %d apart and %d together", b, sum, together[b])
		}
	}
	for p := range a.Rows / a.Heads {
		want := make([]float64, blocks)
		for h := range a.Heads {
			for b, share := range c.shares(a, p*a.Heads+h) {
				want[b] += share
			}
		}
		for b := range want {
			if got := float64(apart[p*blocks+b]) / (1 << 32); math.Abs(got-want[b]) > 1e-5 {
				t.Fatalf("blocks of %d: position %d gives block %d %g, want %g", a.BlockSize, p, b, got, want[b])
			}
		}
	}
}
