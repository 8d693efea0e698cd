package stream

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/assaylab/assay/loadgen/result"
)

// Half is a base transport with half of the work. Of every second request (result.Left) it reads nothing until the answer
// has ended: the kernel takes the answer in meanwhile, and wakes nobody for it. The server does the same for both, but that
// the answers that are left unread come over connections of their own.
type Half struct{ read, leave *http.Transport }

var _ http.RoundTripper = (*Half)(nil)

// lowWater is more than an answer has. The kernel lowers it to what a socket may hold.
const lowWater = 1 << 24

// NewHalf makes the transport; idle is as for NewBase. The error is errors.ErrUnsupported where the system has no low-water
// mark for what a socket receives.
func NewHalf(idle time.Duration) (*Half, error) {
	if !CanLeave {
		return nil, errors.ErrUnsupported
	}
	h := &Half{read: NewBase(idle), leave: NewBase(idle)}
	h.leave.DisableKeepAlives = true // the server's end of the connection is what wakes the reader
	dial := h.leave.DialContext
	h.leave.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		if err := setLowWater(conn, lowWater); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
		return conn, nil
	}
	return h, nil
}

// RoundTrip implements http.RoundTripper.
func (h *Half) RoundTrip(req *http.Request) (*http.Response, error) {
	if seq, err := strconv.ParseUint(req.Header.Get(SeqHeader), 10, 64); err == nil && result.Left(seq) {
		return h.leave.RoundTrip(req)
	}
	return h.read.RoundTrip(req)
}

// CloseIdleConnections closes what is kept alive.
func (h *Half) CloseIdleConnections() { h.read.CloseIdleConnections() }
