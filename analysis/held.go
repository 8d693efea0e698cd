package analysis

import (
	"slices"

	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/loadgen/result"
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

// wait counts a turn and how long it waited.
func (s *survey) wait(r *result.Request) {
	if r.Turn > 1 {
		s.turns++
	}
	if r.Held > 0 {
		s.waits = append(s.waits, float64(r.Held))
	}
}

// held is nil where none waited.
func (s *survey) held() *Held {
	n := len(s.waits)
	if n == 0 {
		return nil
	}
	slices.Sort(s.waits)
	return &Held{Turns: s.turns, Waited: n, Median: stat.NearestRank(s.waits, 0.5), P95: stat.NearestRank(s.waits, 0.95), Max: s.waits[n-1]}
}
