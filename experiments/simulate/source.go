package simulate

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/assaylab/assay/loadgen/arrival"
)

// List is a Source of requests that are all known, which are sorted by their time.
func List(requests []Request) Source {
	return &list{slices.SortedStableFunc(slices.Values(requests), func(a, b Request) int { return int(min(1, max(-1, a.At-b.At))) })}
}

type list struct{ left []Request }

func (l *list) Next(q *Request) bool {
	if len(l.left) == 0 {
		return false
	}
	*q, l.left = l.left[0], l.left[1:]
	return true
}

// Open draws requests of this traffic at a mean rate per second, until so many were drawn or until so long from the start on;
// 0 is no bound. Traffic that does not validate is a programming error.
//
// Lengths and gaps are drawn apart, so that at another rate the same requests come at the same times, but for the unit of
// time: rates are compared on one stream of requests.
func (t *Traffic) Open(rate float64, requests int, until time.Duration, seed uint64) Source {
	o := &open{t: t, rate: rate, left: requests, until: int64(until), gaps: rand.New(rand.NewPCG(seed, gapStream)), lengths: rand.New(rand.NewPCG(seed, lengthStream))}
	if requests == 0 {
		o.left = math.MaxInt
	}
	o.gap = o.gaps.ExpFloat64
	if t.CV > 0 && t.CV != 1 {
		shape := 1 / (t.CV * t.CV)
		o.gap = distuv.Gamma{Alpha: shape, Beta: shape, Src: rand.NewPCG(seed, gapStream)}.Rand
	}
	o.hours = slices.Clone(t.Shape)
	sum := 0.0
	for _, h := range o.hours {
		sum += h
	}
	for i := range o.hours {
		o.hours[i] *= float64(len(o.hours)) / sum
	}
	return o
}

const (
	gapStream    = 0x67617073000000
	lengthStream = 0x6c656e67746873
)

type open struct {
	t             *Traffic
	rate          float64
	left          int
	until         int64
	gaps, lengths *rand.Rand
	gap           func() float64 // of mean 1
	hours         []float64      // of mean 1
	at            float64        // seconds
}

func (o *open) Next(q *Request) bool {
	o.advance(o.gap() / o.rate)
	at := int64(o.at * 1e9)
	if o.left == 0 || o.until > 0 && at >= o.until {
		return false
	}
	o.left--
	*q = Request{At: at}
	o.t.draw(q, o.lengths)
	return true
}

// advance goes on by a gap at the mean rate, which is shorter in hours that have more: by time change, as of arrival.Shape.
func (o *open) advance(gap float64) {
	if len(o.hours) == 0 {
		o.at += gap
		return
	}
	for {
		hour := math.Floor(o.at / 3600)
		share := o.hours[int(hour)%len(o.hours)]
		rest := (hour+1)*3600 - o.at
		if share > 0 && gap < rest*share {
			o.at += gap / share
			return
		}
		gap -= rest * share
		o.at = (hour + 1) * 3600
	}
}

// draw sets lengths and group. Without a record, prompt, output and group take a number each from rng.
func (t *Traffic) draw(q *Request, rng *rand.Rand) {
	if n := len(t.Recorded); n > 0 {
		p := t.Recorded[rng.IntN(n)]
		q.Prompt, q.Output = p.Prompt, p.Output
	} else {
		q.Prompt, q.Output = t.Prompt.Sample(rng), t.Output.Sample(rng)
	}
	if t.Groups > 0 {
		q.Group, q.Shared = 1+rng.IntN(t.Groups), min(t.Shared, q.Prompt)
	}
}

// Times is the traffic at the times of a schedule.
func (t *Traffic) Times(s arrival.Schedule, seed uint64) Source {
	rng, requests := rand.New(rand.NewPCG(seed, lengthStream)), make([]Request, s.Requests())
	for i := range requests {
		requests[i].At = s.Offset(i)
		t.draw(&requests[i], rng)
	}
	return List(requests)
}

// Closed is so many requests of this traffic by a number of users who each wait for the answer, and think, before the next.
func (t *Traffic) Closed(users, requests int, think time.Duration, seed uint64) Feedback {
	c := &closed{t: t, left: requests, think: int64(think), lengths: rand.New(rand.NewPCG(seed, lengthStream))}
	c.due = make([]int64, min(users, requests))
	return c
}

type closed struct {
	t       *Traffic
	left    int
	think   int64
	due     []int64 // of users who are to ask, rising
	lengths *rand.Rand
}

func (c *closed) Next(q *Request) bool {
	if len(c.due) == 0 || c.left == 0 {
		return false
	}
	*q = Request{At: c.due[0]}
	c.due = c.due[1:]
	c.left--
	c.t.draw(q, c.lengths)
	return true
}

// Ended has the user ask again.
func (c *closed) Ended(at int64) {
	at += c.think
	i, _ := slices.BinarySearch(c.due, at+1)
	c.due = slices.Insert(c.due, i, at)
}
