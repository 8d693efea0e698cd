package simulate

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/loadgen/result"
)

// Defaults of Effort.
const (
	defaultRequests = 4000
	defaultReplicas = 16
	defaultSteps    = 7
)

func (e Effort) withDefaults() Effort {
	if e.Requests == 0 {
		e.Requests = defaultRequests
	}
	if e.Replicas == 0 {
		e.Replicas = defaultReplicas
	}
	if e.Steps == 0 {
		e.Steps = defaultSteps
	}
	return e
}

func (p *Planner) validate(rate float64, replicas int) error {
	if !(rate > 0) || math.IsInf(rate, 1) {
		return fmt.Errorf("simulate: rate is %g, expected a positive number of requests per second", rate)
	}
	if replicas < 1 {
		return fmt.Errorf("simulate: %d replicas, expected at least 1", replicas)
	}
	if p.Effort.Requests < 0 || p.Effort.Replicas < 0 || p.Effort.Steps < 0 {
		return fmt.Errorf("simulate: effort of %d requests, %d replicas, %d steps, expected none below 0", p.Effort.Requests, p.Effort.Replicas, p.Effort.Steps)
	}
	if round := rate * 3600 * float64(len(p.Traffic.Shape)); round > float64(p.Effort.withDefaults().Requests) {
		return fmt.Errorf("simulate: %d requests are simulated, and one round of %d hours at %g per second has %.0f: expected Effort.Requests to be as many, or a rate without a shape",
			p.Effort.withDefaults().Requests, len(p.Traffic.Shape), rate, round)
	}
	return p.Traffic.Validate()
}

// Attain predicts what a rate of requests per second brings on so many replicas together.
func (p *Planner) Attain(rate float64, replicas int) (Prediction, error) {
	return p.attain(p.Engine, p.Seed, rate, replicas)
}

// attain is Attain on some engine, with noise of its own; requests are those of the planner's seed.
func (p *Planner) attain(engine Engine, noise uint64, rate float64, replicas int) (Prediction, error) {
	if err := p.validate(rate, replicas); err != nil {
		return Prediction{}, err
	}
	e := p.Effort.withDefaults()
	n := min(replicas, e.Replicas)
	warmup := e.Requests / 5
	t := &tally{limits: p.Limits, misses: make([]int, len(p.Limits))}
	d := Deployment{Engine: engine, Replicas: n, Router: p.Router, Seed: noise, Warmup: warmup, Events: t.events(), Stop: p.Stop}
	o, err := d.run(p.Traffic.Open(rate*float64(n)/float64(replicas), warmup+e.Requests, 0, p.Seed), t.add)
	if err != nil {
		return Prediction{}, err
	}
	out := t.prediction(o, n, p.Engine.Sched.MaxBatch)
	out.Rate, out.Replicas, out.Simulated = rate, replicas, n
	out.TokensPerSecond *= float64(replicas) / float64(n)
	out.Errors = p.Checked.ErrorsAt(out.Occupancy)
	if p.Longest > 0 && beyond(t.longest, p.Longest) {
		for i := range out.Errors {
			out.Errors[i].Beyond = true
		}
	}
	return out, nil
}

// tally sums up timelines as they end.
type tally struct {
	limits               []record.SLO
	misses               []int // by limit
	ttft, tpot, e2e      Histogram
	wait                 Histogram
	n, refused, attained int
	longest              int // sequence
	tokens               int64
	first, last, ended   int64   // first and last arrival, and the last stamp, of what is measured
	lasts                []int64 // when requests ended
}

// events reports whether single tokens are looked at.
func (t *tally) events() bool {
	return slices.ContainsFunc(t.limits, func(s record.SLO) bool { return s.Metric == "itl" })
}

func (t *tally) add(line *Timeline) {
	if !line.Measured {
		return
	}
	if t.n == 0 || line.At < t.first {
		t.first = line.At
	}
	t.last = max(t.last, line.At)
	t.n++
	t.longest = max(t.longest, line.Prompt+line.Output)
	r := line.Result()
	t.judge(&r)
	if line.Refused {
		t.refused++
		t.ttft.AddInfinite()
		t.tpot.AddInfinite()
		t.e2e.AddInfinite()
		return
	}
	t.tokens += int64(line.Output)
	t.ended = max(t.ended, line.Last)
	t.lasts = append(t.lasts, line.Last)
	t.ttft.Add(line.First-line.At, 1)
	t.e2e.Add(line.Last-line.At, 1)
	t.wait.Add(line.Started-line.Arrived, 1)
	if tpot, ok := metric.TPOT(&r); ok {
		t.tpot.Add(int64(tpot), 1)
	}
}

func (t *tally) judge(r *result.Request) {
	if metric.JudgeAll(t.limits, r) != metric.Fail {
		t.attained++
	}
	for i, s := range t.limits {
		if metric.Judge(s, r) == metric.Fail {
			t.misses[i]++
		}
	}
}

