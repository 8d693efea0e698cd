package promtext

import (
	"fmt"
	"strings"
)

// Page is what a server answered at /metrics: its samples, in its order.
type Page []Sample

// Parse reads a page. An error names the line.
func Parse(text string) (Page, error) {
	var all Page
	n := 0
	for line := range strings.Lines(text) {
		n++
		s, ok, err := ParseLine(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if ok {
			all = append(all, s)
		}
	}
	return all, nil
}

// Sum adds up the samples of a name, over all their labels but for those given: name, value, name, value, ... known is false
// where there is none, which is another thing than 0.
func (p Page) Sum(name string, labels ...string) (sum float64, known bool) {
	for _, s := range p {
		if s.Name == name && s.has(labels) {
			sum, known = sum+s.Value, true
		}
	}
	return sum, known
}

func (s Sample) has(labels []string) bool {
	for i := 0; i+1 < len(labels); i += 2 {
		if s.Labels[labels[i]] != labels[i+1] {
			return false
		}
	}
	return true
}

// By adds up the samples of a name by the values of one of their labels.
func (p Page) By(name, label string) map[string]float64 {
	sums := map[string]float64{}
	for _, s := range p {
		if s.Name == name {
			sums[s.Labels[label]] += s.Value
		}
	}
	return sums
}
