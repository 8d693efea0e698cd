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
	cell   *group.Cell
	limits record.Limits
	m      *measured

	okays []int              // by repetition
	all   metric.Tally       // by all limits of their class together
	turns int                // that had a turn before them
	waits []float64          // of those that were due too soon
	cache []group.CacheTally // by repetition
	ended names              // how
	class map[string]*classFare
	team  map[string]*teamUse
	user  *teamUse // of the request before

	tokens, issued, good, goodTokens, goodInput, goodOutput, goodCached group.Series
}

func (s *survey) bytes() int {
	if s.m.answered == nil {
		return 0
	}
	return 24 * s.cell.Requests()
}

func (s *survey) begin() {
	s.okays, s.cache = make([]int, len(s.cell.Trials)), make([]group.CacheTally, len(s.cell.Trials))
	s.ended, s.class, s.team = names{counts: s.m.Outcomes}, map[string]*classFare{}, map[string]*teamUse{}
	for i := range s.m.Classes {
		k := &s.m.Classes[i]
		s.class[k.Name] = &classFare{ClassResult: k, ended: names{counts: k.Outcomes}}
	}
	if s.m.list != nil {
		s.m.list.begin(s.cell)
	}
	for _, series := range []*group.Series{&s.tokens, &s.issued, &s.good, &s.goodTokens, &s.goodInput, &s.goodOutput, &s.goodCached} {
		*series = s.cell.NewSeries()
	}
}

func (s *survey) see(trial int, r *result.Request) {
	m, t := s.m, &s.cell.Trials[trial]
	m.Issued++
	s.ended.add(r.Outcome)
	if r.Outcome == result.OK {
		m.OK++
		s.okays[trial]++
	}
	inWindow := metric.TokensInWindow(r, t.WindowNS)
	tokens := inWindow + t.TrimmedTokens(r)
	m.tokens.add(t.WindowNS, r, inWindow)
	m.counts.add(r)
	longestGap(r, &m.gaps[trial])
	if m.answered != nil {
		m.answered[trial].add(r, tokens)
	}
	s.cache[trial].Add(r)
	s.wait(r)
	s.use(r)
	all := s.rate(trial, r, tokens, metric.IssuedInWindow(r, t.WindowNS))
	if m.list != nil {
		m.list.see(trial, r, all == metric.Pass)
	}
	s.fare(r, all)
}

// rate judges a request, and adds what it contributes per second.
func (s *survey) rate(trial int, r *result.Request, tokens int, in bool) metric.Judgement {
	all := metric.JudgeAll(s.limits.Of(r.Class), r)
	s.all.Add(all)
	s.tokens.PerSecond(trial, float64(tokens))
	s.issued.PerSecond(trial, where(in, 1))
	good := in && all == metric.Pass
	s.good.PerSecond(trial, where(good, 1))
	s.goodTokens.PerSecond(trial, where(good, metric.PromptTokens(r)+metric.OutputTokens(r)))
	s.goodInput.PerSecond(trial, where(good, max(metric.PromptTokens(r)-r.CachedTokens, 0)))
	s.goodOutput.PerSecond(trial, where(good, metric.OutputTokens(r)))
	s.goodCached.PerSecond(trial, where(good, cachedPrompt(r)))
	return all
}

func cachedPrompt(r *result.Request) int { return min(r.CachedTokens, metric.PromptTokens(r)) }

// where is n where something holds, and 0 elsewhere.
func where(holds bool, n int) float64 {
	if holds {
		return float64(n)
	}
	return 0
}

func (s *survey) finish() {
	s.ended.flush()
	for _, k := range s.class {
		k.ended.flush()
	}
	for _, u := range s.team {
		u.ended.flush()
	}
}
