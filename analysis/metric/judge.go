package metric

import (
	"fmt"
	"slices"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/loadgen/result"
)

// Judgement of one request against one limit.
type Judgement int

// The three judgements. NoAnswer is for a request that has no such quantity.
const (
	NoAnswer Judgement = iota
	Pass
	Fail
)

// Judge says whether a request keeps the limit of an SLO. A failed request fails
// every limit. A request without a TPOT or without token gaps neither passes nor
// fails a limit on them.
//
// A limit on ITL has many values per request, while verdicts count requests, whose
// misses are nearer to independent: a request passes when the SLO's percentile of
// its own gaps is within the limit.
func Judge(s record.SLO, r *result.Request) Judgement {
	value, defined := Judged(s, r)
	switch {
	case !defined:
		return NoAnswer
	case value <= float64(s.LimitNS):
		return Pass
	}
	return Fail
}

// Judged is the value of a request that a limit is on, in nanoseconds, +Inf where the request failed; false where it has none.
func Judged(s record.SLO, r *result.Request) (float64, bool) {
	switch s.Metric {
	case "ttft":
		return TTFT(r)
	case "tpot":
		return TPOT(r)
	case "e2e":
		return E2E(r)
	case "itl":
		gaps := ITL(r)
		if len(gaps) == 0 {
			return 0, false
		}
		slices.Sort(gaps)
		return stat.NearestRank(gaps, s.Percentile), true
	}
	panic(fmt.Sprintf("metric: SLO on unknown metric %q passed validation", s.Metric))
}

// JudgeAll says whether a request meets all SLOs: Fail where it fails one, Pass
// where it passes at least one and fails none, NoAnswer where none of them applies.
// Without SLOs a request passes unless it failed.
func JudgeAll(slos []record.SLO, r *result.Request) Judgement {
	if Failed(r) {
		return Fail
	}
	if len(slos) == 0 {
		return Pass
	}
	answer := NoAnswer
	for _, s := range slos {
		switch Judge(s, r) {
		case Fail:
			return Fail
		case Pass:
			answer = Pass
		case NoAnswer:
		}
	}
	return answer
}

// Tally counts requests by how they were judged: those that fail, and all that fail or pass.
type Tally struct{ Misses, N int }

// Add counts a request.
func (t *Tally) Add(j Judgement) {
	switch j {
	case Fail:
		t.Misses++
		t.N++
	case Pass:
		t.N++
	case NoAnswer:
	}
}