func (t *tally) prediction(o *Outcome, replicas, places int) Prediction {
	p := Prediction{Requests: t.n, Refused: t.refused, Seconds: float64(o.End) / 1e9,
		TTFT: t.ttft.Spread(), TPOT: t.tpot.Spread(), E2E: t.e2e.Spread(), Wait: t.wait.Spread(), ITL: o.Gaps.Spread()}
	if t.n > 0 {
		p.Attained = float64(t.attained) / float64(t.n)
	}
	if span := t.ended - t.first; span > 0 {
		p.TokensPerSecond = float64(t.tokens) / (float64(span) / 1e9)
	}
	for _, u := range o.Replicas {
		p.Busy += float64(u.Busy) / float64(max(1, o.End)) / float64(replicas)
		p.Occupancy += float64(u.Area) / float64(max(1, o.End)) / float64(replicas*places)
	}
	p.Growing = t.growing(replicas * places)
	p.Missed = t.missed(p.Growing)
	p.Met = p.Missed == ""
	return p
}

// missed says which limit does not hold, "" where all do.
func (t *tally) missed(growing bool) string {
	if growing {
		return fmt.Sprintf("the queue grows: %.0f of %d requests had not ended when the last one came", t.behind(), t.n)
	}
	for i, s := range t.limits {
		if float64(t.misses[i]) > (1-s.Percentile)*float64(t.n)+1e-9 {
			return limitName(s)
		}
	}
	return ""
}

// mostBehind is the share of requests that may be in the system when the last one arrives, beside three batches.
const mostBehind = 0.02

// growing reports whether the queue grows.
func (t *tally) growing(places int) bool {
	behind := t.behind()
	return behind > mostBehind*float64(t.n) && behind > float64(3*places)
}

// behind is how many requests had not ended when the last one came.
func (t *tally) behind() (n float64) {
	for _, at := range t.lasts {
		if at > t.last {
			n++
		}
	}
	return n
}

// limitName is a limit in words.
func limitName(s record.SLO) string {
	return fmt.Sprintf("p%g %s <= %v", 100*s.Percentile, s.Metric, time.Duration(s.LimitNS))
}

// Capacity is the highest rate that the limits hold at on so many replicas, by bisection on one stream of requests.
func (p *Planner) Capacity(replicas int) (Ceiling, error) {
	c, err := p.ceiling(replicas)
	if err != nil || c.Why != "" {
		return c, err
	}
	for _, side := range []struct {
		rate *float64
		off  func(worst float64) float64
	}{{&c.Low, func(w float64) float64 { return 1 / (1 + w) }}, {&c.High, func(w float64) float64 { return 1 + w }}} {
		scaled := *p
		if scaled.Limits = scaledLimits(p.Limits, c.At.Errors, side.off); scaled.Limits == nil {
			return c, nil
		}
		at, err := scaled.ceiling(replicas)
		if err != nil {
			return c, err
		}
		*side.rate = at.Rate
	}
	return c, nil
}

// scaledLimits are limits as far off as predictions of what they bound, nil where that is not known of one.
func scaledLimits(limits []record.SLO, errs []Error, off func(float64) float64) (all []record.SLO) {
	for _, s := range limits {
		worst := -1.0
		for _, e := range errs {
			if name, _, _ := strings.Cut(e.Metric, "_"); name != s.Metric {
				continue
			}
			if e.Metric == fmt.Sprintf("%s_p%g", s.Metric, 100*s.Percentile) {
				worst = e.Worst
				break
			}
			worst = max(worst, e.Worst)
		}
		if worst < 0 || math.IsInf(worst, 1) {
			return nil
		}
		s.LimitNS = int64(float64(s.LimitNS) * off(worst))
		all = append(all, s)
	}
	return all
}

func (p *Planner) ceiling(replicas int) (Ceiling, error) {
	c := Ceiling{Replicas: replicas}
	rate, err := p.slow(replicas)
	if err != nil {
		return c, err
	}
	at, err := p.Attain(rate, replicas)
	if err != nil {
		return c, err
	}
	if !at.Met {
		c.At, c.Next, c.Binding = at, rate, at.Missed
		c.Why = fmt.Sprintf("not even at %.3g requests per second: %s", rate, at.Missed)
		return c, nil
	}
	for c.Next == 0 {
		c.Rate, c.At = rate, at
		rate *= 2
		if at, err = p.Attain(rate, replicas); err != nil {
			return c, err
		}
		if !at.Met {
			c.Next, c.Binding = rate, at.Missed
		}
		if rate > mostRate {
			return c, fmt.Errorf("simulate: the limits hold at %.3g requests per second still, expected at least one that does not", rate)
		}
	}
	for range p.Effort.withDefaults().Steps {
		rate = math.Sqrt(c.Rate * c.Next)
		if at, err = p.Attain(rate, replicas); err != nil {
			return c, err
		}
		if at.Met {
			c.Rate, c.At = rate, at
		} else {
			c.Next, c.Binding = rate, at.Missed
		}
	}
	return c, nil
}

// mostRate bounds the search for a rate at which limits no longer hold.
const mostRate = 1e12

// slow is a rate at which requests hardly meet: the time of one request is a hundredth of the gap to the next.
func (p *Planner) slow(replicas int) (float64, error) {
	one := *p
	one.Limits, one.Effort = nil, Effort{Requests: 200, Replicas: 1}
	const apart = 1e-6 // requests per second
	at, err := one.Attain(apart, 1)
	if err != nil {
		return 0, err
	}
	if !(at.E2E.Mean > 0) {
		return 0, fmt.Errorf("simulate: all requests are refused, even one at a time")
	}
	return 0.01 * float64(replicas) / (at.E2E.Mean / 1e9), nil
}
