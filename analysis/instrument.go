package analysis

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/internal/words"
	"github.com/assaylab/assay/analysis/record"
)

// Instrument is how exact the run's measurements are, and what may have disturbed them.
type Instrument struct {
	Calibrations int                // of the lab on known answers; 0 in runs of versions that had none
	Answers      []string           // kinds of known answers, all told right
	Errors       []record.Exactness // the worst of all calibrations, by quantity
	Trials       int                // with measurements
	Extremes     []Extreme          // over the trials that were watched
	Shared       int                // trials in which the lab shared processors with the engine's steps
	Handlers     int                // trials in which it shared one with the engine's HTTP handlers alone
	Effect       *LabEffect         // nil where it was not measured
}

// Extreme is one thing that may disturb a measurement, over the trials.
type Extreme struct {
	What   string
	Unit   string  // "ns", "ratio" or "times"
	Median float64 // of the trials
	Worst  float64
	Trial  string  // id of the worst
	Limit  float64 // beyond which a trial is not valid; 0 where there is none
}

// DoubtfulError is the error from which a person is told: what MEASUREMENT allows a stamp and a send to be late at p99.
const DoubtfulError = time.Millisecond

// Doubts are what a calibration gives reason to doubt, one sentence each.
func Doubts(c record.Calibration) []string {
	var all []string
	for _, e := range c.Errors {
		if e.P99NS <= int64(DoubtfulError) {
			continue
		}
		size := words.Duration(float64(e.P99NS))
		switch e.Quantity {
		case "stamp":
			all = append(all, "The instrument is not exact here: in its calibration one message in a hundred was stamped "+size+" late or later.")
		case "send":
			all = append(all, "The instrument is not exact here: in its calibration one request in a hundred was sent "+size+" late or later.")
		}
	}
	return all
}

// seeInstrument fills in Study.Instrument.
func (a *analysis) seeInstrument() error {
	s := &a.study.Instrument
	s.Calibrations = len(a.run.Calibrations)
	for _, c := range a.run.Calibrations {
		s.Answers = c.Answers
		for _, e := range c.Errors {
			if !slices.ContainsFunc(s.Errors, func(o record.Exactness) bool { return o.Quantity == e.Quantity }) {
				worst, _ := a.run.Error(e.Quantity)
				s.Errors = append(s.Errors, worst)
			}
		}
	}
	a.study.Warnings = append(a.study.Warnings, Doubts(record.Calibration{Errors: s.Errors})...)
	for i := range a.set.Trials {
		t := &a.set.Trials[i]
		if t.Status != record.StatusOK {
			continue
		}
		s.Trials++
		if t.Lab.Shared {
			s.Shared++
		}
		if t.Lab.Handlers {
			s.Handlers++
		}
	}
	s.Extremes = a.extremes()
	return a.boundEffect()
}

// disturbance is one thing that may disturb a measurement.
type disturbance struct {
	what, unit string
	limit      float64
	of         func(*record.Trial) (float64, bool)
}

func (a *analysis) disturbances() []disturbance {
	lag := group.LagLimit(a.run.SLOs)
	watched := func(of func(*record.Watch) float64) func(*record.Trial) (float64, bool) {
		return func(t *record.Trial) (float64, bool) {
			if t.Lab.Watch == nil {
				return 0, false
			}
			return of(t.Lab.Watch), true
		}
	}
	return []disturbance{
		{"requests sent late, p99", "ns", lag, func(t *record.Trial) (float64, bool) { return float64(t.Lab.LagP99NS), true }},
		{"the lab's own clock woke late, p99", "ns", lag, watched(func(w *record.Watch) float64 { return float64(w.LateP99NS) })},
		{"goroutines that could run waited, p99", "ns", 0, watched(func(w *record.Watch) float64 { return float64(w.SchedP99NS) })},
		{"longest pause of the lab's garbage collector", "ns", 0, watched(func(w *record.Watch) float64 { return float64(w.GCPauseMaxNS) })},
		{"the lab's share of its processors", "ratio", group.BusyLimit, func(t *record.Trial) (float64, bool) { return group.LabShare(&t.Lab) }},
		{"processor time given to other guests", "ratio", group.StealLimit, func(t *record.Trial) (float64, bool) { return group.StealShare(&t.Lab, a.run.Host.Cores) }},
		{"processes stopped by a CPU quota", "ns", float64(group.ThrottleLimit), watched(func(w *record.Watch) float64 { return float64(w.ThrottledNS) })},
		{"processors slowed down for their heat", "times", 0, watched(func(w *record.Watch) float64 { return float64(w.Thermal) })},
		{"jumps of the wall clock", "times", 0, watched(func(w *record.Watch) float64 { return float64(w.ClockSteps) })},
	}
}

// extremes are of the trials that count, or none where no trial was watched.
func (a *analysis) extremes() []Extreme {
	var trials []*record.Trial
	watched := false
	for i := range a.set.Trials {
		if t := &a.set.Trials[i]; t.Status == record.StatusOK && t.Key.Repetition < record.DoubleLab {
			trials = append(trials, t)
			watched = watched || t.Lab.Watch != nil
		}
	}
	if !watched {
		return nil
	}
	var all []Extreme
	for _, d := range a.disturbances() {
		type seen struct {
			value float64
			trial string
		}
		var values []seen
		for _, t := range trials {
			if v, ok := d.of(t); ok {
				values = append(values, seen{v, t.Key.ID})
			}
		}
		if len(values) == 0 {
			continue
		}
		slices.SortStableFunc(values, func(x, y seen) int { return cmp.Compare(x.value, y.value) })
		worst := values[len(values)-1]
		all = append(all, Extreme{What: d.what, Unit: d.unit, Limit: d.limit, Median: values[(len(values)-1)/2].value, Worst: worst.value, Trial: worst.trial})
	}
	return all
}

// toldApart says whether two values of a percentile of a latency differ by more than the instrument may be off there. Where it
// was not calibrated they do.
func (a *analysis) toldApart(name string, p float64, x, y Value) bool {
	e, ok := a.run.Error(name)
	return !ok || !x.Known() || !y.Known() || math.Abs(x.Estimate-y.Estimate) >= float64(e.At(p))
}

// unresolvedGain says whether a gain in mean TPOT over a baseline is smaller than the instrument's typical error of one.
func (a *analysis) unresolvedGain(base *measured, gain Value) bool {
	e, ok := a.run.Error("tpot")
	if !ok || !gain.Known() || gain.Estimate <= 0 {
		return false
	}
	for _, m := range base.Metrics {
		if m.Metric == "tpot" && m.Mean.Known() {
			return math.Abs(m.Mean.Estimate*(1-1/gain.Estimate)) < float64(e.At(0.5))
		}
	}
	return false
}
