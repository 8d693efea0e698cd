package experiments

import (
	"fmt"
	"runtime"
	"slices"

	"github.com/assaylab/assay/experiments/host"
	"github.com/assaylab/assay/experiments/scenario"
)

// cores is how the machine is divided: the lab keeps to one processor, and the others are for engines of as many threads.
// Zero where it is not.
type cores struct {
	lab    int
	engine []int
}

// divide keeps the lab to one processor, where there are two and something else of the run is on this machine, and returns what
// undoes it.
func (r *run) divide() (restore func(), err error) {
	if !r.plan.Scenario.Local() {
		return func() {}, nil
	}
	cpus, err := host.Allowed()
	if err != nil || len(cpus) < 2 {
		r.Progress.Note("the lab and the system under test share one processor")
		return func() {}, nil
	}
	if err := host.PinProcess(cpus[0]); err != nil {
		r.Progress.Note("the lab is not pinned: " + err.Error())
		return func() {}, nil
	}
	r.cores = cores{lab: cpus[0], engine: cpus[1:]}
	// Two threads that run Go on one processor take it from each other a time slice long, which is milliseconds.
	threads := runtime.GOMAXPROCS(1)
	restore = func() { // what was allowed before is allowed again
		_ = host.PinProcess(cpus...)
		runtime.GOMAXPROCS(threads)
	}
	return restore, r.noteCores()
}

func (r *run) noteCores() error {
	for _, sentence := range r.sharing() {
		if err := r.store.Note(sentence); err != nil {
			return err
		}
	}
	return nil
}

// sharing says who has which processors, where the machine is divided.
func (r *run) sharing() (all []string) {
	c, external := r.cores, slices.ContainsFunc(r.plan.Scenario.Targets, func(x *scenario.Target) bool { return x.System.Started })
	switch {
	case len(c.engine) == 0:
		return nil
	case r.plan.Scenario.Included && len(c.engine) == 1:
		all = append(all, fmt.Sprintf("An engine of one thread has processor %d to itself; the lab and the engine's HTTP handlers share processor %d.", c.engine[0], c.lab))
	case r.plan.Scenario.Included:
		all = append(all, fmt.Sprintf("The lab has processor %d to itself, as long as engines have no more than %d threads.", c.lab, len(c.engine)))
	}
	switch {
	case external && len(c.engine) == 1:
		all = append(all, fmt.Sprintf("Systems that the lab starts beside it have both processors: they share processor %d with it.", c.lab))
	case external:
		all = append(all, fmt.Sprintf("Systems that the lab starts have %d processors; processor %d is the lab's alone.", len(c.engine), c.lab))
	}
	return all
}

// apart says whether an arm's steps keep off the lab's processor.
func (c cores) apart(s scenario.Settings) bool {
	return s.Threads >= 1 && s.Threads <= len(c.engine)
}

// thread is the processor that an engine of one thread computes on.
func (c cores) thread(s scenario.Settings) (int, bool) {
	if s.Threads != 1 || len(c.engine) == 0 {
		return 0, false
	}
	return c.engine[0], true
}

// process lists the processors that an arm's engine may run on but for that thread; nil where the machine is not divided. An
// engine that cannot keep off the lab's has all of them.
func (c cores) process(s scenario.Settings) []int {
	switch {
	case len(c.engine) == 0:
		return nil
	case !c.apart(s):
		return append([]int{c.lab}, c.engine...)
	case s.Threads > 1:
		return c.engine
	case len(c.engine) == 1: // its handlers have nowhere else to go
		return []int{c.lab}
	}
	return c.engine[1:]
}

// external are the processors of a system that is started, and whether it shares them with the lab: it does where the lab would
// leave it one only, since such systems keep one for what is not computing.
func (c cores) external() (cpus []int, shared bool) {
	if len(c.engine) > 1 {
		return c.engine, false
	}
	return c.all(), true
}

// all are the processors there are, nil where the machine is not divided.
func (c cores) all() []int {
	if len(c.engine) == 0 {
		return nil
	}
	return append([]int{c.lab}, c.engine...)
}

// handlers says whether an arm's HTTP handlers share the lab's processor, and its steps do not.
func (c cores) handlers(s scenario.Settings) bool {
	return c.apart(s) && s.Threads == 1 && len(c.engine) == 1
}
