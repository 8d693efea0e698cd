package host

import (
	"math"
	"os"
	"runtime/metrics"
	"slices"
	"time"

	"github.com/assaylab/assay/analysis/record"
)

// Watch sees how the lab's own process fares: a clock of its own that should wake every TickEvery, and what the runtime and
// the kernel count meanwhile.
type Watch struct {
	stop     chan struct{}
	done     chan struct{}
	ticks    []wake
	steps    steps
	runtime  runtimeCounts
	pressure Pressure
}

// TickEvery is short enough for a percentile of a trial of two seconds, and long enough to cost no more than a hundredth of a
// processor: on a two-core virtual machine, where waking an idle processor is dear, a tick took 70 to 110 microseconds.
const TickEvery = 10 * time.Millisecond

// wake is a moment at which the clock was due, and how late it woke.
type wake struct {
	due  time.Time
	late time.Duration
}

// StartWatch begins to watch. Stop has to be called.
func StartWatch() *Watch {
	w := &Watch{stop: make(chan struct{}), done: make(chan struct{}), runtime: readRuntime(), pressure: pressureNow()}
	go w.run()
	return w
}

func pressureNow() Pressure {
	cpus, _ := Allowed() // where it is not known, the rest still is
	return readPressure(os.DirFS("/"), cpus)
}

// run wakes at absolute times. A tick that was slept through counts, with the time since it was due.
func (w *Watch) run() {
	defer close(w.done)
	w.steps.add(readClocks())
	beat(w.stop, func(due, now time.Time) {
		w.ticks = append(w.ticks, wake{due, now.Sub(due)})
		w.steps.add(readClocks())
	})
}

// missed calls for the tick that was due and for those that were slept through, and returns the next one.
func missed(due, now time.Time, at func(due, now time.Time)) time.Time {
	for ; !due.After(now); due = due.Add(TickEvery) {
		at(due, now)
	}
	return due
}

// Stop ends the watch and says what was seen since from, which is when what is watched began.
func (w *Watch) Stop(from time.Time) record.Watch {
	close(w.stop)
	<-w.done
	out := record.Watch{ClockSteps: w.steps.n, ClockStepNS: int64(w.steps.largest)}
	w.runtime.since(readRuntime(), &out)
	p := pressureNow().Sub(w.pressure)
	out.CPUs, out.CPUsBusyNS = p.CPUs, int64(p.CPUsBusy)
	out.Throttled, out.ThrottledNS, out.Thermal = p.Throttled, int64(p.ThrottledBy), p.Thermal
	var late []time.Duration
	for _, t := range w.ticks {
		if !t.due.Before(from) {
			late = append(late, t.late)
		}
	}
	if out.Ticks = len(late); out.Ticks > 0 {
		slices.Sort(late)
		at := func(p float64) int64 { return int64(late[max(int(math.Ceil(p*float64(len(late)))), 1)-1]) }
		out.LateP50NS, out.LateP99NS, out.LateMaxNS = at(0.5), at(0.99), at(1)
	}
	return out
}

// runtimeCounts are the runtime's distributions since the process began.
type runtimeCounts struct {
	latencies, pauses metrics.Float64Histogram
	cycles            uint64
}

func readRuntime() runtimeCounts {
	s := []metrics.Sample{{Name: "/sched/latencies:seconds"}, {Name: "/sched/pauses/total/gc:seconds"}, {Name: "/gc/cycles/total:gc-cycles"}}
	metrics.Read(s)
	var c runtimeCounts
	for i, into := range []*metrics.Float64Histogram{&c.latencies, &c.pauses} {
		if s[i].Value.Kind() == metrics.KindFloat64Histogram {
			*into = *s[i].Value.Float64Histogram()
		}
	}
	if s[2].Value.Kind() == metrics.KindUint64 {
		c.cycles = s[2].Value.Uint64()
	}
	return c
}

func (c runtimeCounts) since(now runtimeCounts, out *record.Watch) {
	out.SchedP99NS = quantile(now.latencies, c.latencies, 0.99)
	out.GCs = int64(now.cycles - c.cycles)
	out.GCPauseMaxNS = quantile(now.pauses, c.pauses, 1)
}

// quantile is the upper edge, in nanoseconds, of the bucket in which the p-quantile of what came between two readings lies;
// the lower one of a bucket without end. 0 where nothing came.
func quantile(now, before metrics.Float64Histogram, p float64) int64 {
	counts := slices.Clone(now.Counts)
	total := uint64(0)
	for i := range counts {
		if i < len(before.Counts) {
			counts[i] -= before.Counts[i]
		}
		total += counts[i]
	}
	rank, seen := max(uint64(math.Ceil(p*float64(total))), 1), uint64(0)
	for i, n := range counts {
		if seen += n; seen >= rank {
			edge := now.Buckets[i+1]
			if math.IsInf(edge, 1) {
				edge = now.Buckets[i]
			}
			return int64(edge * 1e9)
		}
	}
	return 0
}
