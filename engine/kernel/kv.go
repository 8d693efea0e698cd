package kernel

import (
	"fmt"
	"slices"
	"unsafe"

	"github.com/assaylab/assay/engine/quant"
)

// KVKinds are the kinds that keys and values can be cached in, each in any.
var KVKinds = []Kind{F32, F16, BF16, Q8_0, Q4_0}

// SealedSlots is how many consecutive slots, from a multiple of it on, share the scales of keys
// per channel.
const SealedSlots = blockElems

// KVFormat says what keys and values are cached in.
type KVFormat struct {
	K, V Kind
	// PerChannel has each column of keys share a scale over 32 slots, instead of each 32 columns
	// of a slot: some columns of keys are many times as large as the others, at all positions
	// (Liu et al. 2024, KIVI). Such keys are written 32 slots at a time (Set.Seal).
	PerChannel bool
}

// KV is the cached keys and values of one layer, packed so that attention is products of
// float kernels: a head's keys of 16 slots are a group of 16 weight rows, and of its values
// each 16 columns, over all slots, are one. Consecutive slots are one product, whatever
// blocks they belong to.
//
//	k      (heads, slots/16, dim, 16)
//	v      (heads, dim/16, slots, 16)
//	kScale (heads, slots/16, dim/32, 16), of integers; per channel (heads, slots/32, dim)
//	vScale (heads, dim/32, slots), of integers
//
// Integers of four bits lie in pairs, the lower half of a byte first: keys 16 columns apart, or
// per channel, 8 slots apart; values 8 columns apart.
//
// Tile registers read pairs (kv_pairs.go): of columns of a key, and of slots' values.
//
//	k      (heads, slots/16, dim/2, 16, 2)
//	v      (heads, dim/16, slots/2, 16, 2)
//
// What is in a KV is read by the set alone that it was made by.
type KV struct {
	format            KVFormat
	paired            bool
	heads, dim, slots int
	k, v              []byte
	kScale, vScale    []uint16 // float16
}

// NewKV makes room for the keys and values of so many slots, rounded up to 32. A head's
// columns are a multiple of 16, of 32 for integers.
func (s *Set) NewKV(f KVFormat, heads, dim, slots int) (*KV, error) {
	if err := f.check(dim); err != nil {
		return nil, err
	}
	slots = roundUp(slots, SealedSlots)
	x := &KV{format: f, heads: heads, dim: dim, slots: slots}
	x.paired = s.tiles != nil && f.K == BF16 && f.V == BF16 && dim%tileStep == 0
	n := heads * dim * slots
	x.k, x.v = make([]byte, elemBytes(f.K, n)), make([]byte, elemBytes(f.V, n))
	if f.K.Integer() {
		x.kScale = make([]uint16, n/blockElems)
	}
	if f.V.Integer() {
		x.vScale = make([]uint16, n/blockElems)
	}
	return x, nil
}

func (f KVFormat) check(dim int) error {
	if err := checkKV("keys", f.K, dim); err != nil {
		return err
	}
	if f.PerChannel && !f.K.Integer() {
		return fmt.Errorf("keys in %v have no scales that could be those of channels", f.K)
	}
	return checkKV("values", f.V, dim)
}

func checkKV(what string, kind Kind, dim int) error {
	if !slices.Contains(KVKinds, kind) {
		return fmt.Errorf("no kernel reads %s in %v", what, kind)
	}
	columns := Group
	if kind.Integer() {
		columns = blockElems
	}
	if dim <= 0 || dim%columns != 0 {
		return fmt.Errorf("%s in %v need heads of a multiple of %d columns, not %d", what, kind, columns, dim)
	}
	return nil
}

// Bytes is what the keys and the values of one slot of one layer take, scales included.
func (f KVFormat) Bytes(heads, dim int) (keys, values int, err error) {
	if err := f.check(dim); err != nil {
		return 0, 0, err
	}
	return heads * f.K.RowBytes(dim), heads * f.V.RowBytes(dim), nil
}

// Format is what keys and values are stored in.
func (x *KV) Format() KVFormat { return x.format }

// elemBytes is the size of n elements of a kind, without their share of a scale.
func elemBytes(kind Kind, n int) int {
	switch kind {
	case F32:
		return 4 * n
	case F16, BF16:
		return 2 * n
	case Q4_0:
		return n / 2
	}
	return n
}

// keyAt is the index of a slot's first column of a head; the next is 16 elements on.
func (x *KV) keyAt(head, slot int) int {
	return (head*x.slots+slot/Group*Group)*x.dim + slot%Group
}

// valueAt is the index of 16 columns of a slot, from column c of a head on.
func (x *KV) valueAt(head, c, slot int) int {
	return ((head*x.dim+c)/Group*x.slots + slot) * Group
}

// Store writes all heads' keys and values, (heads, dim) each, to a slot; of keys per channel the
// values alone. Different slots can be written concurrently.
func (s *Set) Store(w *Worker, x *KV, slot int, k, v []float32) {
	if x.paired {
		s.storePairs(w, x, slot, k, v)
		return
	}
	if !x.format.PerChannel {
		s.storeKeys(w, x, slot, k)
	}
	s.storeValues(w, x, slot, v)
}

func (s *Set) storeKeys(w *Worker, x *KV, slot int, k []float32) {
	switch kind := x.format.K; kind {
	case F32:
		scatterKeys(x, slot, view[float32](x.k), k)
	case F16, BF16:
		scatterKeys(x, slot, view[uint16](x.k), s.round16(w, kind, k))
	case Q8_0:
		scatterKeys(x, slot, view[int8](x.k), s.codes(w, k))
		x.scaleKeys(slot, w.codes.d)
	case Q4_0:
		x.storeKeys4(slot, w.nibbles(k))
	}
}

func (s *Set) storeValues(w *Worker, x *KV, slot int, v []float32) {
	switch kind := x.format.V; kind {
	case F32:
		scatterValues(x, slot, view[float32](x.v), v)
	case F16, BF16:
		scatterValues(x, slot, view[uint16](x.v), s.round16(w, kind, v))
	case Q8_0:
		scatterValues(x, slot, view[int8](x.v), s.codes(w, v))
		x.scaleValues(slot, w.codes.d)
	case Q4_0:
		x.storeValues4(slot, w.nibbles(v))
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
	for i, v := range d {
		x.kScale[x.keyScaleAt(i, slot)] = quant.F32ToF16(v)
	}
}

// keyScaleAt is the index of the scale of a slot's block i, of 32 columns of all heads.
func (x *KV) keyScaleAt(i, slot int) int {
	blocks := x.dim / blockElems
	return (i/blocks*x.slots+slot/Group*Group)*blocks + i%blocks*Group + slot%Group
}

func (x *KV) scaleValues(slot int, d []float32) {
	for i, v := range d {
		x.vScale[i*x.slots+slot] = quant.F32ToF16(v)
	}
}
