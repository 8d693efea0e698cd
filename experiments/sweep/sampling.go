package sweep

import "slices"

// temperatures are those at which loads sample, each once, rising; none where all are greedy.
func (m *Matrix) temperatures() (all []float64) {
	for _, w := range m.Scenario.Loads {
		if w.Temperature > 0 {
			all = append(all, w.Temperature)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
