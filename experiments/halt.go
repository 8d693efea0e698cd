package experiments

import (
	"fmt"
	"math"
	"strings"

	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/analysis/steady"
	"github.com/assaylab/assay/experiments/sweep"
	"github.com/assaylab/assay/loadgen"
	"github.com/assaylab/assay/loadgen/arrival"
	"github.com/assaylab/assay/loadgen/result"
)

// When an attack is looked at, by requests issued: a test that is repeated at every request
// would find what it looks for in the end.
const (
	firstLook = 40
	nextLook  = 1.25 // times as many
)

// overload ends an attack whose queue only grows and which has missed a limit already. Both
// are asked for. The one says that all further requests would wait longer still, the other
// that the verdict is there without them: a stop decides none.
type overload struct {
	due      []int64 // when each request of the schedule is due
	arrivals []steady.Arrival
	limits   tally
	look     int // at so many issued
	alpha    float64
}

// newHalt is nil for what cannot grow (a closed loop), what is meant to (a rate that moves)
// and what has no limit to miss.
func newHalt(load sweep.Load, p arrival.Process, limits record.Limits) loadgen.Halt {
	s, open := p.(arrival.Schedule)
	if !open || len(limits.All()) == 0 || !group.Level(load.Record) {
		return nil
	}
	o := &overload{due: s.Offsets(), look: firstLook, limits: newTally(limits)}
	o.arrivals = make([]steady.Arrival, len(o.due))
	for i, at := range o.due {
		o.arrivals[i] = steady.Arrival{At: at, End: steady.Open, Wait: math.NaN()}
	}
	looks := 0
	for n := firstLook; n <= len(o.due); n = after(n) {
		looks++
	}
	o.alpha = group.OverTimeAlpha / float64(max(looks, 1))
	return o
}

func after(look int) int { return int(math.Ceil(float64(look) * nextLook)) }

// Ended implements loadgen.Halt.
func (o *overload) Ended(r result.Request, issued int) string {
	o.arrivals[r.Seq] = group.ArrivalOf(&r)
	o.limits.count(&r)
	if issued < o.look {
		return ""
	}
	for o.look <= issued {
		o.look = after(o.look)
	}
	g := steady.Grow(o.arrivals[:issued], o.alpha)
	if !g.Grows {
		return ""
	}
	for _, l := range o.limits {
		if t, _ := group.Decide(l.SLO, l.Misses, l.N); t.Decision == stat.Beyond {
			return fmt.Sprintf("%s, and %d of %d requests had missed the limit on p%g %s; stopped after %d of %d requests",
				group.Saturated(g), l.Misses, l.N, 100*l.Percentile, strings.ToUpper(l.Metric), issued, len(o.due))
		}
	}
	return ""
}
