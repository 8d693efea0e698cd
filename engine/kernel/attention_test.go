package kernel

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"github.com/assaylab/assay/engine/internal/cpu"
	"github.com/assaylab/assay/engine/quant"
)

// Attention is what the definition in float64 gives, but for rounding, of every kind, at
// the edges of parts and blocks, with windows, and with heads that share keys.
func TestAttentionAgreesWithItsDefinition(t *testing.T) {
	const heads, dim = 2, 64
	r := rand.New(rand.NewPCG(9, 1))
	sets := Sets(cpu.Detect())
	for i, s := range slices.Repeat(sets, 2) {
		prompt := i >= len(sets)
		for _, kind := range kvFormats {
			worst, bound := 0.0, 2e-6
			if prompt && paired(t, s, kind, dim) {
				bound = 1e-2 // of values up to 4: queries and weights keep 8 bits
			}
			for _, x := range []struct{ first, positions, heads, window, blockSize int }{
				{0, 1, 1, 0, 16}, {0, 20, 3, 0, 16}, {14, 3, 4, 0, 16}, {255, 2, 3, 0, 32}, {250, 12, 2, 0, 64}, {600, 1, 3, 0, 256},
				{530, 20, 1, 0, 8}, {300, 5, 3, 40, 16}, {500, 30, 2, 257, 32}, {513, 8, 2, 1, 16}, {97, 7, 3, 0, 24}, {40, 3, 1, 0, 1},
				{256, 33, 1, 0, 16}, {0, 70, 2, 31, 48}, {225, 65, 1, 0, 1024},
			} {
				n := x.first + x.positions
				if kind.PerChannel && x.blockSize%SealedSlots != 0 {
					continue
				}
				c := newKVCase(t, s, kind, heads, dim, n, x.blockSize, spread(r, (n+x.blockSize-1)/x.blockSize))
				c.prompt = prompt
				q := normals(r, x.positions*x.heads*dim)
				generic.Scale(new(Worker), q, 0.125)
				a, out := c.attention(1, x.first, x.positions, x.heads, x.window, q), new(Partial)
				s.Attend(new(Worker), a, out)
				for row := range a.Rows {
					for i, want := range c.attend(a, row) {
						got := float64(out.Out[row*dim+i] / out.Sum[row])
						if d := math.Abs(got - want); !(d < bound) {
							t.Fatalf("%s %v %+v: row %d, column %d: %g, want %g", s.Name, kind, x, row, i, got, want)
						} else {
							worst = max(worst, d)
						}
					}
				}
			}
			t.Logf("%s %v: error up to %.2g", s.Name, kind, worst)
		}
	}
}

// paired says whether a set's tile registers read keys and values of a kind.
func paired(t *testing.T, s *Set, kind KVFormat, dim int) bool {
	t.Helper()
	x, err := s.NewKV(kind, 1, dim, Group)
	if err != nil {
		t.Fatal(err)
	}
	return x.paired
}

// A row's result is the same bits in every set, but for tile registers, which differ by
// rounding; and whatever rows are computed with it, where the blocks lie, and whether the parts
// are computed one after another.
func TestAttentionIsTheSameHoweverComputed(t *testing.T) {
	const heads, group, first, positions = 2, 3, 500, 30
	r := rand.New(rand.NewPCG(9, 2))
	for _, dim := range []int{32, 48, 128} {
		for _, kind := range kvFormats {
			if (kind.K.Integer() || kind.V.Integer()) && dim%blockElems != 0 {
				continue
			}
			for _, window := range []int{0, 300} {
				if testing.Short() && (dim != 96 || window == 0) {
					continue
				}
				q := normals(r, positions*group*dim)
				for i := range q {
					q[i] /= 4
				}
				var want [2]*Partial // of other sets, and of tile registers
				sets := Sets(cpu.Detect())
				for i, s := range append(sets, sets[len(sets)-1]) {
					ref, prompt := &want[0], i == len(sets)
					if prompt && paired(t, s, kind, dim) {
						ref = &want[1]
					}
					if *ref == nil {
						*ref = new(Partial)
						c := newKVCase(t, s, kind, heads, dim, first+positions, 64, spread(r, 9))
						c.prompt = prompt
						s.Attend(new(Worker), c.attention(1, first, positions, group, window, q), *ref)
					}
					sizes := []int{1, 16, 8, 24, 32, 48, 64, 1024}
					if s == generic { // the slowest
						sizes = sizes[:2]
					}
					for _, blockSize := range sizes {
						if kind.PerChannel && blockSize%SealedSlots != 0 {
							continue
						}
						what := fmt.Sprintf("%s %v, %d columns, window %d, blocks of %d", s.Name, kind, dim, window, blockSize)
						n := (first + positions + blockSize - 1) / blockSize
						c := newKVCase(t, s, kind, heads, dim, first+positions, blockSize, spread(r, n))
						c.prompt = prompt
						for p := 0; p < positions; {
							n := min(positions-p, 1+r.IntN(12))
							a := c.attention(1, first+p, n, group, window, q[p*group*dim:])
							got := inParts(s, a)
							from, to := p*group*dim, (p+n)*group*dim
							sameFloats(t, what, got.Out, (*ref).Out[from:to])
							sameFloats(t, what, got.Sum, (*ref).Sum[p*group:(p+n)*group])
							p += n
						}
					}
				}
			}
		}
	}
}

