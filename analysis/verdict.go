package analysis

import (
	"math"
	"slices"

	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/loadgen/result"
)

// limit is the stage that judges one limit on the requests of a class, or of a cell without classes.
type limit struct {
	record.SLO
	class  string
	cell   *group.Cell // of the class
	result SLOResult
	series []stat.Series // of misses among those that are judged, by repetition

	values []float64
	finite int
	tally  metric.Tally
	misses group.Series
}

// judge has stages for every limit, in the order of Limits.Each, and for the percentiles of classes. A cell of classes meets its limits
// when each class meets its own.
func (a *analysis) judge(c *group.Cell, limits record.Limits, m *measured) (judged []*limit, stages []stage) {
	of := func(class string, cell *group.Cell) {
		for _, s := range limits.Of(class) {
			l := &limit{SLO: s, class: class, cell: cell}
			judged, stages = append(judged, l), append(stages, in(class, l))
		}
	}
	if len(c.Load.Classes) == 0 {
		of("", c)
		return judged, stages
	}
	m.Classes = make([]ClassResult, len(c.Load.Classes))
	for i, sub := range c.Classes() {
		k := c.Load.Classes[i]
		r := &m.Classes[i]
		*r = ClassResult{Name: k.Name, Team: k.Team, Outcomes: map[string]int{}, CDF: map[string][]CDFPoint{}}
		for _, p := range percentiles(&sub, limits.Of(k.Name), func(name string, s sampled) {
			r.Metrics = append(r.Metrics, s.percentiles(name))
			s.drawInto(r.CDF, name)
		}) {
			stages = append(stages, in(k.Name, p))
		}
		of(k.Name, &sub)
	}
	return judged, stages
}

// settle says what the limits together come to.
func (m *measured) settle(judged []*limit, limits record.Limits, s *survey) {
	results := map[string][]SLOResult{}
	for _, l := range judged {
		results[l.class] = append(results[l.class], l.result)
	}
	if len(m.Classes) == 0 {
		m.SLOs, m.Verdict = results[""], worst(results[""], m.Issued)
		return
	}
	m.Verdict = Met
	for i := range m.Classes {
		k := &m.Classes[i]
		k.Attainment = attainment(s.class[k.Name].met)
		k.SLOs, k.Verdict = results[k.Name], worst(results[k.Name], k.Issued)
		m.SLOs = append(m.SLOs, k.SLOs...)
		m.Verdict = worse(m.Verdict, k.Verdict)
	}
}

// worst is the verdict of all limits on so many requests.
func worst(results []SLOResult, requests int) Verdict {
	if len(results) == 0 && requests == 0 {
		return Undecided
	}
	v := Met
	for _, r := range results {
		v = worse(v, r.Verdict)
	}
	return v
}

func worse(a, b Verdict) Verdict {
	rank := func(v Verdict) int { return slices.Index([]Verdict{Met, Undecided, Missed}, v) }
	if rank(b) > rank(a) {
		return b
	}
	return a
}

func (l *limit) bytes() int { return 8 * l.cell.Requests() }

func (l *limit) begin() {
	l.misses, l.values = l.cell.NewSeries(), make([]float64, 0, l.cell.Requests())
}

func (l *limit) see(trial int, r *result.Request) {
	v, ok := metric.Judged(l.SLO, r)
	if !ok {
		l.misses.Add(trial, 0, 0)
		return
	}
	l.values = append(l.values, v)
	if !math.IsInf(v, 1) {
		l.finite++
	}
	miss := 0.0
	if l.tally.N++; v > float64(l.LimitNS) {
		l.tally.Misses++
		miss = 1
	}
	l.misses.Add(trial, miss, 1)
}

func (l *limit) finish() {
	t, level := group.Decide(l.SLO, l.tally.Misses, l.tally.N)
	l.result = SLOResult{SLO: l.SLO, Class: l.class, Misses: l.tally.Misses, N: l.tally.N, Level: level, Low: t.Low, High: t.High, NeedMore: t.NeedMore,
		Verdict: map[stat.Decision]Verdict{stat.Within: Met, stat.Beyond: Missed, stat.Undecided: Undecided}[t.Decision]}
	l.result.Early = early(stat.NewOrder(len(l.values), slices.Values([][]float64{l.values})), l.finite, l.Percentile)
	l.series = l.misses.All()
	l.values, l.misses = nil, nil
}

// counts are of token counts, of requests that ended well: tokens of prompts, the server's tokens of answers and the messages', and requests
// whose counts are ours.
type counts struct {
	prompt, server, streamed int

	uncounted int // requests: the server told not even the prompt's
	divided   int // requests: the server told the whole, and its division among messages is ours
}

func (c *counts) add(r *result.Request) {
	if r.Outcome != result.OK {
		return
	}
	switch {
	case r.Estimated && r.PromptTokens == 0:
		c.uncounted++
	case r.Estimated:
		c.divided++
	}
	c.prompt += metric.PromptTokens(r)
	c.server += metric.OutputTokens(r)
	c.streamed += metric.StreamedTokens(r)
}
