package analysis

import (
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
		for _, l := range metric.Latencies() {
			if l.Name == "ttft" || l.Name == "tpot" || l.Name == "e2e" {
				e.Latencies = append(e.Latencies, a.latencyCost(l, pairs, e.Added))
			}
		}
	}
	return e
}

// answeredTwice pairs the requests that were answered in both trials.
func answeredTwice(once, double *group.Trial) [][2]*result.Request {
	other := map[uint64]*result.Request{}
	for i := range double.Requests {
		other[double.Requests[i].Seq] = &double.Requests[i]
	}
	var pairs [][2]*result.Request
	for i := range once.Requests {
		r := &once.Requests[i]
		if d := other[r.Seq]; d != nil && !metric.Failed(r) && !metric.Failed(d) {
			pairs = append(pairs, [2]*result.Request{r, d})
		}
	}
	return pairs
}

func (a *analysis) latencyCost(l metric.Latency, pairs [][2]*result.Request, added float64) LatencyCost {
	var s stat.Series
	sum := 0.0
	for _, p := range pairs {
		once, ok := l.Of(p[0])
		double, defined := l.Of(p[1])
		if ok && defined {
			sum += once
			s.Num, s.Den = append(s.Num, double-once), append(s.Den, 1)
		}
	}
	c := LatencyCost{Metric: l.Name, Change: Value{Unit: "ns", N: len(s.Num), Level: stat.Confidence, Note: Insufficient}}
	if len(s.Num) < fewestPairs {
		return c
	}
	e := stat.Ratio([]stat.Series{s})
	c.Mean = sum / float64(len(s.Num))
	c.Change.Estimate, c.Change.Low, c.Change.High, c.Change.Note = e.Value, e.Interval.Low, e.Interval.High, ""
	c.Bound = math.Max(e.Interval.High, 0) / added
	return c
}