// Slots that are not the sequence's may hold anything: a neighbour's numbers are not even
// multiplied by 0.
func TestAttentionReadsNothingElse(t *testing.T) {
	const heads, group, dim, first, positions = 2, 3, 64, 280, 5
	r := rand.New(rand.NewPCG(9, 6))
	for _, s := range Sets(cpu.Detect()) {
		for _, kind := range []KVFormat{{K: F32, V: F32}, {K: F16, V: F16}, {K: BF16, V: BF16}, {K: BF16, V: F32}} {
			for _, blockSize := range []int{1, 8, 16, 24, 32, 48, 64, 1024} {
				n := (first + positions + blockSize - 1) / blockSize
				order := spread(r, 2*n)[:n]
				c := newKVCase(t, s, kind, heads, dim, first+positions, blockSize, order)
				a, out := c.attention(1, first, positions, group, 0, normals(r, positions*group*dim)), [4]Partial{}
				for i := range out {
					if i == 2 {
						c.poison(s)
					}
					a.Prompt = i%2 == 1
					s.Attend(new(Worker), a, &out[i])
				}
				for i := range 2 {
					what := fmt.Sprintf("%s %v, blocks of %d, prompt: %v", s.Name, kind, blockSize, i == 1)
					sameFloats(t, what, out[2+i].Out, out[i].Out)
					sameFloats(t, what, out[2+i].Sum, out[i].Sum)
				}
			}
		}
	}
}

// poison fills all slots that are not the sequence's with what is no number, or is infinite.
func (c *kvCase) poison(s *Set) {
	own := map[int]bool{}
	for p := range c.raw {
		own[int(c.blocks[p/c.blockSize])*c.blockSize+p%c.blockSize] = true
	}
	x := make([]float32, c.kv.heads*c.kv.dim)
	for i := range x {
		x[i] = float32([]float64{math.NaN(), math.Inf(1), math.Inf(-1)}[i%3])
	}
	w := new(Worker)
	for slot := range c.kv.slots {
		if !own[slot] {
			s.Store(w, c.kv, slot, x, x)
		}
	}
}

// What is stored at the same time in slots side by side is what is stored one after another,
// rounded as the kind rounds.
func TestSlotsAreStoredConcurrently(t *testing.T) {
	const heads, dim, slots = 3, 64, 64
	r := rand.New(rand.NewPCG(9, 7))
	for _, s := range Sets(cpu.Detect()) {
		for _, kind := range kvFormats {
			one, err := s.NewKV(kind, heads, dim, slots)
			if err != nil {
				t.Fatal(err)
			}
			many, _ := s.NewKV(kind, heads, dim, slots)
			k, v := normals(r, slots*heads*dim), normals(r, slots*heads*dim)
			for i, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat32, 0x1p-140} {
				k[3*i], v[5*i] = float32(x), -float32(x)
			}
			store := func(w *Worker, x *KV, slot int) {
				s.Store(w, x, slot, k[slot*heads*dim:][:heads*dim], v[slot*heads*dim:][:heads*dim])
			}
			w := new(Worker)
			for slot := range slots {
				store(w, one, slot)
			}
			var done sync.WaitGroup
			for first := range 4 {
				done.Go(func() {
					w := new(Worker)
					for range 20 {
						for slot := first; slot < slots; slot += 4 {
							store(w, many, slot)
						}
					}
				})
			}
			done.Wait()
			if !bytes.Equal(one.k, many.k) || !bytes.Equal(one.v, many.v) || !slices.Equal(one.kScale, many.kScale) || !slices.Equal(one.vScale, many.vScale) {
				t.Errorf("%s %v: stored otherwise", s.Name, kind)
			}
			if one.paired {
				one.samePairs(t, k, v)
			}
		}
	}
}

// samePairs compares what is stored with what is to be.
func (x *KV) samePairs(t *testing.T, k, v []float32) {
	t.Helper()
	keys, values := view[uint16](x.k), view[uint16](x.v)
	for i := range k {
		slot, head, c := i/(x.heads*x.dim), i/x.dim%x.heads, i%x.dim
		got, want := keys[x.pairedKeyAt(head, slot)+c/2*2*Group+c%2], quant.F32ToBF16(k[i])
		if got != want {
			t.Fatalf("key %d: %#x, want %#x", i, got, want)
		}
		got, want = values[x.pairedValueAt(head, c, slot)+c%Group*2+slot%2], quant.F32ToBF16(v[i])
		if got != want {
			t.Fatalf("value %d: %#x, want %#x", i, got, want)
		}
	}
}

