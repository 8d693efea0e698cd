package analysis

import (
	"fmt"
	"slices"

	"github.com/assaylab/assay/analysis/compare"
	"github.com/assaylab/assay/analysis/profile"
	"github.com/assaylab/assay/analysis/record"
)

// TimeSpent says where the processor time of an arm's engine went, and how another's differs.
type TimeSpent struct {
	RateHz  int          // samples per second of processor time
	Load    string       // id
	Arms    []ArmTime    // the recommended one, or else the first; and the one that it is compared with, if there is one
	Change  compare.Time // from Arms[1] to Arms[0]; of one arm, from nothing
	Missing []string     // why an arm that would be shown is not, one sentence each
	Cost    *ProfileCost // nil where it was not measured
}

// ArmTime is the processor time of one arm at TimeSpent.Load, its repetitions together.
type ArmTime struct {
	Arm     string // id
	Why     string // it is shown: "recommended", "runner-up", "first arm"
	Trials  []string
	Samples int64
	Tokens  int64        // generated
	CPU     float64      // nanoseconds per generated token, of all threads
	Cores   float64      // processors that were busy with it, on average
	Seen    float64      // share of what the system counted for the process; 0 where it does not say
	Heap    *record.Heap // of the trial that allocated most; nil where it was not asked for
}

// wanted is an arm that is shown, and why.
type wanted struct{ arm, why string }

// spendTime reads the profiles of the recommended arm and of the one that it is compared with.
func (a *analysis) spendTime() (err error) {
	load := a.profiledLoad()
	if load == "" {
		return nil
	}
	t := &TimeSpent{Load: load, RateHz: a.profileRate()}
	var sides [][]profile.Run
	for _, w := range a.armsToProfile() {
		runs, missing := compare.Profiles(a.set, w.arm, load)
		if missing != "" {
			t.Missing = append(t.Missing, fmt.Sprintf("%s, %s: %s.", w.why, armName(a.run, w.arm), missing))
		} else if len(t.Arms) < 2 {
			arm := newArmTime(w, runs)
			arm.Heap = a.heapOf(w.arm, load)
			t.Arms, sides = append(t.Arms, arm), append(sides, runs)
		}
	}
	switch len(t.Arms) {
	case 1:
		t.Change = compare.TimeOf(nil, sides[0])
	case 2:
		t.Change = compare.TimeOf(sides[1], sides[0])
	}
	t.Cost, err = a.costOfProfile()
	a.study.TimeSpent = t
	return err
}

func (a *analysis) profileRate() (hz int) {
	for _, t := range a.set.Trials {
		if t.Profile != nil {
			hz = max(hz, t.Profile.RateHz)
		}
	}
	return hz
}

// profiledLoad is where the front is drawn, or the last load where something was profiled.
func (a *analysis) profiledLoad() (load string) {
	at := map[string]bool{}
	for _, t := range a.set.Trials {
		at[t.Key.Load] = at[t.Key.Load] || t.Profile != nil && t.Status == record.StatusOK
	}
	if at[a.study.Front.Load] {
		return a.study.Front.Load
	}
	for _, l := range a.run.Loads {
		if at[l.ID] {
			load = l.ID
		}
	}
	return load
}

// armsToProfile are the recommended arm, the runner-up, and the first two, which stand in for what is not there.
func (a *analysis) armsToProfile() []wanted {
	var all []wanted
	add := func(arm, why string) {
		if arm != "" && !slices.ContainsFunc(all, func(w wanted) bool { return w.arm == arm }) {
			all = append(all, wanted{arm, why})
		}
	}
	add(a.study.Choice.Arm, "recommended")
	add(a.study.Choice.RunnerUp, "runner-up")
	for i, why := range []string{"first arm", "second arm"} {
		if i < len(a.run.Arms) && len(all) < 2 {
			add(a.run.Arms[i].ID, why)
		}
	}
	return all
}

func armName(run *record.Run, id string) string {
	for _, a := range run.Arms {
		if a.ID == id {
			return a.Name
		}
	}
	return id
}

func newArmTime(w wanted, runs []profile.Run) ArmTime {
	t := ArmTime{Arm: w.arm, Why: w.why}
	var ns, span, process int64
	for _, r := range runs {
		span, process = span+r.SpanNS, process+r.ProcessNS
		t.Trials, t.Tokens = append(t.Trials, r.Trial), t.Tokens+r.Tokens
		for _, s := range r.Samples {
			t.Samples, ns = t.Samples+s.Count, ns+s.NS
		}
	}
	t.CPU, t.Cores = float64(ns)/float64(max(1, t.Tokens)), float64(ns)/float64(max(1, span))
	if process > 0 {
		t.Seen = float64(ns) / float64(process)
	}
	return t
}

func (a *analysis) heapOf(arm, load string) (most *record.Heap) {
	for _, t := range a.set.Trials {
		if t.Key.Arm == arm && t.Key.Load == load && t.Profile != nil && t.Profile.Heap != nil {
			if h := t.Profile.Heap; most == nil || h.AllocatedBytes > most.AllocatedBytes {
				most = h
			}
		}
	}
	return most
}
