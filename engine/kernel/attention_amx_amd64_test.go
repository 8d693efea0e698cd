package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/assaylab/assay/engine/quant"
)

// bf16s is x in bfloat16.
func bf16s(x []float32) []uint16 {
	to := make([]uint16, len(x))
	for i, v := range x {
		to[i] = quant.F32ToBF16(roundBF16(v))
	}
	return to
}

func guardedCopy[T any](x []T) []T {
	g := guarded[T](len(x))
	copy(g, x)
	return g
}

// Products of pairs are right but for rounding, and a row's are the same bits whatever other rows and groups there are.
func TestPairs(t *testing.T) {
	needsAMX(t)
	r := rand.New(rand.NewPCG(51, 2))
	for groups := 1; groups <= 7; groups++ {
		for steps := 1; steps <= 3; steps++ {
			for _, rows := range []int{1, 3, 15, 16, 17, 31, 32} {
				c := newPairsCase(r, rows, steps, groups)
				all := c.run(0, rows, 0, groups)
				for row := range rows {
					if alone := c.run(row, 1, 0, groups); !slices.Equal(alone, all[row*groups*Group:][:groups*Group]) {
						t.Fatalf("%d rows, %d steps, %d groups: row %d differs from itself alone", rows, steps, groups, row)
					}
				}
				for g := range groups {
					for row, sums := range slices.Collect(slices.Chunk(c.run(0, rows, g, 1), Group)) {
						if !slices.Equal(sums, all[(row*groups+g)*Group:][:Group]) {
							t.Fatalf("%d rows, %d steps, %d groups: group %d differs from itself alone", rows, steps, groups, g)
						}
					}
				}
				for i, got := range all {
					if want := c.product(i/(groups*Group), i%(groups*Group)); math.Abs(float64(got)-want) > 1e-5 {
						t.Fatalf("%d rows, %d steps, %d groups: sum %d is %g, want %g", rows, steps, groups, i, got, want)
					}
				}
			}
		}
	}
}

type pairsCase struct {
	steps, groups int
	x             []uint16 // (rows, steps, 32)
	b             []uint16 // (groups, steps, 16, 16, 2)
	table         []*uint16
}

func newPairsCase(r *rand.Rand, rows, steps, groups int) *pairsCase {
	c := &pairsCase{steps: steps, groups: groups, x: guardedCopy(bf16s(normals(r, rows*steps*tileStep)))}
	c.b, c.table = guarded[uint16](groups*steps*tilePairs), make([]*uint16, steps*groups)
	for i := range c.b {
		c.b[i] = quant.F32ToBF16(float32(r.NormFloat64()))
	}
	for i := range c.table {
		c.table[i] = &c.b[(i%groups*steps+i/groups)*tilePairs]
	}
	return c
}

func (c *pairsCase) run(row, rows, group, groups int) []float32 {
	to := guarded[float32](rows * groups * Group)
	amx.tiles.multiply(&pairArgs{
		x: &c.x[row*c.steps*tileStep], xStep: uintptr(2 * c.steps * tileStep), rows: rows,
		b: &c.table[group], bStep: uintptr(8 * c.groups), steps: c.steps, groups: groups, to: &to[0], toStep: uintptr(4 * groups * Group),
	})
	return to
}

func (c *pairsCase) product(row, i int) (sum float64) {
	for k := range c.steps * tileStep {
		b := c.b[(i/Group*c.steps+k/tileStep)*tilePairs+k%tileStep/2*2*Group+i%Group*2+k%2]
		sum += float64(quant.BF16ToF32(c.x[row*c.steps*tileStep+k])) * float64(quant.BF16ToF32(b))
	}
	return sum
}

// weightOf is the weight of a score below the largest one, near enough exp's.
func weightOf(score, top float32) float32 {
	const log2e = 1.44269502
	t := max(fma32(score, log2e, -float32(top*log2e)), -200)
	n := float32(math.RoundToEven(float64(t)))
	p := fma32(fma32(fma32(0.05517167, t-n, 0.24261113), t-n, 0.69326097), t-n, 0.99992806)
	return float32(math.Ldexp(float64(p), int(n)))
}

func TestWeightsAreNearExps(t *testing.T) {
	for x := float32(0); x > -80; x -= 0.003 {
		if got, want := float64(weightOf(3+x, 3)), math.Exp(float64(3+x)-3); math.Abs(got/want-1) > 1e-4 {
			t.Fatalf("the weight at %g below the largest score is %g, want %g", x, got, want)
		}
	}
	if got := weightOf(float32(math.Inf(-1)), 3); got != 0 {
		t.Errorf("the weight of no score is %g", got)
	}
}