// inParts is the attention with its parts computed from the last on, and merged then.
func inParts(s *Set, a *Attention) *Partial {
	from, to := a.Parts()
	parts, w := make([]Partial, to), new(Worker)
	for i := to - 1; i >= from; i-- {
		s.AttendPart(w, a, i, &parts[i])
	}
	for i := from + 1; i < to; i++ {
		s.Merge(w, &parts[from], &parts[i])
	}
	return &parts[from]
}

func TestAttentionAllocatesNothing(t *testing.T) {
	r, w, out := rand.New(rand.NewPCG(9, 3)), new(Worker), new(Partial)
	sets := Sets(cpu.Detect())
	for i, s := range append(sets, sets[len(sets)-1]) {
		for _, kind := range kvFormats {
			c := newKVCase(t, s, kind, 2, 64, 600, 32, spread(r, 19))
			a := c.attention(0, 580, 20, 3, 0, normals(r, 60*64))
			a.Prompt = i == len(sets)
			own := c.own(0, 0, 0)
			if n := testing.AllocsPerRun(3, func() {
				s.Attend(w, a, out)
				if kind.PerChannel {
					s.Seal(w, c.kv, 0, 32, own)
				}
				s.Store(w, c.kv, 3, c.raw[5], c.v[5])
			}); n != 0 {
				t.Errorf("%s %v: %v allocations", s.Name, kind, n)
			}
		}
	}
}

func TestWideningIsTheSameInEverySet(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 4))
	for _, s := range Sets(cpu.Detect())[1:] {
		for n := 1; n < 7; n++ {
			for _, f := range []struct {
				what          string
				codes, scales int
				got, want     func(*widenArgs)
			}{
				{"columns", n * codeBytes, n * Group, s.widenColumns, widenColumns},
				{"columns of four bits", n * codeBytes, n * Group, s.widenColumns4, widenColumns4},
				{"rows", n * Group, n, s.widenRows, widenRows},
				{"rows of four bits", n * Group, n, s.widenRows4, widenRows4},
			} {
				codes, scales := guarded[int8](f.codes), guarded[uint16](f.scales)
				if strings.HasSuffix(f.what, "four bits") {
					codes = codes[f.codes/2:]
				}
				for i := range codes {
					codes[i] = int8(r.IntN(256) - 128)
				}
				for i := range scales {
					scales[i] = quant.F32ToF16(float32(r.NormFloat64() * math.Pow(2, float64(r.IntN(30)-22))))
				}
				got, want := guarded[float32](f.codes), guarded[float32](f.codes)
				f.got(&widenArgs{&codes[0], &scales[0], &got[0], n})
				f.want(&widenArgs{&codes[0], &scales[0], &want[0], n})
				sameFloats(t, fmt.Sprint(s.Name, f.what, n), got, want)
			}
		}
	}
}

// Chains that go on from sums are those that never stopped.
func TestFloatsGoOn(t *testing.T) {
	const cols, rowsApart = 37, 41
	r := rand.New(rand.NewPCG(9, 5))
	for _, s := range Sets(cpu.Detect()) {
		for k := F32; k <= BF16; k++ {
			for _, kernel := range s.float[k] {
				for groups := 1; groups <= 5; groups++ {
					m := packed(weights(r, k, groups*Group, cols))
					x := normals(r, kernel.rows*rowsApart)
					whole, halves := make([]float32, kernel.rows*groups*Group), guarded[float32](kernel.rows*groups*Group)
					a := floatArgs{
						w: unsafe.Pointer(&m.data[0]), n: cols, groups: groups, step: uintptr(m.group), x: &x[0], xStep: 4 * rowsApart,
						to: &whole[0], toStep: uintptr(4 * groups * Group), toGroup: 4 * Group,
					}
					kernel.run(&a)
					a.to, a.n = &halves[0], 14
					kernel.run(&a)
					a.w = unsafe.Pointer(&m.data[14*Group*layouts[k].bytes])
					a.x, a.n, a.carry = &x[14], cols-14, 1
					kernel.run(&a)
					sameFloats(t, fmt.Sprint(s.Name, k, kernel.rows, groups), halves, whole)
				}
			}
		}
	}
}

func TestKVRefusesWhatKernelsCannotRead(t *testing.T) {
	for _, x := range []struct {
		format KVFormat
		dim    int
	}{
		{KVFormat{K: Q4_K, V: F32}, 256}, {KVFormat{K: F16, V: F16}, 0}, {KVFormat{K: F16, V: F16}, 24}, {KVFormat{K: F32, V: Q8_0}, 48},
		{KVFormat{K: Q4_0, V: F32}, 48}, {KVFormat{K: BF16, V: Q4_0, PerChannel: true}, 64},
	} {
		if _, err := generic.NewKV(x.format, 1, x.dim, 16); err == nil {
			t.Errorf("%v, %d columns: no error", x.format, x.dim)
		}
	}
}
