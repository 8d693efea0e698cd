package stat

// NewQuantile is NewQuantileOf of a slice.
func NewQuantile(sorted []float64, p float64, effective int) Quantile {
	return NewQuantileOf(Ascending(sorted), p, effective)
}
