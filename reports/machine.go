package reports

import (
	"fmt"
	"strings"

	"github.com/assaylab/assay/analysis/record"
)

func (v *view) machine() Section {
	h := v.Run.Host
	s := Section{ID: "machine", Title: "The machine"}
	all := Terms{
		{"CPU", h.CPU},
		{"Cores usable", positive(h.Cores)},
		{"Memory", memory(h.MemoryBytes)},
		{"System", strings.TrimSpace(strings.Join([]string{h.OS, h.Kernel, h.Arch}, " "))},
		{"CPU features", strings.Join(h.Features, ", ")},
		{"Kernels in use", h.Kernels},
	}
	var known Terms
	for _, t := range all {
		if t.Text != "" {
			known = append(known, t)
		}
	}
	if len(known) > 0 {
		s.Blocks = append(s.Blocks, known)
	}
	if v.Systems != nil {
		s.Blocks = append(s.Blocks, Note("It is the machine of the load generator, of the included engine and of the systems that were started for the run. What was there runs on other machines, as the table of systems says."))
	}
	if len(h.Noise) > 0 {
		s.Blocks = append(s.Blocks, Alert{Title: "States that make timings doubtful", Items: h.Noise})
	}
	if len(v.Run.Notes) > 0 {
		s.Blocks = append(s.Blocks, List(v.Run.Notes))
	}
	return s
}

func positive(n int) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func memory(b int64) string {
	if b <= 0 {
		return ""
	}
	u := bytesUnit(float64(b))
	return u.frame(u.of(float64(b)), 1)
}

// loadText describes a load level.
func loadText(l record.Load) string {
	arrivals := l.Arrival + " arrivals"
	if strings.HasPrefix(l.Arrival, "recorded") {
		arrivals = "arrivals " + l.Arrival
	}
	s := fmt.Sprintf("%s, %s per trial", arrivals, plural(l.Requests, "measured request"))
	switch {
	case l.Rate > 0:
		s = fmt.Sprintf("Open loop, %s at %s requests/s", s, trim(l.Rate))
		if l.Shape != "" {
			s += " on average, " + l.Shape
		}
	case l.Concurrency > 0:
		s = fmt.Sprintf("Closed loop, %s at concurrency %d", s, l.Concurrency)
	}
	if l.Warmup > 0 {
		s += fmt.Sprintf(", after %d to warm up", l.Warmup)
	}
	if l.PromptTokens != "" {
		s += "; prompt tokens " + l.PromptTokens
	}
	if l.OutputTokens != "" {
		s += "; output tokens " + l.OutputTokens
	}
	s += lengthsText(l) + contentText(l)
	if l.Temperature > 0 {
		s += "; temperature " + trim(l.Temperature)
	}
	if l.SharedPrefix != "" {
		s += "; shared prefix " + l.SharedPrefix
	}
	if l.Conversation != "" {
		s += "; conversations of " + l.Conversation
	}
	return s + "."
}
