package simulate

import (
	"fmt"
	"strings"

	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/loadgen/result"
)

// Validate replays measured trials, of one arm by name or of all where it is empty: the same requests, with their lengths, due at the
// same times, on a replica whose step model and overhead know nothing of the trial, where the run has others to fit them to. Cells
// that were measured several times are predicted once more as a whole, from what trials of other cells tell.
func (l *Lab) Validate(arm string, seed uint64) (*Validation, error) {
	only := ""
	if arm != "" {
		a, err := l.find(arm)
		if err != nil {
			return nil, err
		}
		only = a.ID
	}
	trials := l.of(only)
	v := &Validation{}
	for i, t := range trials {
		if l.Progress != nil {
			if err := l.Progress(i, len(trials)); err != nil {
				return nil, err
			}
		}
		if err := l.validate(v, t.Key.ID, seed); err != nil {
			return nil, err
		}
	}
	if err := l.pool(v, trials, seed); err != nil {
		return nil, err
	}
	v.Errors, v.PooledErrors = errorsOf(v.Cells), errorsOf(v.Pooled)
	return v, nil
}

// of are the trials of an arm by id, of all where it is empty.
func (l *Lab) of(arm string) (all []*record.Trial) {
	for i := range l.set.Trials {
		if t := &l.set.Trials[i]; arm == "" || t.Key.Arm == arm {
			all = append(all, t)
		}
	}
	return all
}

// validate replays one trial, or notes why that cannot be done.
func (l *Lab) validate(v *Validation, id string, seed uint64) error {
	why := l.why[id]
	if d := l.trials[id]; d != nil {
		why = d.unplayable()
	}
	if why == "" {
		cell, reason, err := l.check([]*trialData{l.trials[id]}, seed)
		if err != nil {
			return err
		}
		if why = reason; why == "" {
			v.Cells = append(v.Cells, *cell)
			return nil
		}
	}
	v.Skipped = append(v.Skipped, SkippedCell{id, why})
	return nil
}

// pool replays the cells of which several trials were: all of a cell's trials are held out, and compared as one.
func (l *Lab) pool(v *Validation, trials []*record.Trial, seed uint64) error {
	cells := map[record.TrialKey][]*trialData{}
	var order []record.TrialKey
	for _, t := range trials {
		d := l.trials[t.Key.ID]
		if d == nil || d.unplayable() != "" {
			continue
		}
		key := record.TrialKey{Arm: t.Key.Arm, Load: t.Key.Load}
		if cells[key] == nil {
			order = append(order, key)
		}
		cells[key] = append(cells[key], d)
	}
	for _, key := range order {
		if len(cells[key]) < 2 {
			continue
		}
		cell, why, err := l.check(cells[key], seed)
		if err != nil {
			return err
		}
		if why == "" && cell.HeldOut {
			v.Pooled = append(v.Pooled, *cell)
		}
	}
	return nil
}

// check replays trials of one cell, with models fitted to all others, or says why that cannot be done.
func (l *Lab) check(trials []*trialData, seed uint64) (cell *CheckedCell, why string, err error) {
	arm, heldOut, err := l.without(trials)
	if err != nil {
		return nil, strings.TrimPrefix(err.Error(), l.set.Dir+": "), nil
	}
	first := trials[0]
	cell = &CheckedCell{Arm: first.arm.Name, Load: first.load.Name, HeldOut: heldOut}
	for _, d := range trials {
		cell.Trials = append(cell.Trials, d.trial.Key.ID)
		cell.Occupancy += d.seen.Occupancy / float64(len(trials))
	}
	predicted, err := figuresOf(trials, machines(arm, seed), repeats, seed)
	if err != nil {
		return nil, "", fmt.Errorf("%s: trial %s: %w", l.set.Dir, first.trial.Key.ID, err)
	}
	own, err := figuresOf(trials, ownMachine(arm), ownRepeats, seed)
	if err != nil {
		return nil, "", fmt.Errorf("%s: trial %s: %w", l.set.Dir, first.trial.Key.ID, err)
	}
	cell.Metrics = compare(trials, predicted, own)
	return cell, "", nil
}

// without is the arm of trials fitted to all others, or to these too where no other has sequences as long.
func (l *Lab) without(trials []*trialData) (a *Arm, heldOut bool, err error) {
	long := 0
	var ids []string
	for _, d := range trials {
		long, ids = max(long, longest(d.requests)), append(ids, d.trial.Key.ID)
	}
	a, err = l.arm(trials[0].arm, ids...)
	if err == nil && !beyond(long, a.Longest) {
		return a, true, nil
	}
	a, err = l.arm(trials[0].arm)
	return a, false, err
}

// longest is the longest sequence of requests that ended.
func longest(requests []result.Request) (n int) {
	for _, p := range lengths(requests) {
		n = max(n, p.Prompt+p.Output)
	}
	return n
}

// beyond reports whether a sequence is so much longer than those that a step model was fitted to that it says little of it.
func beyond(length, fitted int) bool { return float64(length) > 1.1*float64(fitted) }

// unplayable says why a trial's requests do not say what is to be computed.
func (d *trialData) unplayable() string {
	switch {
	case d.load.Concurrency > 0:
		return "its load is a closed loop, whose arrivals follow from the answers"
	case value(d.arm, "prefix_cache") != "none" && value(d.arm, "prefix_cache") != "":
		return "which prompts begin alike is not recorded, and prefix_cache finds them"
	}
	for i := range d.requests {
		if r := &d.requests[i]; metric.Failed(r) && r.Outcome != result.Overloaded {
			return fmt.Sprintf("request %d failed (%s): how long it would have been is not known", r.Seq, r.Outcome)
		}
	}
	return ""
}
