package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/showback"
	"github.com/assaylab/assay/experiments/ledger"
	"github.com/assaylab/assay/experiments/modelcache"
	"github.com/assaylab/assay/experiments/scenario"
)

func newCost() *cobra.Command {
	c := &cobra.Command{
		Use:   "cost",
		Short: "Share out what inference costs among the teams that used it",
		Long: `Cost keeps what requests used in a ledger, one file, and shares bills out by it: shared
machines by tokens, weighted with what they were measured to take, with the idle part
apart; managed APIs by their prices. Shares sum to the bill to the cent.

assay serve --usage-log writes the usage log of this server; logs of others are read, too.`,
		Example: `  assay cost ingest usage.jsonl --ledger costs.db
  assay cost report --ledger costs.db --month 2026-11 --bill bill.toml
  assay cost budget --ledger costs.db --bill bill.toml`,
		Args:             cobra.NoArgs,
		RunE:             func(c *cobra.Command, _ []string) error { return c.Help() },
		PersistentPreRun: func(*cobra.Command, []string) { keepCompiled() },
	}
	c.AddCommand(newCostIngest(), newCostReport(), newCostBudget())
	return c
}

// keepCompiled has the code that reads ledgers be compiled once, and kept beside the cached models.
var keepCompiled = sync.OnceFunc(func() {
	if models, err := modelcache.Dir(os.Getenv(modelcache.Variable)); err == nil {
		ledger.KeepCompiled(filepath.Join(filepath.Dir(models), "compiled"))
	}
})

// costOptions are what all of cost's verbs that read a ledger have.
type costOptions struct {
	ledger, month, bill, zone string
	at                        string
	json                      bool
}

func ledgerFlag(f *pflag.FlagSet, path *string) {
	f.StringVar(path, "ledger", "", "the file of the ledger")
}

func (o *costOptions) flags(f *pflag.FlagSet) {
	ledgerFlag(f, &o.ledger)
	f.StringVar(&o.month, "month", "", "the month, such as 2026-11 (default: the bill's)")
	f.StringVar(&o.bill, "bill", "", "file of what the month cost, and how that is shared; see docs/cost.md")
	f.StringVar(&o.at, "at", "", "time until which to count, such as 2026-11-15T00:00:00Z (default: now)")
	f.BoolVar(&o.json, "json", false, "print the result as JSON")
}

// moment is --at, or now.
func (o *costOptions) moment(now time.Time) (time.Time, error) {
	if o.at == "" {
		return now, nil
	}
	at, err := time.Parse(time.RFC3339, o.at)
	if err != nil {
		return at, fmt.Errorf("--at: found %q, expected a time with its zone such as 2026-11-15T00:00:00Z", o.at)
	}
	return at, nil
}

// sharedBill is a bill shared out, and what it was shared by.
type sharedBill struct {
	bill      *showback.Bill
	statement *showback.Statement
}

// share reads a bill and a ledger, and shares the one by the other.
func (o *costOptions) share(ctx context.Context, c *cobra.Command, now time.Time) (*sharedBill, error) {
	if o.ledger == "" {
		return nil, usageError(c, "--ledger is missing")
	}
	at, err := o.moment(now)
	if err != nil {
		return nil, err
	}
	bill, err := o.readBill()
	if err != nil {
		return nil, err
	}
	used, err := o.used(ctx, bill.Period, at)
	if err != nil {
		return nil, err
	}
	if o.bill == "" {
		if bill.Currency, err = spendCurrency(used.Uses); err != nil {
			return nil, err
		}
	}
	s, err := showback.Attribute(bill, used.Uses, at)
	if err != nil {
		return nil, err
	}
	s.Notes = append(s.Notes, used.Notes...)
	return &sharedBill{bill, s}, nil
}

func (o *costOptions) used(ctx context.Context, p showback.Period, at time.Time) (*ledger.Used, error) {
	l, err := ledger.OpenExisting(ctx, o.ledger)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	if at.Before(p.End) {
		p.End = at
	}
	if !p.Start.Before(p.End) {
		return &ledger.Used{}, nil
	}
	return l.Uses(ctx, p)
}

// readBill reads the bill, with weights measured where it wants that. Without a bill there is the month alone.
func (o *costOptions) readBill() (*showback.Bill, error) {
	if o.bill == "" {
		return o.noBill()
	}
	if o.zone != "" {
		return nil, fmt.Errorf("--time-zone: found %q, expected none beside --bill: the bill's time_zone counts", o.zone)
	}
	b, err := scenario.LoadBill(o.bill, o.month)
	if err != nil {
		return nil, err
	}
	if b.Run == "" {
		return &b.Bill, nil
	}
	set, err := record.Read(b.Run)
	if err != nil {
		return nil, fmt.Errorf("%s: weights.run: %w", o.bill, err)
	}
	w, err := showback.Measure(set, b.Arm)
	if err != nil {
		return nil, fmt.Errorf("%s: weights: %w", o.bill, err)
	}
	w.Cached = b.Weights.Cached
	if b.KV {
		w.KV = b.Weights.KV
		w.Notes = append(w.Notes, "What a block held for a second weighs is declared in the bill.")
	}
	if w.Cached == 0 && w.KV == 0 {
		w.Notes = append(w.Notes, "Cached prompt tokens and the cache's blocks weigh nothing: the run does not tell what they take. The bill can declare cached and kv.")
	}
	b.Weights = w
	return &b.Bill, nil
}

func (o *costOptions) noBill() (*showback.Bill, error) {
	if o.month == "" {
		return nil, fmt.Errorf("cost: --month is missing: expected a month such as 2026-11, or --bill with a file that names one")
	}
	name := o.zone
	if name == "" {
		name = "UTC"
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, fmt.Errorf("--time-zone: found %q, expected a zone of the IANA database such as Europe/Berlin", name)
	}
	p, err := showback.Month(o.month, zone)
	if err != nil {
		return nil, fmt.Errorf("--%w", err)
	}
	return &showback.Bill{Name: "Use", Period: p}, nil
}

// spendCurrency is what recorded costs are in, "" where none are.
func spendCurrency(uses []showback.Use) (string, error) {
	var all []string
	for _, u := range uses {
		if c := u.Spend.Currency(); c != "" && !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	if len(all) > 1 {
		return "", fmt.Errorf("recorded costs are in %s: expected one currency; amounts are never converted", strings.Join(all, " and "))
	}
	return strings.Join(all, ""), nil
}