// Weights are what they should be, their sum is made as that of other sets, and scores that a
// row does not see have the weight 0, whatever they are.
func TestSoftmaxOfRows(t *testing.T) {
	needsAMX(t)
	r := rand.New(rand.NewPCG(51, 3))
	for n := tileStep; n <= Part; n += tileStep {
		for rows := 1; rows <= 5; rows++ {
			x, sees := guardedCopy(normals(r, rows*n)), guarded[[2]int32](rows)
			top, sum := guarded[float32](rows), guarded[float32](rows)
			want := make([]uint16, 0, len(x))
			var wantTop, wantSum []float32
			for row := range rows {
				from := r.IntN(n)
				to := from + 1 + r.IntN(n-from)
				sees[row] = [2]int32{int32(from), int32(to)}
				scores := x[row*n:][:n]
				scores[from+r.IntN(to-from)] -= 200
				hidden := slices.Clone(scores)
				for i := range n {
					if i < from || i >= to {
						scores[i], hidden[i] = float32(math.NaN()), float32(math.Inf(-1))
					}
				}
				a := new(rowArgs).of(hidden)
				a.f = float32(math.Inf(-1))
				generic.top(a)
				for i, score := range hidden {
					hidden[i] = weightOf(score, a.f)
					a.part[i%16] += hidden[i]
				}
				wantTop, wantSum, want = append(wantTop, a.f), append(wantSum, a.sum()), append(want, bf16s(hidden)...)
			}
			amx.tiles.softmax(&softmaxArgs{&x[0], uintptr(4 * n), rows, n, &sees[0], &top[0], &sum[0]})
			what := fmt.Sprintf("%d rows of %d, of which %v are seen", rows, n, sees)
			sameFloats(t, what, top, wantTop)
			sameFloats(t, what, sum, wantSum)
			for row := range rows {
				if !slices.Equal(view[uint16](unsafe.Slice((*byte)(unsafe.Pointer(&x[row*n])), 2*n)), want[row*n:][:n]) {
					t.Fatalf("%s: other weights", what)
				}
			}
		}
	}
}

// Merging and dividing are those of other sets.
func TestMergeAndFinish(t *testing.T) {
	needsAMX(t)
	r := rand.New(rand.NewPCG(51, 4))
	for _, dim := range []int{16, 64, 80} {
		for rows := 1; rows <= 40; rows++ {
			p, b := partialCase(r, rows, dim), partialCase(r, rows, dim)
			p2, b2 := p.clone(), b.clone()
			amx.Merge(new(Worker), &p, &b)
			generic.Merge(new(Worker), &p2, &b2)
			what := fmt.Sprintf("%d rows of %d", rows, dim)
			sameFloats(t, what+": sum", p.Sum, p2.Sum)
			for row, sum := range p2.Sum {
				if sum != 0 {
					sameFloats(t, what+": largest", p.Max[row:row+1], p2.Max[row:row+1])
					sameFloats(t, what, p.Out[row*dim:][:dim], p2.Out[row*dim:][:dim])
				}
			}
			for _, heads := range []int{1, 2, 5} {
				if rows%heads == 0 {
					step := heads*dim + 48
					size := (rows/heads-1)*step + heads*dim
					got, want := guarded[float32](size), make([]float32, size)
					amx.Finish(new(Worker), &p, heads, got, step)
					generic.Finish(new(Worker), &p, heads, want, step)
					sameFloats(t, what+", divided", got, want)
				}
			}
		}
	}
}

// partialCase is attention of rows of which some have seen nothing and hold what is no number.
func partialCase(r *rand.Rand, rows, dim int) Partial {
	p := Partial{guardedCopy(normals(r, rows)), guarded[float32](rows), guardedCopy(normals(r, rows*dim))}
	for i := range rows {
		switch r.IntN(4) {
		case 0:
			p.Max[i] = float32(math.NaN())
			copy(p.Out[i*dim:], fill(dim, float32(math.NaN())))
		case 1:
			p.Max[i] += 100
			fallthrough
		default:
			p.Sum[i] = 1 + r.Float32()
		}
	}
	return p
}

func (p *Partial) clone() Partial {
	return Partial{slices.Clone(p.Max), slices.Clone(p.Sum), slices.Clone(p.Out)}
}
