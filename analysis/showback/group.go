package showback

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/assaylab/assay/analysis/money"
)

// Dimensions that a statement can be added up by.
const (
	PerTeam  = "team"
	PerModel = "model"
	PerKey   = "key"
)

// Dimensions are all of them.
var Dimensions = []string{PerTeam, PerModel, PerKey}

// Group is what all rows of one team, model or key sum to.
type Group struct {
	Name string       `json:"name"`
	Cost money.Amount `json:"cost"` // the sum of the next three
	Used money.Amount `json:"used"` // parts of shared costs
	Idle money.Amount `json:"idle"`
	API  money.Amount `json:"a_p_i"`
	Use  Use          `json:"use"`
}

// By adds up the rows by a dimension: the largest cost first, equal ones by name. The groups sum to
// the total. Idle cost that belongs to no model or key is a group of the name "".
func (s *Statement) By(dimension string) ([]Group, error) {
	if !slices.Contains(Dimensions, dimension) {
		return nil, fmt.Errorf("%q: expected one of %q", dimension, Dimensions)
	}
	return s.group(s.Rows, func(r *Row) string {
		return map[string]string{PerTeam: r.Team, PerModel: r.Model, PerKey: r.Key}[dimension]
	}), nil
}

// Of are the rows of one team.
func (s *Statement) Of(team string) (rows []Row) {
	for _, r := range s.Rows {
		if r.Team == team {
			rows = append(rows, r)
		}
	}
	return rows
}

func (s *Statement) group(rows []Row, name func(*Row) string) []Group {
	at := map[string]int{}
	var all []Group
	seen := map[string]map[cell]bool{}
	for i := range rows {
		r, n := &rows[i], name(&rows[i])
		g, found := at[n]
		if !found {
			g = len(all)
			at[n], seen[n] = g, map[cell]bool{}
			zero := money.Zero(s.Currency)
			all = append(all, Group{Name: n, Cost: zero, Used: zero, Idle: zero, API: zero})
		}
		all[g].add(r)
		if c := cellOf(&r.Use); r.Kind != KindIdle && !seen[n][c] { // use that several costs are shared by counts once
			seen[n][c] = true
			u := r.Use
			u.Spend = money.Amount{}
			all[g].Use = all[g].Use.add(u)
		}
	}
	slices.SortStableFunc(all, func(a, b Group) int { return cmp.Or(-a.Cost.Cmp(b.Cost), cmp.Compare(a.Name, b.Name)) })
	return all
}

func (g *Group) add(r *Row) {
	g.Cost = g.Cost.Add(r.Cost)
	switch r.Kind {
	case KindUsed:
		g.Used = g.Used.Add(r.Cost)
	case KindIdle:
		g.Idle = g.Idle.Add(r.Cost)
	case KindAPI:
		g.API = g.API.Add(r.Cost)
	}
}

// Sum is what groups cost together.
func (s *Statement) Sum(groups []Group) Group {
	zero := money.Zero(s.Currency)
	all := Group{Name: "total", Cost: zero, Used: zero, Idle: zero, API: zero}
	for _, g := range groups {
		all.Cost, all.Used, all.Idle, all.API = all.Cost.Add(g.Cost), all.Used.Add(g.Used), all.Idle.Add(g.Idle), all.API.Add(g.API)
		all.Use = all.Use.add(g.Use)
	}
	return all
}
