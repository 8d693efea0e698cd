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
