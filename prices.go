package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/assaylab/assay/analysis/cost"
	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/near"
	"github.com/assaylab/assay/analysis/price"
	"github.com/assaylab/assay/reports/table"
)

type pricesOptions struct {
	files, kinds []string
	today        string
	stale, json  bool
}

func newPrices() *cobra.Command {
	var o pricesOptions
	c := &cobra.Command{
		Use:   "prices",
		Short: "List what machines and managed APIs cost, with source and date",
		Long: `Prices lists the catalogue that scenarios and plans take their prices from: managed
APIs per million tokens, rented GPUs per GPU-hour, bought servers with what a GPU-hour
on them costs, and CPU machines per hour. Every row has a source, a date and a trust.

Rows that are older than 90 days, have ended, or are dated in the future are marked
stale: check them before a decision rests on them. Files given with --file replace
rows of their names, whole, and add others; the last one wins.`,
		Example: `  assay prices
  assay prices --kind api --stale
  assay prices --file our-prices.toml --json`,
		Args: arguments(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := listPrices(c.OutOrStdout(), o, time.Now()); err != nil {
				return fmt.Errorf("prices: %w", err)
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringArrayVar(&o.files, "file", nil, "prices of your own in TOML; may be repeated")
	f.StringSliceVar(&o.kinds, "kind", nil, "list these alone, of "+strings.Join(kindNames(), ", "))
	f.StringVar(&o.today, "today", "", "day by which rows are stale, as 2026-11-29 (default: the clock's)")
	f.BoolVar(&o.stale, "stale", false, "list stale rows alone")
	f.BoolVar(&o.json, "json", false, "everything as one JSON object")
	return c
}

func kindNames() []string {
	var all []string
	for _, k := range price.Kinds() {
		all = append(all, string(k))
	}
	return all
}

// listedPrice is a row with what the day says of it.
type listedPrice struct {
	Kind       price.Kind    `json:"kind"`
	Stale      bool          `json:"stale"`
	Doubt      string        `json:"doubt,omitempty"`        // why it is stale
	PerGPUHour *money.Amount `json:"per_gpu_hour,omitempty"` // of a bought server
	Row        price.Priced  `json:"row"`
}

type priceList struct {
	Today price.Date    `json:"today"`
	Rows  []listedPrice `json:"rows"`
	all   *price.Catalogue
}

func listPrices(w io.Writer, o pricesOptions, now time.Time) error {
	today := price.DateOf(now)
	if o.today != "" {
		var err error
		if today, err = price.ParseDate(o.today); err != nil {
			return fmt.Errorf("--today: %w", err)
		}
	}
	kinds, err := priceKinds(o.kinds)
	if err != nil {
		return err
	}
	c, err := price.Load(o.files...)
	if err != nil {
		return err
	}
	list := priceList{Today: today, Rows: []listedPrice{}, all: c}
	for _, p := range c.All(kinds...) {
		doubt := p.About().Doubt(today.Time())
		if o.stale && doubt == "" {
			continue
		}
		row := listedPrice{Kind: p.Kind(), Stale: doubt != "", Doubt: doubt, Row: p}
		if server, ok := p.(price.Purchase); ok {
			hour := server.PerHour().Round(6)
			row.PerGPUHour = &hour
		}
		list.Rows = append(list.Rows, row)
	}
	if o.json {
		return printJSON(w, list)
	}
	return list.print(w)
}

func priceKinds(names []string) ([]price.Kind, error) {
	var kinds []price.Kind
	for _, n := range names {
		if !slices.Contains(kindNames(), n) {
			hint := near.Suggestion(n, kindNames())
			if hint != "" {
				hint = "; " + hint
			}
			return nil, fmt.Errorf("--kind %q, expected one of %s%s", n, strings.Join(kindNames(), ", "), hint)
		}
		kinds = append(kinds, price.Kind(n))
	}
	return kinds, nil
}

// print is a table for each kind, then what is stale.
func (l priceList) print(w io.Writer) error {
	stale := 0
	for _, kind := range price.Kinds() {
		t := table.Table{Columns: priceColumns(kind)}
		for _, r := range l.Rows {
			if r.Kind == kind {
				t.Rows = append(t.Rows, table.Row{Cells: l.cells(r)})
				stale += btoi(r.Stale)
			}
		}
		if len(t.Rows) == 0 {
			continue
		}
		fmt.Fprintf(w, "%s\n", priceTitles[kind])
		if err := t.Text(w); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	_, err := fmt.Fprintf(w, "%d of %d rows are stale on %s; --json has their remarks.\n", stale, len(l.Rows), l.Today)
	return err
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

var priceTitles = map[price.Kind]string{
	price.KindAPI:      "Managed APIs, per million tokens (blended: 3 input to 1 output, nothing cached)",
	price.KindRental:   "Rented GPUs, per GPU-hour",
	price.KindPurchase: "Bought servers (rent: the share of hours in use above which owning beats the cheapest rental on demand)",
	price.KindMachine:  "CPU machines, per hour",
}

func priceColumns(kind price.Kind) []table.Column {
	right := func(titles ...string) (all []table.Column) {
		for _, t := range titles {
			all = append(all, table.Column{Title: t, Align: table.Right})
		}
		return all
	}
	var own []table.Column
	switch kind {
	case price.KindAPI:
		own = right("input", "cached", "write", "output", "batch", "blended")
	case price.KindRental:
		own = append([]table.Column{{Title: "gpu"}}, right("gpus", "on demand", "1 year", "3 years", "spot")...)
	case price.KindPurchase:
		own = append([]table.Column{{Title: "gpu"}}, right("gpus", "price", "a month", "GPU-hour", "rent", "lead")...)
	case price.KindMachine:
		own = right("cpus", "GiB", "on demand", "1 year", "3 years", "spot")
	}
	all := append([]table.Column{{Title: "name"}}, own...)
	return append(all, table.Column{Title: "date"}, table.Column{Title: "trust"}, table.Column{Title: "stale"}, table.Column{Title: "source"})
}

// cells are a row in the columns of its kind.
func (l priceList) cells(r listedPrice) []table.Cell {
	about := r.Row.About()
	texts := []string{about.Name}
	switch p := r.Row.(type) {
	case price.API:
		batch := "-"
		if p.BatchDiscount > 0 {
			batch = fmt.Sprintf("-%g %%", 100*p.BatchDiscount)
		}
		texts = append(texts, amountCell(p.Input), amountCell(p.CachedInput), amountCell(p.CacheWrite), amountCell(p.Output), batch, amountCell(p.Blended(3).Round(4)))
		if len(p.Tiers) > 0 {
			texts[0] += fmt.Sprintf(" (to %d tokens)", p.Tiers[0].Above)
		}
	case price.Rental:
		texts = append(append(texts, p.GPU, strconv.Itoa(p.GPUs)), termCells(p.Terms)...)
	case price.Purchase:
		texts = append(texts, p.GPU, strconv.Itoa(p.GPUs), p.Price.String(), p.PerMonth().String(), p.PerHour().String(), l.ownOverRent(p), fmt.Sprintf("%d weeks", p.LeadWeeks))
	case price.Machine:
		texts = append(append(texts, strconv.Itoa(p.CPUs), fmt.Sprintf("%g", p.MemoryGiB)), termCells(p.Terms)...)
	}
	var cells []table.Cell
	for _, t := range append(texts, about.Date.String(), string(about.Trust), r.Doubt, about.Source) {
		cells = append(cells, table.Text(t))
	}
	return cells
}

func amountCell(a money.Amount) string {
	if a.Currency() == "" {
		return "-"
	}
	return a.Exact()
}

func termCells(t price.Terms) []string {
	var all []string
	for _, term := range price.AllTerms() {
		a, _ := t.At(term)
		all = append(all, amountCell(a))
	}
	return all
}

// ownOverRent compares a server with the cheapest rental of its GPU that is paid for by the hour.
func (l priceList) ownOverRent(p price.Purchase) string {
	var least *money.Amount
	for _, r := range l.all.Rentals {
		if a, ok := r.Terms.At(price.OnDemand); ok && r.GPU == p.GPU && r.Currency == p.Currency && (least == nil || a.Cmp(*least) < 0) {
			least = &a
		}
	}
	if least == nil {
		return "-"
	}
	if use := cost.OwnOverRent(p.PerHour(), *least); use <= 1 {
		return fmt.Sprintf("%.0f %%", 100*use)
	}
	return "never"
}
