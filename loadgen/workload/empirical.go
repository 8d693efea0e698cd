package workload

import (
	"fmt"
	"slices"
	"sort"
)

// Empirical is the kind of a Length that has a Table.
const Empirical Kind = "empirical"

// Table is a distribution that was observed: lengths and how often each came. It is made by NewTable.
type Table struct {
	Lengths []int     // rising
	Weights []float64 // of each, above 0

	cumulative []float64
}

// MostLengths bounds the different lengths of a Table.
const MostLengths = 1 << 20

// NewTable counts lengths; weights are how often each came, nil for once.
func NewTable(lengths []int, weights []float64) (*Table, error) {
	if len(lengths) == 0 {
		return nil, fmt.Errorf("empirical: no lengths, expected at least one")
	}
	if weights != nil && len(weights) != len(lengths) {
		return nil, fmt.Errorf("empirical: %d weights for %d lengths, expected one for each", len(weights), len(lengths))
	}
	sum := map[int]float64{}
	for i, n := range lengths {
		if n < 1 || n > MaxLength {
			return nil, fmt.Errorf("empirical: length %d is %d, expected 1 to %d", i+1, n, MaxLength)
		}
		w := 1.0
		if weights != nil {
			w = weights[i]
		}
		if !(w >= 0 && w <= 1e15) {
			return nil, fmt.Errorf("empirical: weight %d is %g, expected 0 to 1e15", i+1, w)
		}
		if w > 0 {
			sum[n] += w
		}
	}
	if len(sum) == 0 || len(sum) > MostLengths {
		return nil, fmt.Errorf("empirical: %d different lengths with a weight above 0, expected 1 to %d", len(sum), MostLengths)
	}
	return newTable(sum), nil
}

func newTable(sum map[int]float64) *Table {
	t := &Table{}
	for n := range sum {
		t.Lengths = append(t.Lengths, n)
	}
	slices.Sort(t.Lengths)
	total := 0.0
	for _, n := range t.Lengths {
		total += sum[n]
		t.Weights, t.cumulative = append(t.Weights, sum[n]), append(t.cumulative, total)
	}
	return t
}

// EmpiricalLength draws from t.
func EmpiricalLength(t *Table) Length {
	return Length{Kind: Empirical, Table: t, Mean: t.mean(), Min: t.Lengths[0], Max: t.Lengths[len(t.Lengths)-1]}
}

// Less is the distribution of l - n, for what is counted apart, such as a shared prefix.
func (l Length) Less(n int) Length {
	l.Mean, l.Min, l.Max = l.Mean-float64(n), l.Min-n, l.Max-n
	if l.Table != nil {
		t := *l.Table
		t.Lengths = slices.Clone(t.Lengths)
		for i := range t.Lengths {
			t.Lengths[i] -= n
		}
		l.Table = &t
	}
	return l
}

func (t *Table) mean() float64 {
	sum := 0.0
	for i, n := range t.Lengths {
		sum += float64(n) * t.Weights[i]
	}
	return sum / t.cumulative[len(t.cumulative)-1]
}

// sample is the u-quantile, u in [0, 1).
func (t *Table) sample(u float64) int {
	x := u * t.cumulative[len(t.cumulative)-1]
	i := sort.Search(len(t.cumulative), func(i int) bool { return t.cumulative[i] > x })
	return t.Lengths[min(i, len(t.Lengths)-1)]
}

func (l Length) validateTable() error {
	switch t := l.Table; {
	case t == nil || len(t.Lengths) == 0 || len(t.cumulative) != len(t.Lengths):
		return fmt.Errorf("empirical: no lengths, expected those that NewTable counts")
	case t.Lengths[0] != l.Min || t.Lengths[len(t.Lengths)-1] != l.Max:
		return fmt.Errorf("empirical: bounds %d and %d, expected those of its lengths, %d and %d", l.Min, l.Max, t.Lengths[0], t.Lengths[len(t.Lengths)-1])
	}
	return nil
}
