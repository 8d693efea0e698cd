package scripted

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/assaylab/assay/loadgen/arrival"
)

// beatStream is one answer of a Beat under way. But for gone, the queue owns it until
// done is closed; at is also read under mu.
type beatStream struct {
	seq          uint64
	arrived, gap int64
	frames       [][]byte // the messages
	next         int      // of frames
	conn         sender
	left         []byte // of earlier messages, where the socket did not take all
	gone         atomic.Bool
	err          error
	done         chan struct{}

	mu sync.Mutex
	at []int64
}

// due is when message i is due. The first is a gap after the request.
func (s *beatStream) due(i int) int64 { return s.arrived + int64(i+1)*s.gap }

func (s *beatStream) beats() Beats {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := Beats{Seq: s.seq, Arrived: s.arrived, At: append([]int64{}, s.at...), Late: make([]int64, len(s.at))}
	for i, at := range s.at {
		b.Late[i] = at - s.due(i)
	}
	return b
}

// beat writes the message that is due, after what the socket did not take before, and
// says whether that was all.
func (s *beatStream) beat(now int64) (over bool) {
	if s.gone.Load() {
		s.err = errGone
		return true
	}
	out := s.left
	if s.next < len(s.frames) {
		frame := s.frames[s.next]
		if s.next++; len(out) == 0 {
			out = frame
		} else {
			out = append(out, frame...)
		}
		s.mu.Lock()
		s.at = append(s.at, now)
		s.mu.Unlock()
	}
	n, err := s.conn.send(out)
	if err != nil {
		s.err = err
		return true
	}
	s.left = append([]byte(nil), out[n:]...)
	return s.next == len(s.frames) && len(s.left) == 0
}

// finish lets go of the connection.
func (s *beatStream) finish() {
	s.conn.close()
	close(s.done)
}

// beatQueue has the streams in the order in which they are due. As all have the same
// gap, one that has been served goes to the end.
type beatQueue struct {
	clock  machineClock
	ctx    context.Context
	cancel context.CancelFunc
	added  chan *beatStream // without room: what is in it when the queue is stopped nobody would let go of

	ring []*beatStream // from head on, and around
	head int
	size int
	woke int64 // when it last did
}

func newBeatQueue(clock machineClock) *beatQueue {
	q := &beatQueue{clock: clock, added: make(chan *beatStream)}
	q.ctx, q.cancel = context.WithCancel(context.Background())
	return q
}

func (q *beatQueue) add(s *beatStream) {
	select {
	case q.added <- s:
	case <-q.ctx.Done():
		s.err = errGone
		s.finish()
	}
}

// run serves until the queue is stopped.
func (q *beatQueue) run() {
	for q.take() {
		if due, over := q.serve(); over {
			q.sleep(due)
		}
	}
	for ; q.size > 0; q.pop() {
		q.ring[q.head].err = errGone
		q.ring[q.head].finish()
	}
}

// most is how many messages are written before new streams are looked for.
const most = 64

// serve writes messages that are due. Over says that there are no more of them, and due when the next one is.
func (q *beatQueue) serve() (due int64, over bool) {
	for range most {
		if q.size == 0 {
			break
		}
		s := q.ring[q.head]
		now := q.clock.now()
		if due := s.due(s.next); due > now {
			return due, true
		}
		q.pop()
		if s.beat(now) {
			s.finish()
		} else {
			q.push(s)
		}
	}
	return 0, false
}

// tick is the least time from one waking up to the next: to sleep costs about as much as to write.
const tick = 250 * time.Microsecond

// sleep is until something is due, or a tick after it last was.
func (q *beatQueue) sleep(due int64) {
	arrival.SleepUntil(q.ctx, q.clock.time(max(due, q.woke+int64(tick))))
	q.woke = q.clock.now()
}

// take moves what was added to the ring, waits where that is empty, and reports false
// when the queue is stopped.
func (q *beatQueue) take() bool {
	for q.ctx.Err() == nil {
		select {
		case s := <-q.added:
			q.push(s)
			continue
		default:
		}
		if q.size > 0 {
			return true
		}
		select {
		case s := <-q.added:
			q.push(s)
		case <-q.ctx.Done():
		}
	}
	return false
}

func (q *beatQueue) push(s *beatStream) {
	if q.size == len(q.ring) {
		larger := make([]*beatStream, max(64, 2*q.size))
		n := copy(larger, q.ring[q.head:])
		copy(larger[n:], q.ring[:q.head])
		q.ring, q.head = larger, 0
	}
	q.ring[(q.head+q.size)%len(q.ring)] = s
	q.size++
}

func (q *beatQueue) pop() {
	q.ring[q.head] = nil
	q.head = (q.head + 1) % len(q.ring)
	q.size--
}
