package kernel

import (
	"encoding/binary"

	"github.com/assaylab/assay/engine/quant"
)

// Cached keys and values in four bits are blocks of quant's Q4_0, whose bytes have elements 0 to
// 15 in the lower halves and 16 to 31 in the higher ones, taken apart.
const (
	nibbleBlock = 18 // bytes: a float16 scale, then the codes
	nibbleScale = 2  // bytes of the scale
)

var formatQ4_0 = func() quant.Format {
	f, err := quant.ByName("Q4_0")
	if err != nil {
		panic(err)
	}
	return f
}()

// nibbles is x in blocks of 32 four-bit integers.
func (w *Worker) nibbles(x []float32) []byte {
	w.blocks = grow(w.blocks, len(x)/blockElems*nibbleBlock)
	formatQ4_0.Quantize(w.blocks, x)
	return w.blocks
}

func nibblesScale(block []byte) uint16 { return binary.LittleEndian.Uint16(block) }

// storeKeys4 stores a slot's blocks as they are: the two columns of a byte are 16 apart.
func (x *KV) storeKeys4(slot int, blocks []byte) {
	per := x.dim / blockElems
	for i := 0; len(blocks) > 0; i, blocks = i+1, blocks[nibbleBlock:] {
		x.kScale[x.keyScaleAt(i, slot)] = nibblesScale(blocks)
		to := x.k[(x.keyAt(i/per, slot/Group*Group)+i%per*codeBytes)/2+slot%Group:][:15*Group+1]
		for j, pair := range blocks[nibbleScale:nibbleBlock] {
			to[j*Group] = pair
		}
	}
}

// storeValues4 stores a slot's blocks, each as two times 16 columns.
func (x *KV) storeValues4(slot int, blocks []byte) {
	for c := 0; len(blocks) > 0; c, blocks = c+blockElems, blocks[nibbleBlock:] {
		x.vScale[c/blockElems*x.slots+slot] = nibblesScale(blocks)
		low, high := x.valueAt(0, c, slot)/2, x.valueAt(0, c+Group, slot)/2
		halve(x.v[low:][:Group/2], x.v[high:][:Group/2], blocks[nibbleScale:nibbleBlock])
	}
}

// halve takes 32 codes apart: low and high get 16 each, those 8 apart in one byte.
func halve(low, high, codes []byte) {
	for j := range Group / 2 {
		a, b := codes[j], codes[j+Group/2]
		low[j], high[j] = a&15|b<<4, a>>4|b&0xf0
	}
}
