//go:build !linux

package wire

import (
	"context"
	"errors"
	"net"
	"syscall"
)

// poller is for Linux only. Elsewhere newPoller returns nil, and nothing else is called.
type poller struct{}

func newPoller() *poller { return nil }

func (p *poller) close()             {}
func (p *poller) add(*push) error    { return errors.ErrUnsupported }
func (p *poller) remove(*push)       {}
func (c *conn) detach() (int, error) { return 0, errors.ErrUnsupported }
func (c *conn) attach(int) error     { return errors.ErrUnsupported }
func (c *conn) alive() bool          { return false }
func closeFD(int)                    {}
func stampArrivals(syscall.RawConn)  {}

func (t *Transport) dial(ctx context.Context, address string) (*net.TCPConn, error) {
	return t.dialName(ctx, address)
}

// Reserve makes room for so many connections at once, where that is a thing.
func (t *Transport) Reserve(int) {}
