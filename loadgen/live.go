package loadgen

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/stream"
)

// recent is how many of the latest values the moving figures of a Progress cover.
const recent = 512

// Live are counters of an attack under way. The zero value is ready; one Live
// serves one attack at a time, and any number of readers.
type Live struct {
	// Ended hears of every request as it is handed over, from one goroutine; it may be nil.
	Ended func(*result.Request)

	mu       sync.Mutex
	now      func() int64
	progress Progress
	outcomes map[string]int // of failures
	issued   ring           // stamps of issue
	ttft     ring           // from the intended time
	itl      ring           // gaps, by token
	tokens   seconds
	classes  classes
}

// Progress is a snapshot.
type Progress struct {
	Planned, Issued, Done, Failed, InFlight int // Done includes Failed

	Elapsed  time.Duration  // since the schedule's zero; 0 before the first request
	Rate     float64        // requests issued per second, over the latest
	Tokens   float64        // generated tokens per second, over some full seconds before this one
	TTFT     Percentiles    // from the intended time, over the latest first tokens
	ITL      Percentiles    // gap by token, over the latest messages; where the server counts nothing, by message
	Outcomes map[string]int // failures by outcome; nil for none

	Classes []ClassProgress // of the requests, by name; nil where they have none
}

// Percentiles are by nearest rank. Those for which there are too few values are 0.
type Percentiles struct{ P50, P95, P99 time.Duration }

// Progress returns the counters as they are now.
func (l *Live) Progress() Progress {
	p, classes := l.snapshot()
	p.Classes = classProgress(classes) // sorts, and whoever counts is not to wait for that
	return p
}

func (l *Live) snapshot() (Progress, []classLive) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p, classes := l.progress, slices.Clone(l.classes.all)
	p.InFlight = p.Issued - p.Done
	if p.Issued == 0 {
		return p, classes
	}
	now := l.now()
	p.Elapsed = time.Duration(now)
	stamps := l.issued.sorted()
	if span := now - stamps[0]; span > 0 {
		p.Rate = float64(len(stamps)-1) / (float64(span) / 1e9)
	}
	p.Tokens = l.tokens.rate(now)
	p.TTFT, p.ITL = l.ttft.percentiles(), l.itl.percentiles()
	if len(l.outcomes) > 0 {
		p.Outcomes = maps.Clone(l.outcomes)
	}
	return p, classes
}

func (l *Live) begin(calls []stream.Call, now func() int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = now
	l.progress = Progress{Planned: len(calls)}
	l.classes = classesOf(calls)
	l.issued, l.ttft, l.itl, l.tokens, l.outcomes = ring{}, ring{}, ring{}, seconds{}, map[string]int{}
}

func (l *Live) issue(seq uint64, at int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.progress.Issued++
	l.issued.add(at)
	if c := l.classes.of(seq); c != nil {
		c.Issued++
	}
}

func (l *Live) end(r result.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.progress.Done++
	if r.Outcome != result.OK {
		l.progress.Failed++
		l.outcomes[r.Outcome]++
	}
	if c := l.classes.of(r.Seq); c != nil {
		c.ended(r.Outcome)
	}
}

// heard tells who listens of a request that is handed over.
func (l *Live) heard(r *result.Request) {
	if l != nil && l.Ended != nil {
		l.Ended(r)
	}
}

// streamed takes up a message; see stream.Transport.
func (l *Live) streamed(seq uint64, m stream.Streamed) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tokens.add(m.At, m.Tokens)
	note(&l.ttft, &l.itl, m)
	if c := l.classes.of(seq); c != nil {
		note(&c.ttft, &c.itl, m)
	}
}

func note(ttft, itl *ring, m stream.Streamed) {
	if m.First {
		ttft.add(m.Wait)
	} else {
		itl.add(m.Wait / int64(m.Tokens))
	}
}

// ring keeps the latest values.
type ring struct {
	values [recent]int64
	n      int // ever added
}

func (r *ring) add(v int64) {
	r.values[r.n%recent] = v
	r.n++
}

func (r *ring) sorted() []int64 {
	out := slices.Clone(r.values[:min(r.n, recent)])
	slices.Sort(out)
	return out
}

// percentiles are those that the values can tell: p95 of 20 at least, p99 of 100.
func (r *ring) percentiles() (p Percentiles) {
	sorted := r.sorted()
	for _, q := range []struct {
		into  *time.Duration
		p     float64
		least int
	}{{&p.P50, 0.50, 1}, {&p.P95, 0.95, 20}, {&p.P99, 0.99, 100}} {
		if len(sorted) >= q.least {
			*q.into = time.Duration(nearestRank(sorted, q.p))
		}
	}
	return p
}

// seconds are counts by second.
type seconds struct {
	second [8]int64
	count  [8]int
}

// windowSeconds is over how many full seconds the rate is taken.
const windowSeconds = 5

func (s *seconds) add(at int64, n int) {
	now := at / int64(time.Second)
	i := now % int64(len(s.second))
	if s.second[i] != now {
		s.second[i], s.count[i] = now, 0
	}
	s.count[i] += n
}

// rate is counts per second in the full seconds before now, or so far in the first.
func (s *seconds) rate(at int64) float64 {
	now := at / int64(time.Second)
	full := min(now, windowSeconds)
	if full == 0 {
		return float64(s.count[0]) / (float64(max(at, 1)) / 1e9)
	}
	sum := 0
	for i, second := range s.second {
		if second >= now-full && second < now {
			sum += s.count[i]
		}
	}
	return float64(sum) / float64(full)
}
