package wire

import (
	"io"
	"sync"
	"time"
)

// pushed is a chunked body, which can be pushed as well as read.
type pushed struct{ *body }

var _ Pusher = (*pushed)(nil)

// push is a body that is being pushed. While the poller has it, the connection is
// outside of the runtime's own epoll: every message would wake both.
type push struct {
	fd    int // of the connection; it is not closed before over is set
	stamp func() int64
	take  func([]byte, int64) error
	slot  int32
	done  chan struct{} // closed with over

	look   time.Time // nothing of what the poller reads had come then
	reads  int       // by the poller
	latest int64     // stamp of a read

	mu     sync.Mutex // of what follows, and held while take is called
	chunks chunks
	over   bool
	at     int64 // when it was over
	err    error // why, io.EOF for a whole body
	spare  bool  // nothing came after the body's end
}

// Push implements Pusher.
func (b *pushed) Push(stamp func() int64, take func([]byte, int64) error) (int64, error) {
	if b.conn == nil {
		return stamp(), io.ErrClosedPipe
	}
	s := &push{stamp: stamp, take: take, done: make(chan struct{}), look: b.conn.lease.look}
	s.begin(b.conn)
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
func (s *push) begin(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := c.reader.Buffered(); n > 0 {
		s.latest = s.stamp() - c.lease.Ago()
		there := make([]byte, n)
		_, _ = io.ReadFull(c.reader, there)
		s.feed(there, s.latest)
	}
	c.shed()
}

// follow lets the poller have the connection until the body is over, or its context is.
func (s *push) follow(b *pushed) {
	if !b.stop() { // the context is done, and the connection being interrupted
		s.stopWith(b.ctx.Err())
		return
	}
	b.stop = func() bool { return true } // from here on, the context is looked at below
	fd, err := b.conn.detach()
	if err != nil {
		s.stopWith(err)
		return
	}
	s.fd = fd
	if err := b.transport.poller.add(s); err != nil {
		s.stopWith(err)
	}
	select {
	case <-s.done:
	case <-b.ctx.Done():
		s.stopWith(b.ctx.Err())
	}
	b.transport.poller.remove(s)
	if !s.spare {
		closeFD(fd)
		return
	}
	s.spare = b.conn.attach(fd) == nil
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
