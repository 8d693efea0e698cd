package capacity

import (
	"fmt"
	"math"

	"github.com/assaylab/assay/analysis/cost"
	"github.com/assaylab/assay/analysis/internal/words"
)

// Hold finds the highest rate at which one replica holds every limit.
//
// Between two points of the curve a percentile is taken to lie on the straight line, which is above
// any convex curve through both: the rate is rather too low than too high. A percentile that falls
// as the load rises is taken to stay. Beyond the last point nothing is assumed. The ends of
// the interval are where the ends of the percentiles' intervals cross the limit, or the last point.
//
// The error is an *Infeasible where the lowest load of the curve already breaks a limit.
func (c Curve) Hold(slos []SLO) (PerReplica, error) {
	r := PerReplica{Origin: c.Origin, Open: true, Rate: cost.Estimate{Value: math.Inf(1), Low: math.Inf(1), High: math.Inf(1)}}
	if err := c.Check(); err != nil {
		return r, err
	}
	if len(slos) == 0 {
		return r, fmt.Errorf("curve of %s: no limit to hold: expected at least one", c.Name)
	}
	for _, s := range slos {
		rate, broken, err := c.hold(s)
		if err != nil {
			return PerReplica{}, err
		}
		if rate.Value < r.Rate.Value || rate.Value == r.Rate.Value && broken && !r.Broken {
			r.Binding, r.Broken = s, broken
		}
		r.Rate = cost.Estimate{Value: min(r.Rate.Value, rate.Value), Low: min(r.Rate.Low, rate.Low), High: min(r.Rate.High, rate.High)}
		r.Known = r.Known || c.uncertain(s)
		r.Open = r.Open && c.open(s)
	}
	for _, p := range c.Points {
		if p.Invalid == "" && p.Collapsed != "" && r.Saturated == 0 {
			r.Saturated = p.Rate
		}
	}
	return r, nil
}

// Check is an error for a curve that cannot be one.
func (c Curve) Check() error {
	if err := c.Origin.Valid(); err != nil {
		return fmt.Errorf("curve of %s: %w", c.Name, err)
	}
	last, usable := 0.0, 0
	for i, p := range c.Points {
		if !(p.Rate > last) || math.IsInf(p.Rate, 1) {
			return fmt.Errorf("curve of %s: point %d is at %v requests per second, after %v: expected rates above 0 that ascend", c.Name, i+1, p.Rate, last)
		}
		last = p.Rate
		if p.Invalid == "" {
			usable++
		}
		for _, l := range p.Latencies {
			if e := l.NS; !(e.Value > 0 && e.Low <= e.Value && e.Value <= e.High) {
				return fmt.Errorf("curve of %s: %s at %v requests per second is %v in [%v, %v]: expected more than 0, within its interval",
					c.Name, percentile(l.Metric, l.Percentile), p.Rate, e.Value, e.Low, e.High)
			}
		}
	}
	if usable == 0 {
		return fmt.Errorf("curve of %s: none of %s is valid", c.Name, words.Count(len(c.Points), "point"))
	}
	return nil
}

// sample is one limit's percentile at a rate.
type sample struct {
	rate float64
	ns   cost.Estimate
}

// series are the percentiles of a metric by rate, made to never fall. A point where the queue only
// grew has none that holds.
func (c Curve) series(metric string, p float64) []sample {
	inf := math.Inf(1)
	var all []sample
	floor := cost.Estimate{}
	for _, point := range c.Points {
		if point.Invalid != "" {
			continue
		}
		ns, known := point.latency(metric, p)
		if point.Collapsed != "" {
			ns, known = cost.Estimate{Value: inf, Low: inf, High: inf}, true
		}
		if known {
			floor = cost.Estimate{Value: max(floor.Value, ns.Value), Low: max(floor.Low, ns.Low), High: max(floor.High, ns.High)}
			all = append(all, sample{point.Rate, floor})
		}
	}
	return all
}

func (p Point) latency(metric string, q float64) (cost.Estimate, bool) {
	for _, l := range p.Latencies {
		if l.Metric == metric && l.Percentile == q {
			return l.NS, true
		}
	}
	return cost.Estimate{}, false
}

// hold is the highest rate at which one limit is held, and whether a higher one on the curve breaks it.
func (c Curve) hold(s SLO) (rate cost.Estimate, broken bool, err error) {
	all := c.series(s.Metric, s.Percentile)
	name := percentile(s.Metric, s.Percentile)
	if len(all) == 0 {
		return rate, false, fmt.Errorf("curve of %s: no point has %s: expected it of at least one; too few requests were measured for it, or it was not", c.Name, name)
	}
	limit := float64(s.LimitNS)
	if first := all[0]; first.ns.Value > limit {
		return rate, false, &Infeasible{fmt.Sprintf("%s of %s is %s at %s requests per second on one replica, the lowest load of its curve: above the limit of %s at any number of replicas",
			name, c.Name, duration(first.ns.Value), words.Number(first.rate), words.Duration(limit))}
	}
	rate.Value, broken = crossing(all, limit, func(s sample) float64 { return s.ns.Value })
	rate.Low, _ = crossing(all, limit, func(s sample) float64 { return s.ns.High })
	rate.High, _ = crossing(all, limit, func(s sample) float64 { return s.ns.Low })
	return rate, broken, nil
}

// uncertain reports whether a limit's percentile has an interval anywhere on the curve.
func (c Curve) uncertain(s SLO) bool {
	for _, x := range c.series(s.Metric, s.Percentile) {
		if x.ns.Low < x.ns.High {
			return true
		}
	}
	return false
}

// open reports whether a limit breaks nowhere on the curve even by the lower ends of its percentiles' intervals.
func (c Curve) open(s SLO) bool {
	_, broken := crossing(c.series(s.Metric, s.Percentile), float64(s.LimitNS), func(x sample) float64 { return x.ns.Low })
	return !broken
}

// crossing is the highest rate at which a never falling percentile is within a limit; 0 where it is
// above at the first one.
func crossing(all []sample, limit float64, of func(sample) float64) (rate float64, broken bool) {
	for i, s := range all {
		v := of(s)
		if v <= limit {
			rate = s.rate
			continue
		}
		if i > 0 && !math.IsInf(v, 1) {
			before := of(all[i-1])
			rate += (s.rate - rate) * (limit - before) / (v - before)
		}
		return rate, true
	}
	return rate, false
}

// At is a percentile at a rate, on the straight line between the points beside it; at rates below
// the first point, the first point's. It is false where the curve does not reach, or has no number.
func (c Curve) At(metric string, p, rate float64) (cost.Estimate, bool) {
	all := c.series(metric, p)
	for i, s := range all {
		if s.rate < rate {
			continue
		}
		if i == 0 || s.rate == rate {
			return s.ns, !math.IsInf(s.ns.Value, 1)
		}
		b := all[i-1]
		at := func(from, to float64) float64 {
			if math.IsInf(to, 1) {
				return to
			}
			return from + (to-from)*(rate-b.rate)/(s.rate-b.rate)
		}
		e := cost.Estimate{Value: at(b.ns.Value, s.ns.Value), Low: at(b.ns.Low, s.ns.Low), High: at(b.ns.High, s.ns.High)}
		return e, !math.IsInf(e.Value, 1)
	}
	return cost.Estimate{}, false
}

// percentile names one: "p95 of ttft".
func percentile(metric string, p float64) string {
	return fmt.Sprintf("p%s of %s", words.Number(100*p), metric)
}

func duration(ns float64) string {
	if math.IsInf(ns, 1) {
		return "beyond all answers"
	}
	return words.Duration(ns)
}
