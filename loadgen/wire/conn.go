package wire

import (
	"bufio"
	"net"
	"syscall"
	"time"
)

// conn is a connection.
type conn struct {
	*net.TCPConn
	raw     syscall.RawConn
	address string
	since   time.Time     // idle since
	lease   *lease        // of the request that has it, or had it last
	reader  *bufio.Reader // of the answer's header, and of the body unless that is pushed; else nil
}

func newConn(c *net.TCPConn, address string) (*conn, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	stampArrivals(raw)
	return &conn{TCPConn: c, raw: raw, address: address}, nil
}

// lease is a connection as one request has it: what came for that request stays known when the next one has the connection, which may
// be before anybody asks.
type lease struct {
	net.Conn
	look time.Time // latest that found all that was there, by conn.Read; at first, when the request was about to be sent
	came time.Time // what was read last
}

// begin lets a request have the connection.
func (c *conn) begin() *lease {
	now := time.Now()
	c.lease = &lease{Conn: c, look: now, came: now}
	return c.lease
}

// Ago is how long ago what was read last came, in nanoseconds: of what is not pushed.
func (l *lease) Ago() int64 { return int64(time.Since(l.came)) }

// interrupt makes reads and writes under way fail.
func (c *conn) interrupt() { _ = c.SetDeadline(time.Unix(1, 0)) }

// shed gives the reader back.
func (c *conn) shed() {
	if c.reader != nil {
		c.reader.Reset(nil)
		readers.Put(c.reader)
		c.reader = nil
	}
}

// Close closes the connection, and drops a reader that may hold bytes of it.
func (c *conn) Close() error {
	c.reader = nil
	return c.TCPConn.Close()
}
