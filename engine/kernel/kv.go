package kernel

import (
	"fmt"
	"unsafe"

	"github.com/assaylab/assay/engine/quant"
)

// KVKinds are the kinds that keys and values can be cached in.
var KVKinds = []Kind{F32, F16, BF16, Q8_0}

// KV is the cached keys and values of one layer, packed so that attention is products of
// float kernels: a head's keys of 16 slots are a group of 16 weight rows, and of its values
// each 16 columns, over all slots, are one. Consecutive slots are one product, whatever
// blocks they belong to.
//
//	k      (heads, slots/16, dim, 16)
//	v      (heads, dim/16, slots, 16)
//	kScale (heads, slots/16, dim/32, 16), of Q8_0
//	vScale (heads, dim/32, slots), of Q8_0
//
// Tile registers read pairs (kv_pairs.go): of columns of a key, and of slots' values.
//
//	k      (heads, slots/16, dim/2, 16, 2)
//	v      (heads, dim/16, slots/2, 16, 2)
//
// What is in a KV is read by the set alone that it was made by.
type KV struct {
	kind              Kind
	paired            bool
	heads, dim, slots int
	k, v              []byte
	kScale, vScale    []uint16 // float16
}

// NewKV makes room for the keys and values of so many slots, rounded up to 16. A head's
// columns are a multiple of 16, of 32 for Q8_0.
func (s *Set) NewKV(kind Kind, heads, dim, slots int) (*KV, error) {
	if err := checkKV(kind, dim); err != nil {
		return nil, err
	}
	slots = (slots + Group - 1) / Group * Group
	x := &KV{kind: kind, heads: heads, dim: dim, slots: slots}
	x.paired = s.tiles != nil && kind == BF16 && dim%tileStep == 0
	n := heads * dim * slots
	x.k, x.v = make([]byte, n*x.size()), make([]byte, n*x.size())
	if kind == Q8_0 {
		x.kScale, x.vScale = make([]uint16, n/blockElems), make([]uint16, n/blockElems)
	}
	return x, nil
}

func checkKV(kind Kind, dim int) error {
	columns := Group
	switch kind {
	case F32, F16, BF16:
	case Q8_0:
		columns = blockElems
	default:
		return fmt.Errorf("no kernel reads keys and values in %v", kind)
	}
	if dim <= 0 || dim%columns != 0 {
		return fmt.Errorf("keys and values in %v need heads of a multiple of %d columns, not %d", kind, columns, dim)
	}
	return nil
}

// KVBytes is what the keys and values of one slot of one layer take.
func KVBytes(kind Kind, heads, dim int) (int, error) {
	if err := checkKV(kind, dim); err != nil {
		return 0, err
	}
	return 2 * heads * kind.RowBytes(dim), nil
}

// Kind is the storage format.
func (x *KV) Kind() Kind { return x.kind }

// size is that of an element, without its share of a scale.
func (x *KV) size() int { return [...]int{F32: 4, F16: 2, BF16: 2, Q8_0: 1}[x.kind] }

// keyAt is the index of a slot's first column of a head; the next is 16 elements on.
func (x *KV) keyAt(head, slot int) int {
	return (head*x.slots+slot/Group*Group)*x.dim + slot%Group
}

// valueAt is the index of 16 columns of a slot, from column c of a head on.
func (x *KV) valueAt(head, c, slot int) int {
	return ((head*x.dim+c)/Group*x.slots + slot) * Group
}

// Store writes all heads' keys and values, (heads, dim) each, to a slot. Different slots
// can be written concurrently.
func (s *Set) Store(w *Worker, x *KV, slot int, k, v []float32) {
	if x.paired {
		s.storePairs(w, x, slot, k, v)
		return
	}
	switch x.kind {
	case F32:
		scatterKeys(x, slot, view[float32](x.k), k)
		scatterValues(x, slot, view[float32](x.v), v)
	case F16, BF16:
		scatterKeys(x, slot, view[uint16](x.k), s.round16(w, x.kind, k))
		scatterValues(x, slot, view[uint16](x.v), s.round16(w, x.kind, v))
	case Q8_0:
		scatterKeys(x, slot, view[int8](x.k), s.codes(w, k))
		x.scaleKeys(slot, w.codes.d)
		scatterValues(x, slot, view[int8](x.v), s.codes(w, v))
		x.scaleValues(slot, w.codes.d)
	}
}

// view is memory as elements.
func view[T any](data []byte) []T {
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(data))), len(data)/int(unsafe.Sizeof(*new(T))))
}

func scatterKeys[T any](x *KV, slot int, to, from []T) {
	for h := range x.heads {
		to := to[x.keyAt(h, slot):][:(x.dim-1)*Group+1]
		for c, e := range from[h*x.dim:][:x.dim] {
			to[c*Group] = e
		}
	}
}

func scatterValues[T any](x *KV, slot int, to, from []T) {
	for c := 0; c < len(from); c += Group {
		copy(to[x.valueAt(0, c, slot):][:Group], from[c:])
	}
}

// round16 is x in a kind of 16 bits.
func (s *Set) round16(w *Worker, kind Kind, x []float32) []uint16 {
	w.stored = grow(w.stored, len(x))
	if kind == BF16 {
		for i, v := range x {
			w.stored[i] = quant.F32ToBF16(v)
		}
		return w.stored
	}
	a := w.row.of(x)
	a.dst = (*float32)(unsafe.Pointer(&w.stored[0]))
	s.narrow16(a)
	return w.stored
}

// codes is x in blocks of 32 integers, whose scales it leaves in w.codes.d.
func (s *Set) codes(w *Worker, x []float32) []int8 {
	b := &w.codes
	b.Rows, b.Cols, b.X = 1, len(x), x
	b.Reserve()
	s.QuantizeRows(w, b, 0, 1)
	b.X = nil
	return b.q[:len(x)]
}

func (x *KV) scaleKeys(slot int, d []float32) {
	blocks := x.dim / blockElems
	for i, v := range d {
		x.kScale[(i/blocks*x.slots+slot/Group*Group)*blocks+i%blocks*Group+slot%Group] = quant.F32ToF16(v)
	}
}

func (x *KV) scaleValues(slot int, d []float32) {
	for i, v := range d {
		x.vScale[i*x.slots+slot] = quant.F32ToF16(v)
	}
}
