package analysis

import (
	"errors"
	"math"

	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/internal/words"
	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/loadgen/result"
)

// LabEffect bounds what the lab's own work on the machine does to the latencies that it measures. The confirming trial is
// repeated with the same requests at the same times while the lab receives and parses every message twice: the engine does
// the same work, the lab about twice its own, of which the confirming trial is half. Requests are compared in pairs.
//
// If the time that work costs others grows at least in proportion to it, as in queues, then the lab's work costs at most
// 1/d times what the same work and a share d more of it does beyond.
type LabEffect struct {
	Arm, Load string
	Trials    []string      // the confirming one and its duplicate
	Added     float64       // processor time of the lab in the duplicate beyond that in the confirming trial, as a share of that
	Pairs     int           // requests
	Latencies []LatencyCost // none where Note says why
	Note      string
}

// LatencyCost is the effect on one metric.
type LatencyCost struct {
	Metric string
	Mean   float64 // nanoseconds, in the confirming trial
	Change Value   // mean of the paired differences, duplicate less confirming trial
	Bound  float64 // nanoseconds that the lab's work costs in the confirming trial at most; 0 where more work made nothing slower
}

// leastAdded is the share from which a difference can be blown up to the whole.
const leastAdded = 0.25

func (a *analysis) boundEffect() error {
	for double, err := range group.DoubleLab(a.set) {
		if err != nil {
			return err
		}
		for once, err := range group.Confirmations(a.set) {
			if err != nil {
				return err
			}
			if once.Arm.ID == double.Arm.ID && once.Load.ID == double.Load.ID && len(once.Trials) == 1 && len(double.Trials) == 1 {
				a.study.Instrument.Effect = a.labEffect(&once.Trials[0], &double.Trials[0])
				if err := errors.Join(once.Err(), double.Err()); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (a *analysis) labEffect(once, double *group.Trial) *LabEffect {
	e := &LabEffect{Arm: once.Key.Arm, Load: once.Key.Load, Trials: []string{once.Key.ID, double.Key.ID}}
	if once.Lab.CPUNS > 0 && once.Lab.WallNS > 0 && double.Lab.WallNS > 0 {
		perSecond := func(l *record.Lab) float64 { return float64(l.CPUNS) / float64(l.WallNS) }
		e.Added = perSecond(&double.Lab)/perSecond(&once.Lab) - 1
	}
	pairs := answeredTwice(once, double)
	e.Pairs = len(pairs)
	switch {
	case e.Pairs < fewestPairs:
		e.Note = words.Count(e.Pairs, "pair") + " of answers are too few"
	case e.Added < leastAdded:
		e.Note = "receiving everything twice took the lab only " + words.Percent(max(e.Added, 0)) + " more processor time, which is too little to tell from"
	default:
		for i, l := range effects() {
			e.Latencies = append(e.Latencies, latencyCost(l.Name, i, pairs, e.Added))
		}
	}
	return e
}

// effects are the latencies that an effect is told of.
func effects() (all []metric.Latency) {
	for _, l := range metric.Latencies() {
		if l.Name == "ttft" || l.Name == "tpot" || l.Name == "e2e" {
			all = append(all, l)
		}
	}
	return all
}

// answerTimes are those of effects, NaN where one is not defined.
type answerTimes []float64

func timesOf(r *result.Request) answerTimes {
	var out answerTimes
	for _, l := range effects() {
		v, ok := l.Of(r)
		if !ok {
			v = math.NaN()
		}
		out = append(out, v)
	}
	return out
}

// answeredTwice pairs the requests that were answered in both trials.
func answeredTwice(once, double *group.Trial) [][2]answerTimes {
	other := map[uint64]answerTimes{}
	for r := range double.Requests.All() {
		if !metric.Failed(r) {
			other[r.Seq] = timesOf(r)
		}
	}
	var pairs [][2]answerTimes
	for r := range once.Requests.All() {
		if d := other[r.Seq]; d != nil && !metric.Failed(r) {
			pairs = append(pairs, [2]answerTimes{timesOf(r), d})
		}
	}
	return pairs
}

// latencyCost is of the i-th of effects.
func latencyCost(name string, i int, pairs [][2]answerTimes, added float64) LatencyCost {
	var s stat.Series
	sum := 0.0
	for _, p := range pairs {
		once, double := p[0][i], p[1][i]
		if !math.IsNaN(once) && !math.IsNaN(double) {
			sum += once
			s.Num, s.Den = append(s.Num, double-once), append(s.Den, 1)
		}
	}
	c := LatencyCost{Metric: name, Change: Value{Unit: "ns", N: len(s.Num), Level: stat.Confidence, Note: Insufficient}}
	if len(s.Num) < fewestPairs {
		return c
	}
	e := stat.Ratio([]stat.Series{s})
	c.Mean = sum / float64(len(s.Num))
	c.Change.Estimate, c.Change.Low, c.Change.High, c.Change.Note = e.Value, e.Interval.Low, e.Interval.High, ""
	c.Bound = math.Max(e.Interval.High, 0) / added
	return c
}
