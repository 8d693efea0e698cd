package loadgen

import "github.com/assaylab/assay/loadgen/result"

// Halt may end an attack before its schedule does, where what it was to show is shown.
type Halt interface {
	// Ended hears of every request as it is handed over, from one goroutine, and how many
	// have been issued by then. With a reason, no further request is issued; those in flight
	// are left to their end, so that every one issued has the outcome that it would have had.
	Ended(r result.Request, issued int) (reason string)
}

// Permit may keep requests from being sent at all, where an attack has something to spend.
type Permit interface {
	// May is asked once before each request is issued, in turn, from the goroutine of the schedule; the one it says "" of is
	// sent. With a reason neither that one nor any later one is, and those in flight are left to their end, as with a Halt.
	May(seq int) (reason string)
	// Settle hears of every request that was issued as it is handed over, also after a stop, from another goroutine.
	Settle(r result.Request)
}

// permitted asks the plan's Permit for the next request.
func (a *attack) permitted(seq uint64) bool {
	if a.plan.Permit == nil {
		return true
	}
	why := a.plan.Permit.May(int(seq))
	if why != "" {
		a.denied.Store(&why)
	}
	return why == ""
}

// halt asks the plan's Halt, once it has answered no more.
func (a *attack) halt(r result.Request, report *Report) {
	if a.plan.Halt == nil || report.Stopped != "" {
		return
	}
	if report.Stopped = a.plan.Halt.Ended(r, int(a.issued.Load())); report.Stopped != "" {
		a.noMore()
	}
}
