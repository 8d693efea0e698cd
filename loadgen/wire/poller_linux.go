package wire

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// poller reads all connections that are pushed, from one goroutine. Its epoll lies in another, bell, which lies in the runtime's
// own, so that no thread blocks in ours. While the poller rests the bell is off: else the runtime would wake up at everything that
// comes, only to find that nobody waits for it.
type poller struct {
	epoll int      // closed by run
	bell  *os.File // another epoll, which has only this one
	raw   syscall.RawConn

	mu    sync.Mutex
	slots []*push // by the number in epoll's events
	free  []int32

	tempo tempo // of run alone
	deaf  bool  // the bell is off
}

// batch is how many connections are read before other goroutines have their turn.
const batch = 16

// readSize is how much is read from a connection at once.
const readSize = 64 << 10

// newPoller returns nil where there is no epoll.
func newPoller() *poller {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil
	}
	p := &poller{epoll: epoll}
	if p.hang() != nil {
		_ = unix.Close(epoll)
		return nil
	}
	go p.run()
	return p
}

// hang makes the bell.
func (p *poller) hang() error {
	bell, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return err
	}
	if err = unix.SetNonblock(bell, true); err == nil {
		err = unix.EpollCtl(bell, unix.EPOLL_CTL_ADD, p.epoll, &unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET})
	}
	if err != nil {
		_ = unix.Close(bell)
		return err
	}
	p.bell = os.NewFile(uintptr(bell), "epoll")
	if p.raw, err = p.bell.SyscallConn(); err != nil {
		p.close()
	}
	return err
}

func (p *poller) close() { _ = p.bell.Close() }

// run reads what is ready until the poller is closed.
func (p *poller) run() {
	defer func() { _ = unix.Close(p.epoll) }()
	defer p.close() // first, so that control uses no descriptor that may be another's by then, whatever ended this
	events := make([]unix.EpollEvent, batch)
	from := newReceiver()
	for {
		n, err := p.wait(events)
		if err != nil {
			return
		}
		for _, e := range events[:n] {
			if s := p.slot(e.Fd); s != nil {
				s.ready(from, &p.tempo, e.Events&^unix.EPOLLIN != 0)
			}
		}
		if p.tempo.all {
			p.tempo.rest()
		} else {
			runtime.Gosched()
		}
	}
}

// wait waits for events, and while the poller rests returns at once.
func (p *poller) wait(events []unix.EpollEvent) (n int, err error) {
	if err := p.hear(!p.tempo.gather); err != nil {
		return 0, err
	}
	look := func(uintptr) bool {
		n, err = p.look(events)
		return n != 0 || p.deaf
	}
	var closed error
	if p.deaf {
		closed = p.raw.Control(func(uintptr) { look(0) })
	} else {
		closed = p.raw.Read(look)
	}
	return max(n, 0), errors.Join(closed, err)
}

func (p *poller) look(events []unix.EpollEvent) (n int, err error) {
	p.tempo.look()
	for n, err = unix.EpollWait(p.epoll, events, 0); err == unix.EINTR; {
		n, err = unix.EpollWait(p.epoll, events, 0)
	}
	p.tempo.all = n < len(events)
	return n, err
}

// hear has the bell on or off.
func (p *poller) hear(on bool) error {
	if on != p.deaf {
		return nil
	}
	p.deaf = !on
	event := unix.EpollEvent{}
	if on {
		event.Events = unix.EPOLLIN | unix.EPOLLET
	}
	return p.control(func(bell int) error { return unix.EpollCtl(bell, unix.EPOLL_CTL_MOD, p.epoll, &event) })
}

func (p *poller) slot(i int32) *push {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.slots[i]
}

// add has s read from now on. Edges are enough: a read that does not fill the buffer has
// emptied the socket, and what comes later is another edge, but for an end that came
// together with the data.
func (p *poller) add(s *push) error {
	p.mu.Lock()
	if len(p.free) == 0 {
		p.free = append(p.free, int32(len(p.slots)))
		p.slots = append(p.slots, nil)
	}
	s.slot = p.free[len(p.free)-1]
	p.free = p.free[:len(p.free)-1]
	p.slots[s.slot] = s
	p.mu.Unlock()
	event := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLET, Fd: s.slot}
	return p.control(func(int) error { return unix.EpollCtl(p.epoll, unix.EPOLL_CTL_ADD, s.fd, &event) })
}

// remove ends it. The poller may still be in s.ready, which holds s.mu.
func (p *poller) remove(s *push) {
	_ = p.control(func(int) error { return unix.EpollCtl(p.epoll, unix.EPOLL_CTL_DEL, s.fd, nil) }) // fails where adding did
	p.mu.Lock()
	defer p.mu.Unlock()
	p.slots[s.slot] = nil
	p.free = append(p.free, s.slot)
}

// control does something while the poller is not closed.
func (p *poller) control(do func(bell int) error) (err error) {
	closed := p.raw.Control(func(bell uintptr) { err = do(int(bell)) })
	if err = errors.Join(closed, err); err != nil {
		return fmt.Errorf("epoll: %w", err)
	}
	return nil
}

// ready reads what has come, and after it the end of the connection, if that has come too.
func (s *push) ready(from *receiver, t *tempo, ended bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.over {
		n, came, err := from.receive(s.fd)
		switch {
		case errors.Is(err, unix.EAGAIN):
			return
		case err != nil:
			s.end(s.stamp(), fmt.Errorf("read: %w", err))
		case n == 0:
			s.end(s.stamp(), io.ErrUnexpectedEOF)
		default:
			s.feed(from.data[:n], s.arrived(came, t))
		}
		if n < len(from.data) && !ended {
			return
		}
	}
}

// arrived is the stamp of what has just been read, which came at a moment of the wall clock, zero where that is not known. That
// clock may have been set since: nothing came before the poller found nothing, or before whoever read the header did, after whom the
// poller may have been late to take over.
func (s *push) arrived(came time.Time, t *tempo) int64 {
	now := time.Now()
	at := s.stamp()
	if came.IsZero() {
		t.unstamped++
	} else {
		after := t.empty
		if s.reads == 0 {
			after = s.look
		}
		at -= int64(min(max(0, now.Sub(came)), now.Sub(after)))
	}
	at = max(at, s.latest)
	if t.reads++; s.reads > 0 && at-s.latest < int64(quick) {
		t.fast++
	}
	s.reads, s.latest = s.reads+1, at
	return at
}
