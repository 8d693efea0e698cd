package compare

import (
	"errors"
	"math"

	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/loadgen/result"
)

// side is the trials of one run, with what is compared of their requests.
type side struct {
	trials []group.Trial
	values map[string]*group.Values // by latency
	orders map[string]*stat.Order   // of all trials, by latency
	tokens []int                    // in the window, by trial
	failed []bool                   // by request
}

// newSide reads the requests of trials once, for all metrics.
func newSide(trials []group.Trial, metrics []Metric) *side {
	s := &side{trials: trials, values: map[string]*group.Values{}, orders: map[string]*stat.Order{}, tokens: make([]int, len(trials))}
	for _, m := range metrics {
		if m.Percentile != 0 && s.values[m.Name] == nil {
			s.values[m.Name] = group.NewValues(trials, Appender(m.Name))
		}
	}
	for i := range trials {
		for r := range trials[i].Requests.All() {
			s.add(i, r)
		}
	}
	for name, v := range s.values {
		s.orders[name] = v.Order()
	}
	return s
}

func (s *side) add(i int, r *result.Request) {
	for _, v := range s.values {
		v.Add(i, r)
	}
	s.tokens[i] += s.trials[i].Tokens(r)
	s.failed = append(s.failed, metric.Failed(r))
}

// err says why not all requests were read, nil where they were.
func (s *side) err() error {
	var errs []error
	for _, t := range s.trials {
		errs = append(errs, t.Requests.Err())
	}
	return errors.Join(errs...)
}

// all in place of a trial's number means all trials together.
const all = -1

// each is a statistic of each trial.
func (s *side) each(of func(s *side, trial int) float64) []float64 {
	out := make([]float64, len(s.trials))
	for i := range out {
		out[i] = of(s, i)
	}
	return out
}

// quantile is the percentile over the requests of a trial; NaN below the number that can say anything.
func (s *side) quantile(m Metric, trial int) float64 {
	order := s.orders[m.Name]
	if trial != all {
		order = s.values[m.Name].TrialOrder(trial)
	}
	if order.Len() < stat.Floor(m.Percentile, stat.Confidence) {
		return math.NaN()
	}
	return order.At(stat.Rank(order.Len(), m.Percentile))
}

// throughput is output tokens stamped in the windows, per second of them.
func (s *side) throughput(trial int) float64 {
	tokens, window := 0, int64(0)
	for i, t := range s.trials {
		if trial == all || trial == i {
			tokens, window = tokens+s.tokens[i], window+t.Measured()
		}
	}
	return float64(tokens) / (float64(window) / 1e9)
}
