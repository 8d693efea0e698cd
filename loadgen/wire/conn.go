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
	look    time.Time     // latest, by Read
	came    time.Time     // what was read last
	reader  *bufio.Reader // of the answer's header, and of the body unless that is pushed; else nil
}

func newConn(c *net.TCPConn, address string) (*conn, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	stampArrivals(raw)
	now := time.Now()
	return &conn{TCPConn: c, raw: raw, address: address, look: now, came: now}, nil
}

// Ago is how long ago what was read last came, in nanoseconds: of what is not pushed.
func (c *conn) Ago() int64 { return int64(time.Since(c.came)) }

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
