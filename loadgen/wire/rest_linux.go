package wire

import (
	"context"
	"runtime"
	"time"

	"github.com/assaylab/assay/loadgen/arrival"
)

// How the poller rests. An event that it is woken up for costs the change to its thread and back, and four system calls beside
// the read. Where the kernel notes when things came, it may as well wait a little and read what has gathered: the stamps are the
// same. What waits is that the end of an answer is noticed, and what a stream sends twice in that time has one stamp, so that it
// rests only where much comes, and not where streams are as fast as that themselves.
const (
	cycle  = time.Millisecond      // from one look to the next while it rests
	breath = 50 * time.Microsecond // the least of that is rest: the runtime looks at connections when it has nothing else to do
	often  = 5_000                 // reads a second from which on it rests
	quick  = 4 * cycle             // a stream is fast whose reads are closer than this
	spell  = 10 * time.Millisecond // over which reads are counted
	fewest = 0.05                  // share of reads of fast streams, from which on it does not rest
)

// tempo is how much comes, and when it was looked for.
type tempo struct {
	since       time.Time // when counting began
	reads, fast int       // since then; of these, soon after one of the same stream
	unstamped   int       // of these, without the kernel's stamp
	gather      bool      // it may rest

	began time.Time // of the latest look
	all   bool      // which found everything that was there
	empty time.Time // of the latest look before it that did: what came, came later
}

func (t *tempo) look() {
	if t.all {
		t.empty = t.began
	}
	t.began = time.Now()
}

// judge decides anew, once in a while, whether to rest.
func (t *tempo) judge(now time.Time) {
	d := now.Sub(t.since)
	if d < spell {
		return
	}
	t.gather = float64(t.reads) >= often*d.Seconds() && float64(t.fast) < fewest*float64(t.reads) && t.unstamped == 0
	t.since, t.reads, t.fast, t.unstamped = now, 0, 0, 0
}

// rest lets others have their turn, for a while where it may.
func (t *tempo) rest() {
	t.judge(t.began)
	if t.gather {
		due, soonest := t.began.Add(cycle), time.Now().Add(breath)
		if due.Before(soonest) {
			due = soonest
		}
		arrival.SleepUntil(context.Background(), due)
		return
	}
	runtime.Gosched()
}
