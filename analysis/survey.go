package analysis

import (
	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/loadgen/result"
)

// survey is the stage that counts the requests of a cell and judges them by the limits, and has the series of everything
// that is per second.
type survey struct {
	cell *group.Cell
	slos []record.SLO
	m    *measured
	done func(*survey)

	okays  []int          // by repetition
	judged []metric.Tally // by SLO
	all    metric.Tally   // by all SLOs together
	turns  int            // that had a turn before them
	waits  []float64      // of those that were due too soon

	tokens, issued, good, goodTokens, goodInput, goodOutput, goodCached group.Series
}

func (s *survey) bytes() int {
	if s.m.answered == nil {
		return 0
	}
	return 24 * s.cell.Requests()
}

func (s *survey) begin() {
	s.okays, s.judged = make([]int, len(s.cell.Trials)), make([]metric.Tally, len(s.slos))
	for _, series := range []*group.Series{&s.tokens, &s.issued, &s.good, &s.goodTokens, &s.goodInput, &s.goodOutput, &s.goodCached} {
		*series = s.cell.NewSeries()
	}
}

func (s *survey) see(trial int, r *result.Request) {
	m, window := s.m, s.cell.Trials[trial].WindowNS
	m.Issued++
	m.Outcomes[r.Outcome]++
	if r.Outcome == result.OK {
		m.OK++
		s.okays[trial]++
	}
	tokens := metric.TokensInWindow(r, window)
	m.tokens.add(window, r, tokens)
	m.counts.add(r)
	longestGap(r, &m.gaps[trial])
	if m.answered != nil {
		m.answered[trial].add(r, tokens)
	}
	s.wait(r)
	s.rate(trial, r, tokens, metric.IssuedInWindow(r, window))
}

// rate judges a request, and adds what it contributes per second.
func (s *survey) rate(trial int, r *result.Request, tokens int, in bool) {
	for i, slo := range s.slos {
		s.judged[i].Add(metric.Judge(slo, r))
	}
	all := metric.JudgeAll(s.slos, r)
	s.all.Add(all)
	s.tokens.PerSecond(trial, float64(tokens))
	s.issued.PerSecond(trial, where(in, 1))
	good := in && all == metric.Pass
	s.good.PerSecond(trial, where(good, 1))
	s.goodTokens.PerSecond(trial, where(good, metric.PromptTokens(r)+metric.OutputTokens(r)))
	s.goodInput.PerSecond(trial, where(good, max(metric.PromptTokens(r)-r.CachedTokens, 0)))
	s.goodOutput.PerSecond(trial, where(good, metric.OutputTokens(r)))
	s.goodCached.PerSecond(trial, where(good, min(r.CachedTokens, metric.PromptTokens(r))))
}

// where is n where something holds, and 0 elsewhere.
func where(holds bool, n int) float64 {
	if holds {
		return float64(n)
	}
	return 0
}

func (s *survey) finish() { s.done(s) }
