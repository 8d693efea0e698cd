package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaylab/assay/engine/quant"
)

// kvCase is a sequence of n positions whose keys and values are in a cache, in blocks that
// lie where order says.
type kvCase struct {
	kv        *KV
	k, v      [][]float32 // (n) of (heads, dim), rounded as the cache's kinds round
	raw       [][]float32 // (n) keys, of those per channel as they were before
	blocks    []int32
	blockSize int
	prompt    bool // whose attention is a prompt's
}

// kvFormats are those that tests try: each kind, all mixtures of some, and keys per channel.
var kvFormats = func() (all []KVFormat) {
	for _, k := range KVKinds {
		all = append(all, KVFormat{K: k, V: k})
	}
	return append(all, KVFormat{K: Q8_0, V: Q4_0}, KVFormat{K: Q4_0, V: Q8_0}, KVFormat{K: BF16, V: Q4_0}, KVFormat{K: Q8_0, V: BF16},
		KVFormat{K: F32, V: F16}, KVFormat{K: Q4_0, V: Q4_0, PerChannel: true}, KVFormat{K: Q8_0, V: BF16, PerChannel: true})
}()

func (f KVFormat) String() string {
	what := fmt.Sprint(f.K, "/", f.V)
	if f.PerChannel {
		what += " per channel"
	}
	return what
}

func newKVCase(t testing.TB, s *Set, f KVFormat, heads, dim, n, blockSize int, order []int32) *kvCase {
	t.Helper()
	c := &kvCase{blocks: order, blockSize: blockSize}
	var err error
	if c.kv, err = s.NewKV(f, heads, dim, int(slices.Max(order)+1)*blockSize); err != nil {
		t.Fatal(err)
	}
	r, w := rand.New(rand.NewPCG(8, uint64(n))), new(Worker)
	for p := range n {
		k, v := normals(r, heads*dim), normals(r, heads*dim)
		s.Store(w, c.kv, c.slot(p), k, v)
		c.raw, c.v = append(c.raw, k), append(c.v, rounded(f.V, v))
		if !f.PerChannel {
			c.k = append(c.k, rounded(f.K, k))
		} else if p%SealedSlots == SealedSlots-1 {
			for head := range heads {
				s.Seal(w, c.kv, head, c.slot(p/SealedSlots*SealedSlots), c.own(head, p, p))
			}
			c.seal()
		}
	}
	return c
}

func (c *kvCase) slot(p int) int { return int(c.blocks[p/c.blockSize])*c.blockSize + p%c.blockSize }

// own is a head's keys before they are sealed, of all 32 positions that some of [first, last]
// belong to, and infinite where there are none yet.
func (c *kvCase) own(head, first, last int) []float32 {
	dim := c.kv.dim
	from, to := first/SealedSlots*SealedSlots, (last/SealedSlots+1)*SealedSlots
	x := make([]float32, (to-from)*dim)
	for p := from; p < to; p++ {
		for i := range dim {
			at := &x[(p-from)/Group*Group*dim+i*Group+p%Group]
			if *at = float32(math.Inf(1)); p < len(c.raw) {
				*at = c.raw[p][head*dim+i]
			}
		}
	}
	return x
}

// seal rounds the keys of the last 32 positions, each column with a scale of its own.
func (c *kvCase) seal() {
	last := c.raw[len(c.raw)-SealedSlots:]
	sealed, column := make([][]float32, SealedSlots), make([]float32, SealedSlots)
	for i := range last[0] {
		for p := range last {
			column[p] = last[p][i]
		}
		for p, v := range rounded(c.kv.format.K, column) {
			sealed[p] = append(sealed[p], v)
		}
	}
	c.k = append(c.k, sealed...)
}

// keys is what a row at position own reads of position p.
func (c *kvCase) keys(p, own int) []float32 {
	if c.kv.format.PerChannel && p/SealedSlots == own/SealedSlots {
		return c.raw[p]
	}
	return c.k[p]
}

// rounded is x as the kind stores it.
func rounded(kind Kind, x []float32) []float32 {
	y := slices.Clone(x)
	for i := range y {
		switch kind {
		case F16:
			y[i] = quant.F16ToF32(quant.F32ToF16(x[i]))
		case BF16:
			y[i] = quant.BF16ToF32(quant.F32ToBF16(x[i]))
		case Q8_0:
			codes := make([]int8, blockElems)
			at := i / blockElems * blockElems
			d := quantizeBlock(codes, x[at:at+blockElems])
			y[i] = float32(codes[i-at]) * quant.F16ToF32(quant.F32ToF16(d))
		}
	}
	if kind == Q4_0 {
		blocks := make([]byte, kind.RowBytes(len(x)))
		formatOf(kind).Quantize(blocks, x)
		formatOf(kind).Dequantize(y, blocks)
	}
	return y
}

// spread is blocks in an order in which some are neighbours.
func spread(r *rand.Rand, blocks int) []int32 {
	order := make([]int32, blocks)
	for i := range order {
		order[i] = int32(i)
	}
	for range blocks / 2 {
		i, j := r.IntN(blocks), r.IntN(blocks)
		order[i], order[j] = order[j], order[i]
	}
	return order
}

func (c *kvCase) attention(head, first, positions, heads, window int, q []float32) *Attention {
	a := &Attention{KV: c.kv, Head: head, Blocks: c.blocks, BlockSize: c.blockSize, First: first, Heads: heads,
		Rows: positions * heads, Window: window, Q: q, Prompt: c.prompt}
	if c.kv.format.PerChannel {
		a.Own = c.own(head, first, first+positions-1)
	}
	return a
}

// attend is what row r gets, in float64, as attention is defined.
func (c *kvCase) attend(a *Attention, r int) []float64 {
	dim := c.kv.dim
	weights, sum, top := []float64{}, 0.0, math.Inf(-1)
	from, to := a.begin(r), a.end(r)
	for p := from; p < to; p++ {
		score := 0.0
		for i, k := range c.keys(p, to-1)[a.Head*dim:][:dim] {
			score += float64(k) * float64(a.Q[r*dim+i])
		}
		weights, top = append(weights, score), max(top, score)
	}
	out := make([]float64, dim)
	for i, score := range weights {
		e := math.Exp(score - top)
		sum += e
		for j, v := range c.v[from+i][a.Head*dim:][:dim] {
			out[j] += e * float64(v)
		}
	}
	for j := range out {
		out[j] /= sum
	}
	return out
}
