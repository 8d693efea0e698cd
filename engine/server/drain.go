package server

import (
	"context"
	"sync"
)

// drain counts what is running, and after a point in time lets nothing more in.
// Its zero value is open.
type drain struct {
	mu     sync.Mutex
	n      int
	closed bool
	empty  chan struct{} // closed once nothing is left; made by close
}

// enter reports whether one more may run; if so, leave must follow.
func (d *drain) enter() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return false
	}
	d.n++
	return true
}

func (d *drain) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.n--
	if d.closed && d.n == 0 {
		close(d.empty)
	}
}

// close lets nothing more in. It may be called again.
func (d *drain) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	d.closed, d.empty = true, make(chan struct{})
	if d.n == 0 {
		close(d.empty)
	}
}

// wait returns when all have left after close, or with ctx's error.
func (d *drain) wait(ctx context.Context) error {
	select {
	case <-d.empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (d *drain) draining() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.closed
}
