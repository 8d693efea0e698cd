package analysis

import (
	"slices"

	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/loadgen/result"
)

// judge applies every SLO to a cell.
func judge(slos []record.SLO, judged []metric.Tally, requests int) ([]SLOResult, Verdict) {
	worst := Met
	var out []SLOResult
	for i, s := range slos {
		r := SLOResult{SLO: s, Misses: judged[i].Misses, N: judged[i].N}
		t := stat.JudgeShare(r.Misses, r.N, 1-s.Percentile)
		r.Low, r.High, r.NeedMore = t.Low, t.High, t.NeedMore
		r.Verdict = map[stat.Decision]Verdict{stat.Within: Met, stat.Beyond: Missed, stat.Undecided: Undecided}[t.Decision]
		worst = worse(worst, r.Verdict)
		out = append(out, r)
	}
	if len(slos) == 0 && requests == 0 {
		worst = Undecided
	}
	return out, worst
}

func worse(a, b Verdict) Verdict {
	rank := func(v Verdict) int { return slices.Index([]Verdict{Met, Undecided, Missed}, v) }
	if rank(b) > rank(a) {
		return b
	}
	return a
}

// counts are of token counts: requests whose counts are ours, and the server's tokens and the messages', of requests
// that ended well.
type counts struct{ estimated, server, streamed int }

func (c *counts) add(r *result.Request) {
	if r.Estimated {
		c.estimated++
	}
	if r.Outcome == result.OK {
		c.server += metric.OutputTokens(r)
		c.streamed += metric.StreamedTokens(r)
	}
}
