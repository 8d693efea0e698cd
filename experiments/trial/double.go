package trial

import (
	"github.com/assaylab/assay/loadgen"
	"github.com/assaylab/assay/loadgen/stream"
)

// double gives the lab twice the work of receiving, where the trial is for that. release undoes it.
func (c *Config) double() (release func(), err error) {
	if !c.Double {
		return func() {}, nil
	}
	d, err := stream.NewDouble(stream.NewBaseFor(c.Attack.Dialect, loadgen.DefaultIdle), c.Attack.Dialect)
	if err != nil {
		return nil, err
	}
	c.Attack.Base = d
	return func() { _ = d.Close() }, nil // its sockets are the lab's own, and nothing is kept of what went through them
}
