package main

import (
	"fmt"
	"io"
	"time"

	"github.com/assaylab/assay/experiments/sweep"
)

// searchesText is ", 2 searches of at most 80 trials"; "" where rates are given.
func searchesText(m *sweep.Matrix) string {
	all := m.Searches()
	if len(all) == 0 {
		return ""
	}
	n, trials := 0, 0
	for _, s := range all {
		for _, a := range m.Arms {
			if s.AskedOf(m, a) {
				n, trials = n+1, trials+s.Record.MaxProbes
			}
		}
	}
	text := "search"
	if n > 1 {
		text = "searches"
	}
	return fmt.Sprintf(", %d %s of at most %d trials together", n, text, trials)
}

// printSearches says what searches may do.
func printSearches(w io.Writer, m *sweep.Matrix) {
	for _, s := range m.Searches() {
		r, first := s.Record, s.Load(0).Record
		fmt.Fprintf(w, "     %s: %s, the highest rate from %g to %g/s that holds every limit, to %g %%: for each arm at most %d trials",
			r.Name, first.Arrival, r.MinRate, r.MaxRate, 100*r.Precision, r.MaxProbes)
		if r.MaxTimeNS > 0 {
			fmt.Fprintf(w, " or %v", time.Duration(r.MaxTimeNS))
		}
		fmt.Fprintf(w, ", of %d requests at the lowest rate, prompt %s tokens, answer %s tokens\n", first.Requests, first.PromptTokens, first.OutputTokens)
	}
}
