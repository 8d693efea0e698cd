package group

import (
	"fmt"
	"time"

	"github.com/assaylab/assay/analysis/record"
)

// Tolerances of what the lab and its machine may do to a trial. docs/metrics.md gives the reasons.
const (
	// BusyLimit is the share of its processors that the lab itself may use. In a queue with one server that is in use for
	// nine tenths of the time, work waits for four and a half others on average (Pollaczek and Khinchine's formula with
	// equal work): with some 20 microseconds for an event, a tenth of LagFloor.
	BusyLimit = 0.9
	// StealLimit is the share of the processors' time that a hypervisor may give to others. Single trials of a few seconds
	// cannot tell less from a tick of its counter, and repetitions average less out.
	StealLimit = 0.05
	// ThrottleLimit is how long a CPU quota may stop processes in a trial: what is acceptable as lateness.
	ThrottleLimit = LagFloor
	// FewestTicks is from where a percentile of 99 is not the maximum: a second of the lab's clock.
	FewestTicks = 100
)

// checkInstrument adds why the lab or its machine, and not the system under test, may have made the cell's numbers.
func (c *Cell) checkInstrument(run *record.Run) {
	limit := LagLimit(run.SLOs)
	for _, t := range c.Trials {
		if t.Lab.Watch == nil {
			continue
		}
		for _, reason := range disturbed(&t.Lab, run.Host.Cores, limit) {
			c.Invalid = append(c.Invalid, c.label(t)+reason)
		}
	}
}

// disturbed lists what was wrong with the lab or the machine during a trial.
func disturbed(lab *record.Lab, cores int, lagLimit float64) (reasons []string) {
	say := func(format string, args ...any) { reasons = append(reasons, fmt.Sprintf(format, args...)) }
	w := lab.Watch
	if late := float64(w.LateP99NS); late > lagLimit && w.Ticks >= FewestTicks {
		say("the lab was a bottleneck: its own clock woke %.3g ms late at p99, at most %.3g ms is acceptable", late/1e6, lagLimit/1e6)
	}
	if share, ok := LabShare(lab); ok && share > BusyLimit {
		say("the lab was a bottleneck: it used %.0f %% of the processors that it may run on, at most %.0f %% is acceptable", 100*share, 100*BusyLimit)
	}
	if share, ok := StealShare(lab, cores); ok && share > StealLimit {
		say("the hypervisor gave %.1f %% of the processors' time to others, at most %.0f %% is acceptable", 100*share, 100*StealLimit)
	}
	if w.ThrottledNS > int64(ThrottleLimit) {
		say("a CPU quota stopped processes for %v in all", time.Duration(w.ThrottledNS).Round(time.Microsecond))
	}
	if w.Thermal > 0 {
		say("a processor was slowed down for its heat")
	}
	if w.ClockSteps > 0 {
		say("the wall clock jumped by %v", time.Duration(w.ClockStepNS).Round(time.Microsecond))
	}
	return reasons
}

// LabShare is the share of the processors that the lab may run on which it used itself; false where that is not known.
func LabShare(lab *record.Lab) (float64, bool) {
	if lab.Watch == nil || lab.Watch.CPUs < 1 || lab.WallNS <= 0 || lab.CPUNS <= 0 {
		return 0, false
	}
	return float64(lab.CPUNS) / (float64(lab.WallNS) * float64(lab.Watch.CPUs)), true
}

// StealShare is the share of the usable processors' time that a hypervisor gave to others; false where that is not known.
func StealShare(lab *record.Lab, cores int) (float64, bool) {
	if cores < 1 || lab.WallNS <= 0 {
		return 0, false
	}
	return float64(lab.StealNS) / (float64(lab.WallNS) * float64(cores)), true
}
