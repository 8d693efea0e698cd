package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/assaylab/assay/analysis/showback"
)

func newCostBudget() *cobra.Command {
	var o costOptions
	c := &cobra.Command{
		Use:   "budget",
		Short: "Hold teams' budgets against what they have spent; exit code 1 where one is over",
		Long: `Budget prints how every team of the bill's [[budget]] tables stands: what it has spent so
far, which alert that has reached, and what is expected at the month's end, which is an
estimate with its interval. Shared costs accrue evenly over the month.

The exit code is 1 where a team has spent more than its budget.`,
		Example: `  assay cost budget --ledger costs.db --bill bill.toml
  assay cost budget --ledger costs.db --bill bill.toml --at 2026-11-15T00:00:00Z --json`,
		Args: arguments(),
		RunE: func(c *cobra.Command, _ []string) error {
			if o.bill == "" {
				return usageError(c, "--bill is missing")
			}
			s, err := o.share(c.Context(), c, time.Now())
			if err != nil {
				return err
			}
			return costBudget(c.OutOrStdout(), s, o.json)
		},
	}
	o.flags(c.Flags())
	return c
}

func costBudget(w io.Writer, s *sharedBill, asJSON bool) error {
	if len(s.bill.Budgets) == 0 {
		return fmt.Errorf("budget: the bill has no [[budget]]: expected one with team and amount")
	}
	spent := s.statement.Spendings(s.bill.Budgets)
	over := 0
	for _, b := range spent {
		if b.Over {
			over++
		}
		if !asJSON {
			printSpending(w, s.statement, &b)
		}
	}
	if asJSON {
		if err := printJSON(w, spent); err != nil {
			return err
		}
	}
	if over > 0 {
		return &exitError{exitBad, fmt.Errorf("budget: %s over budget", count(over, "team"))}
	}
	return nil
}

func printSpending(w io.Writer, s *showback.Statement, b *showback.Spending) {
	state := "ok"
	switch {
	case b.Over:
		state = "OVER"
	case b.Crossed > 0:
		state = fmt.Sprintf("alert at %d %%", b.Crossed)
	}
	fmt.Fprintf(w, "%s: %s: %s of %s spent (%.1f %%)", b.Team, state, b.Spent, b.Budget, 100*b.Share)
	if f := b.Forecast; f != nil {
		fmt.Fprintf(w, "; at the month's end about %s", s.Whole(f.Cost))
		if f.Interval {
			fmt.Fprintf(w, " (%s to %s)", s.Whole(f.Low), s.Whole(f.High))
		}
		fmt.Fprintf(w, ", %s", f.Text)
	}
	fmt.Fprintln(w)
}
