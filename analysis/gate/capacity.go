package gate

import (
	"fmt"
	"math"
	"slices"

	"github.com/assaylab/assay/analysis/baseline"
	"github.com/assaylab/assay/analysis/compare"
	"github.com/assaylab/assay/analysis/record"
)

// Capacity is a metric of an arm, not of a cell: the highest rate at which it holds every limit of its scenario, as a
// search found it.
const Capacity = "capacity"

// CapacityMetric is that metric.
func CapacityMetric() compare.Metric {
	return compare.Metric{Name: Capacity, Unit: "req/s", HigherBetter: true}
}

func (j *judge) addCapacity(b Budget, arms []record.Arm) error {
	if len(j.set.Run.Searches) == 0 {
		return fmt.Errorf("the run searched for no capacity: its scenario needs a [load.search] table")
	}
	for _, arm := range arms {
		now, err := baseline.CapacityOf(j.set, arm.ID)
		if err != nil {
			return err
		}
		if !math.IsNaN(b.Limit) {
			j.addArm(b, arm, capacityLimit(b, now))
		}
		if math.IsNaN(b.Ratio) {
			continue
		}
		was, err := j.baseCapacity(arm)
		if err != nil {
			return err
		}
		j.addArm(b, arm, capacityChange(b, was, now))
	}
	return nil
}

// addArm adds a check of an arm.
func (j *judge) addArm(b Budget, arm record.Arm, c Check) {
	c.Budget, c.Arm, c.P = b, arm.Name, math.NaN()
	j.result.Checks = append(j.result.Checks, c)
}

// capacityLimit judges by the interval.
func capacityLimit(b Budget, now *baseline.Capacity) Check {
	if now == nil {
		return notFound(b.Limit, "the search has found nothing yet")
	}
	low, high := now.Interval()
	return decideInterval(Check{Estimate: now.Rate, Low: low, High: high, Threshold: b.Limit}, "limit")
}

// capacityChange judges by the ratio of two intervals of 95 %, end against end: its own holds at least as often.
func capacityChange(b Budget, was, now *baseline.Capacity) Check {
	c := notFound(b.Ratio, "the search has found nothing, here or in the baseline")
	c.Relative = true
	if was == nil || now == nil || was.Rate == 0 {
		return c
	}
	low, high := now.Interval()
	wasLow, wasHigh := was.Interval()
	c.Estimate, c.Low, c.High = now.Rate/was.Rate, low/wasHigh, math.Inf(1)
	if wasLow > 0 {
		c.High = high / wasLow
	}
	return decideInterval(c, "bound")
}

func notFound(threshold float64, why string) Check {
	nan := math.NaN()
	return Check{Estimate: nan, Low: nan, High: nan, Threshold: threshold, Verdict: Undecided, Reason: why}
}

// decideInterval judges what must not be below a threshold.
func decideInterval(c Check, what string) Check {
	switch {
	case c.Low >= c.Threshold:
		c.Verdict, c.Reason = Pass, "the interval is at or above the "+what
	case c.High < c.Threshold:
		c.Verdict, c.Reason = Fail, "the interval is below the "+what
	default:
		c.Verdict, c.Reason = Undecided, "the interval holds the "+what+"; a search of smaller precision, or of more probes, narrows it"
	}
	return c
}

// baseCapacity is that of the baseline's arm. Rates that hold other limits are not compared.
func (j *judge) baseCapacity(arm record.Arm) (was *baseline.Capacity, err error) {
	base := *j.result.Baseline
	if err := j.sameMachine(&base); err != nil {
		return nil, err
	}
	if j.o.Stored != nil {
		was = j.o.Stored.Capacity(arm)
	} else if i := sameArm(base.Arms, arm); i >= 0 {
		was, err = baseline.CapacityOf(j.o.Baseline, base.Arms[i].ID)
	}
	if err == nil && was != nil && !slices.Equal(was.Limits, j.set.Run.SLOs) {
		err = fmt.Errorf("the baseline's capacity of %s is under other limits than this run's", arm.Name)
	}
	return was, err
}
