package analysis

import (
	"math"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/loadgen/result"
)

// withRule is one arm at one load with p90 limits, of which a number of requests fail.
func withRule(t *testing.T, rule string, requests, failures int) SLOResult {
	t.Helper()
	p := recordtest.Small()
	p.Requests, p.Rates, p.Arms = requests, p.Rates[:1], p.Arms[1:]
	for i := range p.SLOs {
		p.SLOs[i].Rule, p.SLOs[i].Percentile = rule, .9
	}
	p.Edit = func(_ *record.Trial, rs []result.Request) bool {
		for i := range failures {
			rs[7*i].Outcome, rs[7*i].First, rs[7*i].Last, rs[7*i].Events = result.Reset, result.Never, result.Never, nil
		}
		return true
	}
	return cellOf(t, study(t, p), "fast", "r20").SLOs[0]
}

// MLPerf's rule passes a p90 with 44 requests and no miss, with 64 and one, and says what is missing.
func TestRuleOfMLPerf(t *testing.T) {
	for _, c := range []struct {
		requests, failures int
		want               Verdict
		more               int
	}{{44, 0, Met, 0}, {43, 0, Undecided, 1}, {64, 1, Met, 0}, {60, 1, Undecided, 4}, {60, 8, Undecided, 0}} {
		r := withRule(t, record.RuleMLPerf, c.requests, c.failures)
		if r.Verdict != c.want || r.Level != .99 || c.more > 0 && r.NeedMore != c.more || c.want == Undecided && r.NeedMore == 0 {
			t.Errorf("%d requests, %d failures: %+v", c.requests, c.failures, r)
		}
	}
	if r := withRule(t, "", 29, 0); r.Verdict != Met || r.Level != .95 {
		t.Errorf("by bounds: %+v", r)
	}
}

// By either rule a limit has the bound of the percentile: a number, one that failures reach, or what is missing.
func TestEarlyBound(t *testing.T) {
	r := withRule(t, "", 100, 0)
	if e := r.Early; !e.Bound.Known() || e.NeedMore != 0 || e.Discard != 2 || e.Bound.Level != .99 {
		t.Errorf("100 requests: %+v", e)
	}
	if e := withRule(t, "", 64, 2).Early; e.Bound.Note != BeyondOK || !math.IsInf(e.Bound.Estimate, 1) || !(e.Bound.Beyond > 0) {
		t.Errorf("failures at the bound: %+v", e)
	}
	if e := withRule(t, "", 60, 0).Early; e.Bound.Note != Insufficient || e.NeedMore != 4 {
		t.Errorf("60 requests: %+v", e)
	}
}
