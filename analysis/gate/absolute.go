package gate

import (
	"fmt"
	"math"

	"github.com/assaylab/assay/analysis/compare"
	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/loadgen/result"
)

// absolute judges a limit on one cell.
func absolute(b Budget, c *group.Cell) Check {
	switch b.Metric.Name {
	case compare.Throughput:
		return judgeThroughput(b, c)
	case compare.Failures:
		return judgeFailures(b, c)
	}
	return judgeLatency(b, c)
}

// judgeLatency judges by how many requests are beyond the limit, as limits of a scenario are judged: exactly, whatever the
// distribution.
func judgeLatency(b Budget, c *group.Cell) Check {
	slo := record.SLO{Metric: b.Metric.Name, Percentile: b.Metric.Percentile, LimitNS: int64(b.Limit)}
	values := group.NewValues(c.Trials, compare.Appender(b.Metric.Name))
	var tally metric.Tally
	c.Walk(func(trial int, r *result.Request) {
		values.Add(trial, r)
		tally.Add(metric.Judge(slo, r))
	})
	t := stat.JudgeShare(tally.Misses, tally.N, 1-slo.Percentile)
	check := judged(t, fmt.Sprintf("%d of %d requests are beyond it", tally.Misses, tally.N))
	defer values.Release()
	all := values.Order()
	check.Estimate, check.Low, check.High = math.NaN(), math.NaN(), math.NaN()
	if all.Len() >= stat.Floor(slo.Percentile, stat.Confidence) {
		all.Fetch(stat.QuantileRanks(all.Len(), slo.Percentile, tally.N)...)
		q := stat.NewQuantileOf(all, slo.Percentile, tally.N)
		check.Estimate, check.Low, check.High = q.Value, max(q.Shown.Low, 0), q.Shown.High
	}
	return check
}

// judged makes a check of a test of a share.
func judged(t stat.ShareTest, counted string) Check {
	switch t.Decision {
	case stat.Within:
		return Check{Verdict: Pass, Reason: fmt.Sprintf("%s, at most %.3g %% of all with 95 %% confidence", counted, 100*t.High)}
	case stat.Beyond:
		return Check{Verdict: Fail, Reason: fmt.Sprintf("%s, at least %.3g %% of all with 95 %% confidence", counted, 100*t.Low)}
	}
	return Check{Verdict: Undecided, NeedMore: t.NeedMore, Of: "requests",
		Reason: fmt.Sprintf("%s: between %.3g and %.3g %% of all", counted, 100*t.Low, 100*t.High)}
}

// judgeFailures judges a share exactly.
func judgeFailures(b Budget, c *group.Cell) Check {
	misses, n := 0, 0
	for r := range c.All() {
		n++
		if metric.Failed(r) {
			misses++
		}
	}
	if b.Limit == 0 { // no share is proven to be none: what was seen decides
		check := Check{Verdict: Pass, Reason: fmt.Sprintf("%d of %d requests failed", misses, n)}
		if misses > 0 {
			check.Verdict = Fail
		}
		return withShare(check, misses, n)
	}
	return withShare(judged(stat.JudgeShare(misses, n, b.Limit), fmt.Sprintf("%d of %d requests failed", misses, n)), misses, n)
}

func withShare(c Check, misses, n int) Check {
	i := stat.ShareInterval(misses, n, stat.Confidence)
	c.Estimate, c.Low, c.High = float64(misses)/float64(max(n, 1)), i.Low, i.High
	return c
}

// judgeThroughput judges by its interval.
func judgeThroughput(b Budget, c *group.Cell) Check {
	runs := c.PerSecond(func(t *group.Trial, r *result.Request) float64 { return float64(t.Tokens(r)) })
	e := stat.Ratio(runs)
	check := Check{Estimate: e.Value, Low: e.Interval.Low, High: e.Interval.High, Verdict: Undecided, Of: "repetitions", Reason: "the interval holds the limit"}
	switch {
	case e.Interval.Low >= b.Limit:
		check.Verdict, check.Reason = Pass, "the interval is at or above the limit"
	case e.Interval.High < b.Limit:
		check.Verdict, check.Reason = Fail, "the interval is below the limit"
	default:
		check.NeedMore = moreRuns(len(runs), math.Abs(math.Log(e.Interval.High/e.Interval.Low))/2, math.Abs(math.Log(e.Value/b.Limit)))
	}
	return check
}

// mostMore is more repetitions than anybody runs: then there is no number.
const mostMore = 10_000

// moreRuns is how many further repetitions bring an interval's half width, which falls with the root of their number, down
// to the distance from the threshold.
func moreRuns(n int, half, distance float64) int {
	if n == 0 || !(distance > 0) || math.IsInf(half, 0) || math.IsNaN(half) {
		return 0
	}
	need := math.Ceil(float64(n) * (half / distance) * (half / distance))
	if need-float64(n) > mostMore {
		return 0
	}
	return max(1, int(need)-n)
}
