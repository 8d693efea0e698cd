package wire

import (
	"io"
	"sync"
)

// pushed is a chunked body, which can be pushed as well as read.
type pushed struct{ *body }

var _ Pusher = (*pushed)(nil)

// push is a body that is being pushed.
type push struct {
	conn  *conn
	stamp func() int64
	take  func([]byte, int64) error
	slot  int32
	done  chan struct{} // closed with over

	mu     sync.Mutex // of what follows, and held while take is called
	chunks chunks
	over   bool
	at     int64 // when it was over
	err    error // why, io.EOF for a whole body
	spare  bool  // nothing came after the body's end
}

// Push implements Pusher.
func (b *pushed) Push(stamp func() int64, take func([]byte, int64) error) (int64, error) {
	s := &push{conn: b.conn, stamp: stamp, take: take, done: make(chan struct{})}
	if b.conn == nil {
		return stamp(), io.ErrClosedPipe
	}
	s.begin()
	if !s.over {
		s.follow(b)
	}
	if b.ctx.Err() != nil && s.err != io.EOF {
		s.err = b.ctx.Err()
	}
	b.release(s.spare)
	return s.at, s.err
}

// begin takes up what came along with the header.
func (s *push) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.conn.reader.Buffered(); n > 0 {
		at := s.stamp()
		there := make([]byte, n)
		_, _ = io.ReadFull(s.conn.reader, there)
		s.feed(there, at)
	}
	s.conn.shed()
}

// follow lets the poller have the connection until the body is over, or its context is.
func (s *push) follow(b *pushed) {
	poller := b.transport.poller
	if err := poller.add(s); err != nil {
		s.stopWith(err)
	}
	select {
	case <-s.done:
	case <-b.ctx.Done():
		s.stopWith(b.ctx.Err())
	}
	if poller.remove(s) != nil {
		s.spare = false
	}
}

// stopWith ends it from outside of the poller.
func (s *push) stopWith(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end(s.stamp(), err)
}

// feed takes up one read.
func (s *push) feed(p []byte, at int64) {
	data, used, err := s.chunks.decode(p)
	if len(data) > 0 {
		if bad := s.take(data, at); bad != nil {
			s.end(at, bad)
			return
		}
	}
	switch {
	case err != nil:
		s.end(at, err)
	case s.chunks.phase == atEnd:
		s.spare = used == len(p)
		s.end(at, io.EOF)
	}
}

func (s *push) end(at int64, err error) {
	if s.over {
		return
	}
	s.over, s.at, s.err = true, at, err
	close(s.done)
}
