package stream

import (
	"context"
	"net"
	"sync/atomic"
	"time"
)

// socket is a connection of HTTP/2 that keeps when it was read last. Its reader is a goroutine of net/http's, which hands on to those
// of many answers: each may get its turn long after the read that brought its bytes.
type socket struct {
	net.Conn
	made time.Time
	last atomic.Int64 // after made
}

func (s *socket) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p)
	s.last.Store(int64(time.Since(s.made)))
	return n, err
}

// Ago implements dated: by when it was read.
func (s *socket) Ago() int64 {
	last := s.last.Load() // before the clock
	return int64(time.Since(s.made)) - last
}

// sockets dials with another dialler.
func sockets(dial func(ctx context.Context, network, address string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &socket{Conn: conn, made: time.Now()}, nil
	}
}

// dated is a connection that says how long ago what was read of it last came, in nanoseconds, at least 0: wire's and socket.
type dated interface{ Ago() int64 }

// datedOf is the one below a connection, nil where that is another.
func datedOf(conn net.Conn) dated {
	if secure, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = secure.NetConn()
	}
	s, _ := conn.(dated)
	return s
}

// came is the stamp of bytes that have just been handed over: of the latest read of their socket, where that is known, which is
// not before the read that brought them; else of this moment.
func (e *exchange) came() int64 {
	var ago int64
	if e.socket != nil {
		ago = e.socket.Ago() // looked at before the clock: whatever comes in between makes the stamp late, and never early
	}
	e.latest = max(e.latest, e.t.Clock.Now()-ago)
	return e.latest
}
