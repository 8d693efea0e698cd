package sweep

import (
	"cmp"
	"fmt"
	"time"

	"github.com/assaylab/assay/experiments/scenario"
)

// Allowances are what an estimate assumes about the machine. None is a measurement.
type Allowances struct {
	Start         time.Duration // of the included engine, until ready, and its stop
	External      time.Duration // the same of a target that is started, where its system says nothing else
	Request       time.Duration // one request alone: warm-up, drain and closed loops
	QualityTokens float64       // tokens per second of a quality probe
}

// DefaultAllowances fit a model of a few million parameters on two cores.
func DefaultAllowances() Allowances {
	return Allowances{Start: 600 * time.Millisecond, External: 45 * time.Second, Request: 200 * time.Millisecond, QualityTokens: 2000}
}

// Estimate is how long a run may take.
type Estimate struct {
	Trials    int // the confirming one and its duplicate included
	Schedules time.Duration
	Overhead  time.Duration // start, warm-up, drain
	Quality   time.Duration
	Searched  bool // searches are in it, at their most
}

// Total is the whole run.
func (e Estimate) Total() time.Duration { return e.Schedules + e.Overhead + e.Quality }

// String says that it is an estimate.
func (e Estimate) String() string {
	second := func(d time.Duration) time.Duration { return d.Round(time.Second) }
	about := "about"
	if e.Searched {
		about = "at most, as searches end when they are done, about"
	}
	return fmt.Sprintf("%s %v (estimate: %d trials, %v of load schedules, %v of starts, warm-ups and drains, %v of quality probes)",
		about, second(e.Total()), e.Trials, second(e.Schedules), second(e.Overhead), second(e.Quality))
}

// EstimateTime adds up the schedules and the allowances. The confirming run and its
// duplicate are counted at the longest load, trials without a profile at the first.
func (m *Matrix) EstimateTime(a Allowances) Estimate {
	var e Estimate
	longest := 0
	for i, l := range m.Loads {
		for start, arms := range m.starts(l.Workload, a) {
			e.add(l, arms*m.Scenario.Run.Repetitions, a.starting(start))
		}
		if l.schedule(a) > m.Loads[longest].schedule(a) {
			longest = i
		}
	}
	if m.Scenario.Run.Confirm && m.Scenario.Local() && len(m.Loads) > 0 {
		e.add(m.Loads[longest], 2, a)
	}
	if pairs := m.Scenario.Profile.CostPairs; pairs > 0 && len(m.Loads) > 0 {
		e.add(m.Loads[0], pairs, a)
	}
	e.addSearches(m, a)
	for _, exam := range m.Exams() { // each is asked its tasks in a start of its own
		e.Overhead += a.start(exam.Arm)
	}
	if q := m.Scenario.Quality; q != nil {
		each := q.Windows * q.Length
		for _, n := range q.NeedleLengths {
			each += n * q.NeedleItems * NeedleDepths
		}
		tokens := float64(len(m.Probes())*each + m.sampledTokens())
		e.Quality = time.Duration(tokens / a.QualityTokens * float64(time.Second))
	}
	return e
}

// starting is a with another time to start.
func (a Allowances) starting(d time.Duration) Allowances {
	a.Start = d
	return a
}

// starts counts the arms that a load is asked of by how long they take to start: nothing where they are there.
func (m *Matrix) starts(w scenario.Workload, a Allowances) map[time.Duration]int {
	n := map[time.Duration]int{}
	for _, arm := range m.Arms {
		if m.Asks(arm, w) == "" {
			n[a.start(arm)]++
		}
	}
	return n
}

// start is how long an arm takes to start and to stop.
func (a Allowances) start(arm Arm) time.Duration {
	switch {
	case arm.Target == nil:
		return a.Start
	case arm.Target.System.Started:
		return cmp.Or(arm.Target.System.Starts, a.External)
	}
	return 0
}

func (e *Estimate) add(l Load, trials int, a Allowances) {
	e.Trials += trials
	e.Schedules += time.Duration(trials) * l.schedule(a)
	e.Overhead += time.Duration(trials) * (a.Start + a.Request + l.rounds(l.Record.Warmup, a))
}

// schedule is the time from the first to the last intended issue, on average.
func (l Load) schedule(a Allowances) time.Duration {
	if l.Workload.Arrival == scenario.Closed {
		return l.rounds(l.Record.Requests, a)
	}
	return time.Duration(float64(l.Record.Requests) / l.Record.Rate * float64(time.Second))
}

// rounds is the time of n requests at the load's concurrency, one after another in
// an open loop.
func (l Load) rounds(n int, a Allowances) time.Duration {
	return time.Duration(n) * a.Request / time.Duration(max(1, l.Record.Concurrency))
}
