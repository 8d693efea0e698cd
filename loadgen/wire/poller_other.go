//go:build !linux

package wire

// poller is for Linux only. Elsewhere newPoller returns nil, and nothing else is called.
type poller struct{}

func newPoller() *poller { return nil }

func (p *poller) close()             {}
func (p *poller) add(*push) error    { return nil }
func (p *poller) remove(*push) error { return nil }
func (c *conn) alive() bool          { return false }
