package quant

// Bits is the size of one element on average, scales included.
func (f Format) Bits() float64 { return 8 * float64(f.BlockBytes) / float64(f.BlockElems) }
