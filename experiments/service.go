package experiments

import (
	"github.com/assaylab/assay/experiments/trial"
	"github.com/assaylab/assay/loadgen"
)

// guard has a trial of a target end at the first answer that makes all of it hopeless, and record what the answers of a server that
// is there say of it.
func (r *run) guard(c *trial.Config, a *aim) {
	h := &hopeless{model: a.options.Model, base: a.System.Title}
	if a.server != nil {
		h.base, c.Service = a.server.Base, a.service()
	}
	c.Warmup.Halt, c.Attack.Halt = also(c.Warmup.Halt, h), also(c.Attack.Halt, h)
	ended := c.Ended
	c.Ended = func() error {
		if err := h.found(); err != nil || ended == nil {
			return err
		}
		return ended()
	}
}

// also is a halt that hears beside another, which may be nil.
func also(h, more loadgen.Halt) loadgen.Halt {
	if h == nil {
		return more
	}
	return halts{h, more}
}

// service says what a trial records of the server.
func (a *aim) service() *trial.Service {
	s := &trial.Service{Managed: a.Charges(), Clock: a.Clock}
	if a.spent.price != nil {
		before := a.spent.spent().Money
		s.Spent = func() string { return a.spent.spent().Money.Sub(before).Named() }
	}
	return s
}

// tellSpent says what the run has cost by the list.
func (r *run) tellSpent() {
	for _, x := range r.plan.Scenario.Targets {
		s := r.aims[x.Name].spent
		if s.price == nil {
			continue
		}
		words := x.Name + ": " + s.spent().Money.Exact() + " spent by the price of " + s.price.Name + " of " + s.price.Date.String()
		if s.bound.Money.Sign() > 0 {
			words += ", of a budget of " + s.bound.Money.Exact()
		}
		r.Progress.Note(words)
	}
}
