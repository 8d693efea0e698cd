package sample

import "github.com/assaylab/assay/engine/internal/cpu"

// weighArgs is the one argument of weighAVX512. Assembly reads it by offset; keep the order.
type weighArgs struct {
	weights        *float64       // 0: (n)
	logits         *float32       // 8: (n)
	powers         *[steps]uint64 // 16
	n              int            // 24: a multiple of lanes, at least one
	largest, scale float64        // 32, 40
	square         float64        // 48
	sums           [lanes]float64 // 56: set
}

//go:noescape
func weighAVX512(a *weighArgs)

//go:noescape
func shareAVX512(dst *float32, weights *float64, n int, share float64)

var wide = cpu.Detect().AVX512

// weighWide is weigh for a first part of what there is, and says of how many.
func (w weigher) weighWide(weights []float64, logits []float32, sums *[lanes]float64) (n int) {
	if n = len(logits) / lanes * lanes; n == 0 || !wide {
		return 0
	}
	a := weighArgs{&weights[:n][0], &logits[0], &powers, n, w.largest, w.scale, square, [lanes]float64{}}
	weighAVX512(&a)
	*sums = a.sums
	return n
}

// shareWide is setShares likewise.
func shareWide(dst []float32, weights []float64, share float64) (n int) {
	if n = len(weights) / lanes * lanes; n == 0 || !wide {
		return 0
	}
	shareAVX512(&dst[:n][0], &weights[0], n, share)
	return n
}
