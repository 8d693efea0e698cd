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
// repeated with the same requests at the same times while the lab leaves every second answer unread until it has ended
// (result.Left): the engine does the same work, the lab does less. The requests that both trials read are compared in pairs.
//
// If the time that work costs others grows at least in proportion to it, as in queues, then all of the lab's work costs at
// most 1/s times what a share s of it does.
type LabEffect struct {
	Arm, Load string
	Trials    []string      // the confirming one and its duplicate
	Saved     float64       // share of the lab's processor time that the duplicate did without
	Pairs     int           // requests
	Latencies []LatencyCost // none where Note says why
	Note      string
}

// LatencyCost is the effect on one metric.
type LatencyCost struct {
	Metric string
	Mean   float64 // nanoseconds, with all of the lab's work
	Change Value   // mean of the paired differences, with all of it less with what was left
	Bound  float64 // nanoseconds that all of it costs at most; 0 where less work made nothing faster
}

// leastSaved is the share from which a difference can be blown up to the whole.
const leastSaved = 0.1

func (a *analysis) boundEffect() error {
	for half, err := range group.HalfLab(a.set) {
		if err != nil {
			return err
		}
		for full, err := range group.Confirmations(a.set) {
			if err != nil {
				return err
			}
			if full.Arm.ID == half.Arm.ID && full.Load.ID == half.Load.ID && len(full.Trials) == 1 && len(half.Trials) == 1 {
				a.study.Instrument.Effect = a.labEffect(&full.Trials[0], &half.Trials[0])
			}
		}
	}
	return nil
}

func (a *analysis) labEffect(full, half *group.Trial) *LabEffect {
	e := &LabEffect{Arm: full.Key.Arm, Load: full.Key.Load, Trials: []string{full.Key.ID, half.Key.ID}}
	if full.Lab.CPUNS > 0 && full.Lab.WallNS > 0 && half.Lab.WallNS > 0 {
		perSecond := func(l *record.Lab) float64 { return float64(l.CPUNS) / float64(l.WallNS) }
		e.Saved = 1 - perSecond(&half.Lab)/perSecond(&full.Lab)
	}
	pairs := readByBoth(full, half)
	e.Pairs = len(pairs)
	switch {
	case e.Pairs < fewestPairs:
		e.Note = words.Count(e.Pairs, "pair") + " of answers that were read in both are too few"
	case e.Saved < leastSaved:
		e.Note = "leaving every second answer unread saved the lab " + words.Percent(max(e.Saved, 0)) + " of its processor time, which is too little to tell from"
	default:
		for _, l := range metric.Latencies() {
			if l.Name == "ttft" || l.Name == "tpot" || l.Name == "e2e" {
				e.Latencies = append(e.Latencies, a.latencyCost(l, pairs, e.Saved))
			}
		}
	}
	return e
}

// readByBoth pairs the requests that were read as they came in both trials, and answered.
func readByBoth(full, half *group.Trial) [][2]*result.Request {
	other := map[uint64]*result.Request{}
	for i := range half.Requests {
		other[half.Requests[i].Seq] = &half.Requests[i]
	}
	var pairs [][2]*result.Request
	for i := range full.Requests {
		r := &full.Requests[i]
		if h := other[r.Seq]; h != nil && !result.Left(r.Seq) && !metric.Failed(r) && !metric.Failed(h) {
			pairs = append(pairs, [2]*result.Request{r, h})
		}
	}
	return pairs
}

func (a *analysis) latencyCost(l metric.Latency, pairs [][2]*result.Request, saved float64) LatencyCost {
	var s stat.Series
	sum := 0.0
	for _, p := range pairs {
		with, ok := l.Of(p[0])
		without, defined := l.Of(p[1])
		if ok && defined {
			sum += with
			s.Num, s.Den = append(s.Num, with-without), append(s.Den, 1)
		}
	}
	c := LatencyCost{Metric: l.Name, Change: Value{Unit: "ns", N: len(s.Num), Level: stat.Confidence, Note: Insufficient}}
	if len(s.Num) < fewestPairs {
		return c
	}
	e := stat.Ratio([]stat.Series{s}, a.options.Draws, a.rng("effect of the lab", l.Name))
	c.Mean = sum / float64(len(s.Num))
	c.Change.Estimate, c.Change.Low, c.Change.High, c.Change.Note = e.Value, e.Interval.Low, e.Interval.High, ""
	c.Bound = math.Max(e.Interval.High, 0) / saved
	return c
}
