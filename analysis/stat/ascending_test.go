package stat

// Ascending is a sorted slice as Ordered.
type Ascending []float64

func (a Ascending) Len() int         { return len(a) }
func (a Ascending) At(i int) float64 { return a[i] }

// NewQuantile is NewQuantileOf of a slice.
func NewQuantile(sorted []float64, p float64, effective int) Quantile {
	return NewQuantileOf(Ascending(sorted), p, effective)
}
