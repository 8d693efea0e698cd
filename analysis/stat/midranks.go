package stat

// MidRanks are the ranks of values, from 1; equal values share the mean of theirs.
func MidRanks(values []float64) []float64 {
	order := sortedIndices(values)
	ranks := make([]float64, len(values))
	for from := 0; from < len(order); {
		to := from
		for to < len(order) && values[order[to]] == values[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			ranks[i] = float64(from+to+1) / 2
		}
		from = to
	}
	return ranks
}
