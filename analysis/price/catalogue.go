package price

import (
	"cmp"
	_ "embed" // for the shipped rows
	"errors"
	"fmt"
	"slices"

	"github.com/assaylab/assay/analysis/near"
	"github.com/assaylab/assay/analysis/strict"
)

//go:embed prices.toml
var shipped []byte

// shippedFile stands for the shipped catalogue in messages.
const shippedFile = "the shipped prices.toml"

// Catalogue is rows by kind, each kind sorted by name.
type Catalogue struct {
	APIs      []API      `json:"apis"`
	Rentals   []Rental   `json:"rentals"`
	Purchases []Purchase `json:"purchases"`
	Machines  []Machine  `json:"machines"`
}

// Load is the shipped catalogue with the rows of the files, the later of which replace
// earlier rows of their names whole. The error holds every problem of the files.
func Load(paths ...string) (*Catalogue, error) {
	c, err := Parse(shippedFile, shipped)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, path := range paths {
		more, err := ParseFile(path)
		if err == nil {
			err = c.overlay(more)
		}
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return c, nil
}

// overlay puts rows in place of those of their names, and adds the rest.
func (c *Catalogue) overlay(more *Catalogue) error {
	kinds := map[string]Kind{}
	for _, p := range c.All() {
		kinds[p.About().Name] = p.Kind()
	}
	var problems []*strict.Problem
	for _, p := range more.All() {
		row := p.About()
		if have, ok := kinds[row.Name]; ok && have != p.Kind() {
			problems = append(problems, &strict.Problem{File: row.File, Line: row.Line, Key: string(p.Kind()), Found: fmt.Sprintf("a row %q", row.Name),
				Expected: "another name, or a row of kind " + string(have), Suggestion: "that is what the row of this name is so far"})
		}
	}
	if len(problems) > 0 {
		return strict.Join(problems)
	}
	c.APIs, c.Rentals = replace(c.APIs, more.APIs), replace(c.Rentals, more.Rentals)
	c.Purchases, c.Machines = replace(c.Purchases, more.Purchases), replace(c.Machines, more.Machines)
	c.sort()
	return nil
}

func replace[R Priced](rows, by []R) []R {
	for _, r := range by {
		name := r.About().Name
		if i := slices.IndexFunc(rows, func(have R) bool { return have.About().Name == name }); i >= 0 {
			rows[i] = r
		} else {
			rows = append(rows, r)
		}
	}
	return rows
}

func (c *Catalogue) sort() {
	sorted(c.APIs)
	sorted(c.Rentals)
	sorted(c.Purchases)
	sorted(c.Machines)
}

func sorted[R Priced](rows []R) {
	slices.SortStableFunc(rows, func(a, b R) int { return cmp.Compare(a.About().Name, b.About().Name) })
}

// All are the rows of the kinds, of every kind where none is named, in the order of Kinds.
func (c *Catalogue) All(kinds ...Kind) []Priced {
	var all []Priced
	for _, k := range Kinds() {
		if len(kinds) > 0 && !slices.Contains(kinds, k) {
			continue
		}
		switch k {
		case KindAPI:
			all = append(all, priced(c.APIs)...)
		case KindRental:
			all = append(all, priced(c.Rentals)...)
		case KindPurchase:
			all = append(all, priced(c.Purchases)...)
		case KindMachine:
			all = append(all, priced(c.Machines)...)
		}
	}
	return all
}

func priced[R Priced](rows []R) []Priced {
	all := make([]Priced, len(rows))
	for i, r := range rows {
		all[i] = r
	}
	return all
}

// Find is the row of a name among the kinds, among all where none is named. The error
// suggests the nearest name.
func (c *Catalogue) Find(name string, kinds ...Kind) (Priced, error) {
	var names []string
	for _, p := range c.All(kinds...) {
		if p.About().Name == name {
			return p, nil
		}
		names = append(names, p.About().Name)
	}
	what := "row"
	if len(kinds) == 1 {
		what = "row of kind " + string(kinds[0])
	}
	hint := near.Suggestion(name, names)
	if hint == "" {
		hint = "assay prices lists them"
	}
	return nil, fmt.Errorf("no %s is called %q; %s", what, name, hint)
}

// API is Find for a managed API.
func (c *Catalogue) API(name string) (API, error) { return one[API](c, name, KindAPI) }

// Rental is Find for a rented GPU.
func (c *Catalogue) Rental(name string) (Rental, error) { return one[Rental](c, name, KindRental) }

// Purchase is Find for a bought server.
func (c *Catalogue) Purchase(name string) (Purchase, error) {
	return one[Purchase](c, name, KindPurchase)
}

// Machine is Find for a CPU machine.
func (c *Catalogue) Machine(name string) (Machine, error) { return one[Machine](c, name, KindMachine) }

func one[R Priced](c *Catalogue, name string, kind Kind) (r R, err error) {
	p, err := c.Find(name, kind)
	if err != nil {
		return r, err
	}
	return p.(R), nil
}
