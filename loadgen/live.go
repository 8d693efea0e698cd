package loadgen

import (
	"slices"
	"sync"
	"time"

	"github.com/assaylab/assay/loadgen/result"
)

// recent is how many of the latest requests the moving figures of a Progress cover.
const recent = 100

// Live are counters of an attack under way. The zero value is ready; one Live
// serves one attack at a time, and any number of readers.
type Live struct {
	mu       sync.Mutex
	now      func() int64
	progress Progress
	issued   ring // stamps of issue
	ttft     ring // from the intended time
}

// Progress is a snapshot.
type Progress struct {
	Planned, Issued, Done, Failed, InFlight int // Done includes Failed

	Elapsed time.Duration // since the schedule's zero; 0 before the first request
	Rate    float64       // requests issued per second, over the latest
	TTFTP50 time.Duration // from the intended time, over the latest requests that had a token
	TTFTP95 time.Duration
}

// Progress returns the counters as they are now.
func (l *Live) Progress() Progress {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.progress
	p.InFlight = p.Issued - p.Done
	if p.Issued == 0 {
		return p
	}
	now := l.now()
	p.Elapsed = time.Duration(now)
	stamps := l.issued.sorted()
	if span := now - stamps[0]; span > 0 {
		p.Rate = float64(len(stamps)-1) / (float64(span) / 1e9)
	}
	if ttft := l.ttft.sorted(); len(ttft) > 0 {
		p.TTFTP50 = time.Duration(nearestRank(ttft, 0.50))
		p.TTFTP95 = time.Duration(nearestRank(ttft, 0.95))
	}
	return p
}

func (l *Live) begin(planned int, now func() int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = now
	l.progress = Progress{Planned: planned}
	l.issued, l.ttft = ring{}, ring{}
}

func (l *Live) issue(_ uint64, at int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.progress.Issued++
	l.issued.add(at)
}

func (l *Live) end(r result.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.progress.Done++
	if r.Outcome != result.OK {
		l.progress.Failed++
	}
	if r.First != result.Never {
		l.ttft.add(r.First - r.Intended)
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
