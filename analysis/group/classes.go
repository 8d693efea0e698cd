package group

import "github.com/assaylab/assay/loadgen/result"

// Classes are the cell with the requests of each class of its load, and without checks. They are counted in one walk.
func (c *Cell) Classes() []Cell {
	if len(c.Load.Classes) == 0 {
		return nil
	}
	counts := make([]map[string]int, len(c.Trials))
	for i, t := range c.Trials {
		counts[i] = map[string]int{}
		for r := range t.Requests.Summaries() {
			counts[i][r.Class]++
		}
	}
	var out []Cell
	for _, k := range c.Load.Classes {
		class := k.Name
		sub := Cell{Arm: c.Arm, Load: c.Load}
		for i, t := range c.Trials {
			of := func(_ int, r *result.Request) bool { return r.Class == class }
			sub.Trials = append(sub.Trials, Trial{Trial: t.Trial, Requests: t.Requests.only(counts[i][class], of)})
		}
		out = append(out, sub)
	}
	return out
}
