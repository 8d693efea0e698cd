package loadgen

import "github.com/assaylab/assay/loadgen/result"

// Halt may end an attack before its schedule does, where what it was to show is shown.
type Halt interface {
	// Ended hears of every request as it is handed over, from one goroutine, and how many
	// have been issued by then. With a reason, no further request is issued; those in flight
	// are left to their end, so that every one issued has the outcome that it would have had.
	Ended(r result.Request, issued int) (reason string)
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
