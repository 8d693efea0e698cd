package group

import (
	"fmt"
	"math"
	"slices"
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

// NoOccupancy ends what is said of a trial whose server does not tell how much it had to do.
const NoOccupancy = "the server's occupancy is not recorded, so Little's law is not checked"

// checks looks at every request of a cell, and then says what is wrong with it.
type checks struct {
	cell    *Cell
	slos    []record.SLO
	tallies []tally // by trial
}

func newChecks(c *Cell, slos []record.SLO) *checks {
	k := &checks{cell: c, slos: slos, tallies: make([]tally, len(c.Trials))}
	for i, t := range c.Trials {
		k.tallies[i].lags = make([]float64, 0, t.Requests.Len())
	}
	return k
}

func (k *checks) see(trial int, r *result.Request) { k.tallies[trial].add(r) }

// say adds to the cell why it may not win, and what could not be checked.
func (k *checks) say() {
	c := k.cell
	var lags [][]float64
	for i, t := range c.Trials {
		tally := &k.tallies[i]
		lags = append(lags, tally.lags)
		say := func(reason string) {
			if reason != "" {
				c.Invalid = append(c.Invalid, c.label(t)+reason)
			}
		}
		for _, reason := range t.Invalid {
			say(reason)
		}
		say(tally.accounted(t))
		say(tally.achieved())
		say(tally.forced(c.Load))
		c.cached(t, tally.cache.Count(t), say)
		reason, checked := tally.little(t)
		say(reason)
		if !checked {
			c.Unchecked = append(c.Unchecked, c.label(t)+NoOccupancy)
		}
	}
	if reason := lag(lags, k.slos); reason != "" {
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

// tally is what the checks need of a trial's requests.
type tally struct {
	open           int     // without an end
	intended, sent stretch // stamps
	clients        float64 // nanoseconds in the system, of requests that reached it
	reached        int
	lags           []float64
	cache          CacheTally
	short, told    int // answers shorter than asked for, and all whose length the server told
}

func (k *tally) add(r *result.Request) {
	if r.End == result.Never {
		k.open++
	}
	k.intended.add(r.Intended)
	k.cache.Add(r)
	k.length(r)
	at := r.Dequeued // a refused connection was attempted, but nothing was written
	if r.Sent != result.Never {
		at = r.Sent - r.Held // that a turn waits for a reply is the server's doing
		k.lags = append(k.lags, float64(at-r.Intended))
	}
	if at != result.Never {
		k.sent.add(at)
	}
	if r.Outcome == result.Overloaded || r.Outcome == result.Refused || r.Sent == result.Never {
		return
	}
	end := r.End
	if r.Outcome == result.OK && r.Last != result.Never {
		end = r.Last
	}
	k.clients += float64(max(end-r.Sent, 0))
	k.reached++
}

// accounted checks issued = done + failed.
func (k *tally) accounted(t Trial) string {
	if t.Issued != t.Requests.Len() {
		return fmt.Sprintf("%d requests were issued but %d have a result", t.Issued, t.Requests.Len())
	}
	if k.open > 0 {
		return fmt.Sprintf("%d of %d requests have no end", k.open, t.Issued)
	}
	return ""
}

// achieved compares the rate of actual sends with that of the realised schedule, not
// with the nominal rate: 59 Poisson arrivals scatter by 13 % around that.
func (k *tally) achieved() string {
	want, got := k.intended.rate(), k.sent.rate()
	if math.IsNaN(got) {
		got = 0
	}
	if math.IsNaN(want) || math.Abs(got-want) <= RateTolerance*want {
		return ""
	}
	return fmt.Sprintf("requests were sent at %.3g/s where the schedule asked for %.3g/s", got, want)
}

// stretch is how many stamps there are, and from when to when.
type stretch struct {
	n           int
	first, last int64
}

func (s *stretch) add(at int64) {
	if s.n == 0 {
		s.first, s.last = at, at
	}
	s.n++
	s.first, s.last = min(s.first, at), max(s.last, at)
}

// rate is the number of gaps over the time they span, per second; NaN where there
// is no gap or no time.
func (s *stretch) rate() float64 {
	if s.n < 2 || s.last == s.first {
		return math.NaN()
	}
	return float64(s.n-1) / (float64(s.last-s.first) / 1e9)
}

// little compares the server's integral of requests in the system with the time that
// requests spent there as the clients saw it. From client stamps alone the law would
// be an identity. Replies that never reached the engine's queue are left out.
func (k *tally) little(t Trial) (reason string, checked bool) {
	if t.Engine.RunningNS == 0 || !t.Knows("running_ns") {
		return "", false
	}
	server := float64(t.Engine.RunningNS)
	allowed := LittleTolerance*k.clients + float64(k.reached)*float64(LittlePerRequest)
	if math.Abs(server-k.clients) <= allowed {
		return "", true
	}
	return fmt.Sprintf("Little's law is broken: the server counts %.3g request-seconds, the clients %.3g (tolerance %.2g)",
		server/1e9, k.clients/1e9, allowed/1e9), true
}

// lag checks that the load generator kept its schedule, over the merged samples.
func lag(lags [][]float64, slos []record.SLO) string {
	n := 0
	for _, l := range lags {
		n += len(l)
	}
	if n == 0 {
		return ""
	}
	limit := LagLimit(slos)
	p99 := stat.NewOrder(n, slices.Values(lags)).At(stat.Rank(n, 0.99))
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
