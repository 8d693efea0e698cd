package record

// Calibration is how exactly the lab measured answers that it knew, before it measured any that it did not. An in-process
// server gave them over a real socket and kept the times at which it wrote.
type Calibration struct {
	At       string      `json:"at"`       // RFC 3339, UTC
	WallNS   int64       `json:"wall_ns"`  // that it took
	Requests int         `json:"requests"` // of all kinds
	Answers  []string    `json:"answers"`  // kinds of answers, every one of which was told right
	Errors   []Exactness `json:"errors"`
}

// Exactness is the error of one quantity: measured less known. The server's moment is the one just before it wrote, so that
// the way over loopback and the wait for a processor are in the error.
type Exactness struct {
	Quantity string `json:"quantity"` // a metric's name; "stamp" of a message; "send" is sent - intended; "timeout" is how late one was noticed
	N        int    `json:"n"`
	KnownNS  int64  `json:"known_ns"` // median of the known values; 0 for moments
	BiasNS   int64  `json:"bias_ns"`  // median of the errors, with their sign
	P50NS    int64  `json:"p50_ns"`   // of the errors' sizes, as the next three
	P95NS    int64  `json:"p95_ns"`
	P99NS    int64  `json:"p99_ns"`
	MaxNS    int64  `json:"max_ns"`
}

// At is the size of error that a share p of measurements stays within: of the quantiles that are kept, the next one at or above.
func (e Exactness) At(p float64) int64 {
	switch {
	case p <= 0.5:
		return e.P50NS
	case p <= 0.95:
		return e.P95NS
	case p <= 0.99:
		return e.P99NS
	}
	return e.MaxNS
}

// Error is the worst error of a quantity over the run's calibrations; false where there is none.
func (r *Run) Error(quantity string) (worst Exactness, ok bool) {
	for _, c := range r.Calibrations {
		for _, e := range c.Errors {
			if e.Quantity != quantity {
				continue
			}
			if !ok {
				worst, ok = e, true
			}
			worst = worst.worse(e)
		}
	}
	return worst, ok
}

func (e Exactness) worse(o Exactness) Exactness {
	if abs(o.BiasNS) > abs(e.BiasNS) {
		e.BiasNS = o.BiasNS
	}
	e.N, e.P50NS, e.P95NS = min(e.N, o.N), max(e.P50NS, o.P50NS), max(e.P95NS, o.P95NS)
	e.P99NS, e.MaxNS = max(e.P99NS, o.P99NS), max(e.MaxNS, o.MaxNS)
	return e
}

func abs(v int64) int64 { return max(v, -v) }

// Watch is what the lab saw of itself and of its machine while a trial ran.
type Watch struct {
	Ticks     int   `json:"ticks"`       // of a clock of the lab's own, during the attack
	LateP50NS int64 `json:"late_p50_ns"` // how late it woke, missed ticks included
	LateP99NS int64 `json:"late_p99_ns"`
	LateMaxNS int64 `json:"late_max_ns"`

	SchedP99NS   int64 `json:"sched_p99_ns"`    // wait of the lab's goroutines that could run, until they did
	GCs          int64 `json:"gcs"`             // collections of the lab's heap
	GCPauseMaxNS int64 `json:"gc_pause_max_ns"` // longest stop of the world, to within the runtime's buckets

	CPUs        int   `json:"cpus"`                    // processors that the lab may run on
	CPUsBusyNS  int64 `json:"cpus_busy_ns"`            // their time in use, whoever used it
	ClockSteps  int   `json:"clock_steps,omitempty"`   // of the wall clock against the monotonic one
	ClockStepNS int64 `json:"clock_step_ns,omitempty"` // the largest, with its sign

	Throttled   int64 `json:"throttled,omitempty"`    // periods in which the control group's CPU quota was used up
	ThrottledNS int64 `json:"throttled_ns,omitempty"` // time that processes were stopped for it
	Thermal     int64 `json:"thermal,omitempty"`      // times that a processor was slowed down for its heat
}
