package experiments

import (
	"errors"
	"fmt"

	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/sweep"
	"github.com/assaylab/assay/experiments/trial"
)

func budgetOf(x *scenario.Target) Budget {
	return Budget{x.BudgetRequests, x.BudgetTokens, x.Paid.Budget}
}

// trials is what n trials of a load can come to at most: every request as long as the load lets it be, by our count of tokens.
func (s *spending) trials(l sweep.Load, n int) Budget {
	var most Budget
	for _, z := range l.Workload.Sizes() {
		one := s.request(z.Prompt, z.Output)
		most.Requests, most.Tokens = 1, max(most.Tokens, one.Tokens)
		if one.Money.Cmp(most.Money) >= 0 {
			most.Money = one.Money
		}
	}
	return most.times(n * (l.Record.Requests + l.Record.Warmup))
}

// Worst is the most that the plan can ask of a target: all trials of all its arms, and of what is started also the confirming
// run and its duplicate, and searches with all their probes.
func (p *Plan) Worst(x *scenario.Target) Budget {
	m, arms := p.Matrix, 0
	for _, a := range m.Arms {
		if a.Target != nil && a.Target.Target == x {
			arms++
		}
	}
	s := newSpending(x)
	var b, largest Budget
	count := func(l sweep.Load, trials int) {
		if _, why := x.Cannot(l.Workload); why != "" {
			return
		}
		b = b.plus(s.trials(l, trials))
		if one := s.trials(l, 1); one.Tokens > largest.Tokens {
			largest = one
		}
	}
	for _, l := range m.Loads {
		if l.Record.Search == "" {
			count(l, arms*p.Scenario.Run.Repetitions)
		}
	}
	for _, s := range m.Searches() {
		count(s.Load(s.Plan.Level(s.Record.MaxRate)), arms*s.Record.MaxProbes)
	}
	b = b.plus(p.worstTasks(x, s).times(arms))
	if x.System.Started && p.Scenario.Run.Confirm {
		b = b.plus(largest.times(2))
	}
	return b
}

// Affordable refuses a plan that may exceed the budget of one of its targets. It sends nothing.
func (p *Plan) Affordable() error {
	var errs []error
	for _, x := range p.Scenario.Targets {
		if err := p.affordable(x); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (p *Plan) affordable(x *scenario.Target) error {
	worst := p.Worst(x)
	limit := budgetOf(x).broken(worst)
	if limit == "" {
		return nil
	}
	whose, cost := "the budget", ""
	if len(p.Scenario.Targets) > 1 {
		whose = "the budget of " + x.Name
	}
	if a := x.API(); a != nil {
		cost = fmt.Sprintf(", which cost up to %s by the price of %s of %s", worst.Money.Exact(), a.Name, a.Date)
	}
	return &BudgetError{fmt.Sprintf("%s is %s, and the run may not keep to it: it may send %d requests and up to %d tokens of prompts and answers%s, by the count of %s",
		whose, limit, worst.Requests, worst.Tokens, cost, p.Scenario.Model)}
}

// metered holds both parts of a trial to what is left of a target's budget. A trial that may need more than that is not begun: it
// would be paid for and not finished.
func (r *run) metered(c *trial.Config, s *spending) error {
	warmup, measured := s.meter(c.Warmup.Prompts), s.meter(c.Attack.Prompts)
	if err := s.room(warmup.counted.plus(measured.counted)); err != nil {
		return &noTrial{err}
	}
	s.setAside = warmup.all().plus(measured.all())
	c.Ended, c.Warmup.Permit, c.Attack.Permit = s.overspent, warmup, measured
	return nil
}

// room says why a trial does not fit what is left, nil where it does.
func (s *spending) room(needs Budget) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over == nil {
		if limit := s.bound.broken(s.ended.plus(needs)); limit != "" {
			s.over = &BudgetError{fmt.Sprintf("stopped at the budget of %s: %s are spent, and the next trial may need %s", limit, s.ended.words(), needs.words())}
		}
	}
	return s.over
}

// underWay is the most that a trial that has begun can come to: no more than what is left.
func (s *spending) underWay() Budget {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, left := s.setAside, s.bound.minus(s.ended)
	if s.bound.Requests > 0 {
		b.Requests = min(b.Requests, left.Requests)
	}
	if s.bound.Tokens > 0 {
		b.Tokens = min(b.Tokens, left.Tokens)
	}
	if s.bound.Money.Sign() > 0 && b.Money.Cmp(left.Money) > 0 {
		b.Money = left.Money
	}
	return b
}
