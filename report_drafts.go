package main

import "github.com/assaylab/assay/analysis"

// speculation is what --json prints of drafting tokens.
type speculation struct {
	Baseline string       `json:"baseline_arm"`
	Advice   []string     `json:"advice"`
	Levels   []draftLevel `json:"levels"`
}

// draftLevel is one load.
type draftLevel struct {
	Load  string     `json:"load"`
	Rate  float64    `json:"rate"`  // requests per second, or in flight of a closed loop
	Draft string     `json:"draft"` // name of the arm to draft with, "" for none: no gain is proven
	Arms  []draftArm `json:"speedups"`
}

// draftArm is an arm with drafts, next to the baseline.
type draftArm struct {
	Arm      string   `json:"arm"`
	Speedup  *float64 `json:"speedup"` // of mean TPOT; null where it is not known
	Low      *float64 `json:"low"`     // of its 95 % interval
	High     *float64 `json:"high"`
	Pairs    int      `json:"pairs"`    // of requests
	Expected *float64 `json:"expected"` // by the model; null where it is not known
}

// speculated words the comparison of a study; nil where there is none.
func speculated(s *analysis.Study) *speculation {
	if s.Speculation == nil {
		return nil
	}
	names, loads := map[string]string{}, map[string]string{}
	for _, a := range s.Arms {
		names[a.Arm.ID] = a.Arm.Name
	}
	for _, l := range s.Run.Loads {
		loads[l.ID] = l.Name
	}
	g := s.Speculation.Main(s.Choice.Arm)
	out := &speculation{Baseline: names[g.Baseline], Advice: s.Speculation.Advice}
	for _, l := range g.Levels {
		level := draftLevel{Load: loads[l.Load], Rate: l.Rate, Draft: names[l.Best]}
		for _, c := range l.Arms {
			a := draftArm{Arm: names[c.Arm], Pairs: c.Pairs}
			if v := c.Speedup; v.Known() {
				a.Speedup, a.Low, a.High = &v.Estimate, &v.Low, &v.High
			}
			if v := c.Expected; v.Known() {
				a.Expected = &v.Estimate
			}
			level.Arms = append(level.Arms, a)
		}
		out.Levels = append(out.Levels, level)
	}
	return out
}
