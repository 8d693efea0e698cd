package analysis

import (
	"slices"

	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/loadgen/result"
)

// judge applies every SLO to a cell.
func judge(c *group.Cell, slos []record.SLO) ([]SLOResult, Verdict) {
	worst := Met
	var out []SLOResult
	for _, s := range slos {
		r := SLOResult{SLO: s}
		r.Misses, r.N = metric.Count(c.All(), func(q *result.Request) metric.Judgement { return metric.Judge(s, q) })
		t, level := group.Decide(s, r.Misses, r.N)
		r.Level, r.Early = level, early(c, s)
		r.Low, r.High, r.NeedMore = t.Low, t.High, t.NeedMore
		r.Verdict = map[stat.Decision]Verdict{stat.Within: Met, stat.Beyond: Missed, stat.Undecided: Undecided}[t.Decision]
		worst = worse(worst, r.Verdict)
		out = append(out, r)
	}
	if len(slos) == 0 && !slices.ContainsFunc(c.Trials, hasRequests) {
		worst = Undecided
	}
	return out, worst
}

func hasRequests(t group.Trial) bool { return len(t.Requests) > 0 }

func worse(a, b Verdict) Verdict {
	rank := func(v Verdict) int { return slices.Index([]Verdict{Met, Undecided, Missed}, v) }
	if rank(b) > rank(a) {
		return b
	}
	return a
}

// miscount compares the server's token counts with the messages'.
type miscount struct{ server, streamed int }

func (a *analysis) countTokens(c *group.Cell) {
	for r := range c.All() {
		if r.Estimated {
			a.estimated++
		}
		if r.Outcome == result.OK {
			a.miscount.server += metric.OutputTokens(r)
			a.miscount.streamed += metric.StreamedTokens(r)
		}
	}
}
