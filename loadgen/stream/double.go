package stream

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/assaylab/assay/loadgen/dialect"
)

// Double is a base transport that gives the load generator the work of receiving twice: what is read of an answer goes, a
// moment later, through a socket of its own, is read there by another goroutine and parsed as the answer itself was. The
// server does the same as without it, and stamps are taken before anything is sent on.
type Double struct {
	base     *http.Transport
	dialect  dialect.Dialect
	listener net.Listener
	done     sync.WaitGroup

	mu   sync.Mutex
	idle []net.Conn // their other ends are being read
	all  []net.Conn
}

var _ http.RoundTripper = (*Double)(nil)

// NewDouble puts the transport in front of base. It has to be closed.
func NewDouble(base *http.Transport, d dialect.Dialect) (*Double, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("the socket for receiving twice: %w", err)
	}
	return &Double{base: base, dialect: d, listener: listener}, nil
}

// RoundTrip implements http.RoundTripper.
func (d *Double) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := d.base.RoundTrip(req)
	if err != nil {
		return resp, err
	}
	conn, err := d.take()
	if err != nil {
		return nil, errors.Join(err, resp.Body.Close())
	}
	resp.Body = d.again(resp.Body, conn)
	return resp, nil
}

// take is a connection that nobody else uses.
func (d *Double) take() (net.Conn, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n := len(d.idle); n > 0 {
		conn := d.idle[n-1]
		d.idle = d.idle[:n-1]
		return conn, nil
	}
	near, err := net.Dial("tcp", d.listener.Addr().String())
	if err != nil {
		return nil, fmt.Errorf("the socket for receiving twice: %w", err)
	}
	far, err := d.listener.Accept()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the socket for receiving twice: %w", err), near.Close())
	}
	d.all = append(d.all, near, far)
	d.done.Add(1)
	go d.receive(far)
	return near, nil
}

func (d *Double) give(conn net.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.idle = append(d.idle, conn)
}

// receive does with an answer what an exchange does, and keeps nothing. One that is nonsense is read on as another.
func (d *Double) receive(conn net.Conn) {
	defer d.done.Done()
	buffer := make([]byte, 4<<10)
	for {
		decoder := d.dialect.NewDecoder()
		feed, pending := feeder(decoder.Shape(), func(payload []byte) error {
			_, err := decoder.Decode(payload)
			return err
		})
		for sound := true; sound && (!decoder.Done() || pending()); {
			n, err := conn.Read(buffer)
			if err != nil {
				return
			}
			sound = feed(buffer[:n]) == nil
		}
	}
}

// feeder cuts what it is fed with into payloads, as an answer of a shape is. Pending says that it has a part of one.
func feeder(shape dialect.Shape, take func(payload []byte) error) (feed func(p []byte) error, pending func() bool) {
	if shape == dialect.Framed {
		var frames Frames
		return func(p []byte) error { return frames.Feed(p, take) }, frames.Pending
	}
	var parser Parser
	return func(p []byte) error {
		return parser.Feed(p, func(e Event) error { return take(e.Data) })
	}, parser.Pending
}

// Close ends the connections and waits for those who read them.
func (d *Double) Close() error {
	d.base.CloseIdleConnections()
	err := d.listener.Close()
	d.mu.Lock()
	for _, c := range d.all {
		_ = c.Close()
	}
	d.mu.Unlock()
	d.done.Wait()
	return err
}

// twice is a body of which everything that is read goes on a moment later.
type twice struct {
	io.ReadCloser
	more chan struct{} // room for one: there is something pending
	once sync.Once

	mu      sync.Mutex
	pending []byte
}

// moment is how much later: long enough that whoever reads it has to wake up anew, which is most of the work of receiving.
const moment = 500 * time.Microsecond

// again makes a body of inner and starts what sends it on.
func (d *Double) again(inner io.ReadCloser, conn net.Conn) *twice {
	t := &twice{ReadCloser: inner, more: make(chan struct{}, 1)}
	d.done.Add(1)
	go func() {
		defer d.done.Done()
		for range t.more {
			time.Sleep(moment)
			t.send(conn)
		}
		t.send(conn)
		d.give(conn)
	}()
	return t
}

// send writes what is pending. That it cannot is nobody's loss but the duplicate's.
func (t *twice) send(conn net.Conn) {
	t.mu.Lock()
	pending := t.pending
	t.pending = nil
	t.mu.Unlock()
	if len(pending) > 0 {
		_, _ = conn.Write(pending)
	}
}

func (t *twice) Read(p []byte) (int, error) {
	n, err := t.ReadCloser.Read(p)
	if n > 0 {
		t.mu.Lock()
		t.pending = append(t.pending, p[:n]...)
		t.mu.Unlock()
		select {
		case t.more <- struct{}{}:
		default:
		}
	}
	return n, err
}

// Close ends the answer, in both places.
func (t *twice) Close() error {
	t.once.Do(func() { close(t.more) })
	return t.ReadCloser.Close()
}
