package loadgen

import (
	"math"
	"runtime/debug"
	"slices"
	"time"

	"github.com/assaylab/assay/loadgen/result"
)

// Report is how the attack itself went: what was issued, and how the instrument
// fared. What the server did is in the requests.
type Report struct {
	Zero     time.Time // wall time, with monotonic reading, that all stamps count from
	WindowNS int64     // from zero to the last intended time that was issued
	Planned  int
	Issued   int
	Stopped  string         // why the attack ended before its schedule did, of Plan.Halt or Plan.Permit; "" where it did not
	Outcomes map[string]int // requests by outcome class

	// Lag is sent - intended over all issued requests, dequeued - intended where
	// nothing was sent; nearest-rank percentiles. What a turn waited for the reply to the
	// one before is not the instrument's lag: that is Held.
	LagP50NS, LagP99NS, LagMaxNS int64

	Held      int   // turns of conversations that were due before the reply to the one before was there
	HeldMaxNS int64 // longest of these waits

	// Of this process, from just before the attack to just after it.
	WallNS    int64
	GCPauseNS int64 // sum of the collector's stop-the-world pauses
	CPUNS     int64 // user + system; 0 where the platform does not tell
}

// add counts r and returns its lag.
func (r *Report) add(q result.Request) int64 {
	r.Issued++
	r.Outcomes[q.Outcome]++
	r.WindowNS = max(r.WindowNS, q.Intended)
	if q.Held > 0 {
		r.Held++
		r.HeldMaxNS = max(r.HeldMaxNS, q.Held)
	}
	if q.Sent != result.Never {
		return q.Sent - q.Intended - q.Held
	}
	return q.Dequeued - q.Intended
}

func (r *Report) setLags(lags []int64) {
	if len(lags) == 0 {
		return
	}
	slices.Sort(lags)
	r.LagP50NS, r.LagP99NS, r.LagMaxNS = nearestRank(lags, 0.50), nearestRank(lags, 0.99), lags[len(lags)-1]
}

// nearestRank is the p-quantile of sorted values: the smallest value with at least
// p of all values at or below it.
func nearestRank(sorted []int64, p float64) int64 {
	rank := int(math.Ceil(p * float64(len(sorted))))
	return sorted[max(rank, 1)-1]
}

// meter is the state of the process at the start.
type meter struct {
	began time.Time
	cpu   time.Duration
	pause time.Duration
}

func startMeter() meter {
	return meter{began: time.Now(), cpu: cpuTime(), pause: gcPause()}
}

func (m meter) stop(r *Report) {
	r.WallNS = int64(time.Since(m.began))
	r.CPUNS = int64(cpuTime() - m.cpu)
	r.GCPauseNS = int64(gcPause() - m.pause)
}

func gcPause() time.Duration {
	var s debug.GCStats
	debug.ReadGCStats(&s)
	return s.PauseTotal
}
