package group

import (
	"fmt"
	"math"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/loadgen/result"
)

// Tolerances of the checks.
const (
	// RateTolerance is how far the rate of actual sends may be from that of the
	// realised schedule. Over the second or two of a short trial a lateness of the
	// last send by some 5 % of the window is what the lag check already catches.
	RateTolerance = 0.05
	// LagFloor is the schedule lag that is always acceptable at its p99.
	LagFloor = time.Millisecond
	// LagShare of the TTFT limit is acceptable too, where that is more.
	LagShare = 0.02
	// LittleTolerance is how far the server's occupancy may be from the sum of the
	// clients' residence times, relative to the latter.
	LittleTolerance = 0.10
	// LittlePerRequest is the time a request may spend outside the engine's own
	// queue and steps: parsing, tokenizing, two trips over loopback.
	LittlePerRequest = 2 * time.Millisecond
)

func (c *Cell) check(slos []record.SLO) {
	for _, t := range c.Trials {
		say := func(reason string) {
			if reason != "" {
				c.Invalid = append(c.Invalid, c.label(t)+reason)
			}
		}
		for _, reason := range t.Invalid {
			say(reason)
		}
		say(accounted(t))
		say(achieved(t))
		say(forced(c.Load, t))
		c.cached(t, say)
		reason, checked := little(t)
		say(reason)
		if !checked {
			c.Unchecked = append(c.Unchecked, c.label(t)+"the server's occupancy is not recorded, so Little's law is not checked")
		}
	}
	if reason := c.lag(slos); reason != "" {
		c.Invalid = append(c.Invalid, reason)
	}
}

// label names the repetition where there is more than one.
func (c *Cell) label(t Trial) string {
	if len(c.Trials)+len(c.Failed) < 2 {
		return ""
	}
	return fmt.Sprintf("repetition %d: ", t.Key.Repetition)
}

// accounted checks issued = done + failed.
func accounted(t Trial) string {
	if t.Issued != len(t.Requests) {
		return fmt.Sprintf("%d requests were issued but %d have a result", t.Issued, len(t.Requests))
	}
	open := 0
	for _, r := range t.Requests {
		if r.End == result.Never {
			open++
		}
	}
	if open > 0 {
		return fmt.Sprintf("%d of %d requests have no end", open, t.Issued)
	}
	return ""
}

// achieved compares the rate of actual sends with that of the realised schedule, not
// with the nominal rate: 59 Poisson arrivals scatter by 13 % around that.
func achieved(t Trial) string {
	var intended, sent []int64
	for _, r := range t.Requests {
		intended = append(intended, r.Intended)
		at := r.Dequeued // a refused connection was attempted, but nothing was written
		if r.Sent != result.Never {
			at = r.Sent - r.Held // that a turn waits for a reply is the server's doing
		}
		if at != result.Never {
			sent = append(sent, at)
		}
	}
	want, got := rate(intended), rate(sent)
	if math.IsNaN(got) {
		got = 0
	}
	if math.IsNaN(want) || math.Abs(got-want) <= RateTolerance*want {
		return ""
	}
	return fmt.Sprintf("requests were sent at %.3g/s where the schedule asked for %.3g/s", got, want)
}

// rate is the number of gaps over the time they span, per second; NaN where there
// is no gap or no time.
func rate(stamps []int64) float64 {
	if len(stamps) < 2 {
		return math.NaN()
	}
	first, last := stamps[0], stamps[0]
	for _, s := range stamps {
		first, last = min(first, s), max(last, s)
	}
	if last == first {
		return math.NaN()
	}
	return float64(len(stamps)-1) / (float64(last-first) / 1e9)
}

// little compares the server's integral of requests in the system with the time that
// requests spent there as the clients saw it. From client stamps alone the law would
// be an identity. Replies that never reached the engine's queue are left out.
func little(t Trial) (reason string, checked bool) {
	if t.Engine.RunningNS == 0 {
		return "", false
	}
	clients, n := 0.0, 0
	for _, r := range t.Requests {
		if r.Outcome == result.Overloaded || r.Outcome == result.Refused || r.Sent == result.Never {
			continue
		}
		end := r.End
		if r.Outcome == result.OK && r.Last != result.Never {
			end = r.Last
		}
		clients += float64(max(end-r.Sent, 0))
		n++
	}
	server := float64(t.Engine.RunningNS)
	allowed := LittleTolerance*clients + float64(n)*float64(LittlePerRequest)
	if math.Abs(server-clients) <= allowed {
		return "", true
	}
	return fmt.Sprintf("Little's law is broken: the server counts %.3g request-seconds, the clients %.3g (tolerance %.2g)",
		server/1e9, clients/1e9, allowed/1e9), true
}

// lag checks that the load generator kept its schedule, over the merged samples.
func (c *Cell) lag(slos []record.SLO) string {
	var lags []float64
	for r := range c.All() {
		if r.Sent != result.Never {
			lags = append(lags, float64(r.Sent-r.Intended-r.Held))
		}
	}
	if len(lags) == 0 {
		return ""
	}
	limit := LagLimit(slos)
	p99 := stat.NearestRank(stat.Sorted(lags), 0.99)
	if p99 <= limit {
		return ""
	}
	return fmt.Sprintf("the load generator was late: its p99 schedule lag is %.3g ms, at most %.3g ms is acceptable", p99/1e6, limit/1e6)
}

// LagLimit is the lateness that is acceptable at its p99, in nanoseconds.
func LagLimit(slos []record.SLO) float64 {
	limit := float64(LagFloor)
	for _, s := range slos {
		if s.Metric == "ttft" {
			limit = max(limit, LagShare*float64(s.LimitNS))
		}
	}
	return limit
}
