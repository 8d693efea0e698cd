package analysis

import (
	"math"

	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/loadgen/result"
)

// answered is what one run of a cell leaves for comparing it with another, request by request.
type answered struct {
	repetition int
	window     float64 // seconds
	order      []uint64
	requests   []answer // of the numbers in order
}

// answer is one request of it.
type answer struct {
	tpot   float64 // nanoseconds, +Inf where it failed, 0 where it is not defined
	tokens float64 // output tokens in the window
}

func newAnswered(c *group.Cell) []answered {
	out := make([]answered, len(c.Trials))
	for i, t := range c.Trials {
		out[i] = answered{repetition: t.Key.Repetition, window: float64(t.Measured()) / 1e9}
	}
	return out
}

func (a *answered) add(r *result.Request, tokens int) {
	tpot, _ := metric.TPOT(r)
	a.order = append(a.order, r.Seq)
	a.requests = append(a.requests, answer{tpot: tpot, tokens: float64(tokens)})
}

// bySeq says where the requests are.
func (a *answered) bySeq() map[uint64]int {
	places := make(map[uint64]int, len(a.order))
	for i, seq := range a.order {
		places[seq] = i
	}
	return places
}

// delivered compares what came out in the window with what the requests issued in it came to.
type delivered struct{ tokens, asked int }

func (d *delivered) add(window int64, r *result.Request, tokens int) {
	d.tokens += tokens
	if metric.IssuedInWindow(r, window) {
		d.asked += max(metric.OutputTokens(r), r.AskedOutput)
	}
}

// behindShare is how much of what was asked a system delivers that keeps up: answers that are under way when the
// window ends are the rest.
const behindShare = 0.8

func (d delivered) behind() bool { return float64(d.tokens) < behindShare*float64(d.asked) }

// What a comparison needs for a number.
const (
	fewestPairs = 20  // requests
	pairedShare = 0.9 // of those that either issued
)

// comparePairs sets the speed-up and the throughput of an arm over a baseline. The same repetition asks both the same
// requests at the same times, so that the ratio is one of sums over pairs, and its interval that of pairs: how much
// requests differ from each other cancels out.
func (a *analysis) comparePairs(c *DraftCell, base, arm *measured) {
	var speed, rate []stat.Series
	issued := 0
	for _, b := range base.answered {
		for _, d := range arm.answered {
			if b.repetition != d.repetition {
				continue
			}
			tpot, tokens := pairs(&b, &d)
			speed, rate = append(speed, tpot), append(rate, tokens)
			c.Pairs += len(tpot.Num)
			issued += max(len(b.order), len(d.order))
		}
	}
	c.Speedup, c.Throughput = Value{Unit: "times", N: c.Pairs, Note: NotMeasured}, Value{Unit: "times", N: issued, Note: NotMeasured}
	switch {
	case issued == 0:
		return
	case c.Pairs < fewestPairs:
		c.Speedup.Note = Insufficient
	case float64(c.Pairs) < pairedShare*float64(issued):
		c.Speedup.Note = "too many requests have no pair"
	default:
		c.Speedup = ratioValue(stat.Ratio(speed), c.Pairs, "times")
	}
	if issued >= fewestPairs {
		c.Throughput = ratioValue(stat.Ratio(rate), issued, "times")
	}
}

// pairs are the terms of the ratios of one repetition: TPOT of the baseline by that of the arm, over requests that both
// answered, and tokens per second of the arm by those of the baseline, over all that both were asked.
func pairs(base, arm *answered) (tpot, tokens stat.Series) {
	places := arm.bySeq()
	for i, seq := range base.order {
		at, both := places[seq]
		if !both {
			continue
		}
		b, d := base.requests[i], arm.requests[at]
		if defined(b.tpot) && defined(d.tpot) {
			tpot.Num, tpot.Den = append(tpot.Num, b.tpot), append(tpot.Den, d.tpot)
		}
		if base.window > 0 && arm.window > 0 {
			tokens.Num, tokens.Den = append(tokens.Num, d.tokens/arm.window), append(tokens.Den, b.tokens/base.window)
		}
	}
	return tpot, tokens
}

func defined(tpot float64) bool { return tpot > 0 && !math.IsInf(tpot, 1) }
