package analysis

import (
	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/stat"
)

// Held is how turns of conversations waited: those that were due before the reply to the turn before was there. It
// belongs to the load: a slow server is asked later, and so less at once.
type Held struct {
	Turns  int     // that had a turn before them
	Waited int     // of these, those that were due too soon
	Median float64 // nanoseconds, of the waits of those
	P95    float64
	Max    float64
}

// held is nil where none waited.
func held(c *group.Cell) *Held {
	h := Held{}
	var waits []float64
	for r := range c.All() {
		if r.Turn > 1 {
			h.Turns++
		}
		if r.Held > 0 {
			waits = append(waits, float64(r.Held))
		}
	}
	if h.Waited = len(waits); h.Waited == 0 {
		return nil
	}
	waits = stat.Sorted(waits)
	h.Median, h.P95, h.Max = stat.NearestRank(waits, 0.5), stat.NearestRank(waits, 0.95), waits[len(waits)-1]
	return &h
}
