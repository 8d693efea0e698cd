package showback

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/assaylab/assay/analysis/money"
)

// cents is the decimal place that shares are whole in.
const cents = 2

// Kinds of a row.
const (
	KindUsed = "used" // a shared cost's used part
	KindIdle = "idle" // its idle part
	KindAPI  = "api"  // of a managed API
)

// Unallocated is the team of idle cost that nobody pays for.
const Unallocated = "unallocated"

// RecordedItem is the item of costs that a source recorded and no API of the bill has.
const RecordedItem = "recorded by the gateway"

// Row is one line of a statement: what a team pays of one cost for one model and key.
type Row struct {
	Team   string       `json:"team"`
	Model  string       `json:"model,omitempty"`
	Key    string       `json:"key,omitempty"`
	Source string       `json:"source,omitempty"`
	Item   string       `json:"item"` // name of the cost
	Kind   string       `json:"kind"`
	Cost   money.Amount `json:"cost"`
	Use    Use          `json:"use,omitzero"` // zero in rows of KindIdle
}

// Item is one cost, and how it was shared.
type Item struct {
	Name      string       `json:"name"`
	Kind      string       `json:"kind"` // KindUsed or KindAPI
	Cost      money.Amount `json:"cost"`
	Idle      money.Amount `json:"idle"` // of Cost
	IdleShare float64      `json:"idle_share"`
	IdleFrom  string       `json:"idle_from,omitempty"` // where the share is from, in words
	Rule      string       `json:"rule"`                // in words
}

// Statement is a bill shared out. Its rows sum to Total.
type Statement struct {
	Name     string       `json:"name"`
	Currency string       `json:"currency"`
	Period   Period       `json:"period"`
	At       time.Time    `json:"at"`    // what was metered until then is in it
	Final    bool         `json:"final"` // the period is over
	Total    money.Amount `json:"total"`
	Items    []Item       `json:"items"`
	Rows     []Row        `json:"rows"`
	Unpriced []Use        `json:"unpriced,omitempty"` // that no cost covers
	Uses     []Use        `json:"-"`                  // all, with the bill's names of teams
	Weights  Weights      `json:"weights"`
	Notes    []string     `json:"notes,omitempty"`
}

// Attribute shares a bill among those who used what it pays for, until a time.
func Attribute(b *Bill, uses []Use, at time.Time) (*Statement, error) {
	s := &Statement{Name: b.Name, Currency: b.Currency, Period: b.Period, At: at, Final: !at.Before(b.Period.End), Total: money.Zero(b.Currency), Weights: b.Weights}
	s.Uses = named(uses, b.Teams)
	c := claim(b, byCell(s.Uses))
	s.Unpriced = c.unpriced
	for i := range b.Shared {
		if err := s.share(&b.Shared[i], c.shared[i]); err != nil {
			return nil, fmt.Errorf("shared cost %q: %w", b.Shared[i].Name, err)
		}
	}
	for i := range b.APIs {
		if err := s.api(&b.APIs[i], c.api[i]); err != nil {
			return nil, fmt.Errorf("API %q: %w", b.APIs[i].Name, err)
		}
	}
	if len(c.recorded) > 0 {
		if err := s.recordedAs(RecordedItem, c.recorded); err != nil {
			return nil, err
		}
	}
	return s, s.Check()
}

// Check is an error where the rows do not sum to the total, which would be a fault of this package.
func (s *Statement) Check() error {
	sum := money.Zero(s.Currency)
	for _, r := range s.Rows {
		sum = sum.Add(r.Cost)
	}
	if sum.Cmp(s.Total) != 0 {
		return fmt.Errorf("showback: rows sum to %s %s, the bill to %s", sum.Decimal(), s.Currency, s.Total.Decimal())
	}
	return nil
}

// share shares out a shared cost: first into used and idle, then each among who pays for it.
func (s *Statement) share(c *Shared, uses []Use) error {
	if err := s.Weights.check(uses); err != nil {
		return err
	}
	weights, sum := make([]*big.Rat, len(uses)), new(big.Rat)
	for i := range uses {
		weights[i] = s.Weights.of(&uses[i])
		sum.Add(sum, weights[i])
	}
	idle, from, err := s.idleShare(c, sum)
	if err != nil {
		return err
	}
	if sum.Sign() == 0 {
		idle, from = big.NewRat(1, 1), "nothing was used"
	}
	parts, err := money.Split(c.Amount, cents, []*big.Rat{new(big.Rat).Sub(big.NewRat(1, 1), idle), idle})
	if err != nil {
		return err
	}
	s.Total = s.Total.Add(c.Amount)
	x, _ := idle.Float64()
	item := Item{Name: c.Name, Kind: KindUsed, Cost: c.Amount, Idle: parts[1], IdleShare: x, IdleFrom: from}
	if err := s.rows(c.Name, KindUsed, parts[0], uses, weights); err != nil {
		return err
	}
	item.Rule, err = s.idle(c, parts[1], uses, weights)
	s.Items = append(s.Items, item)
	return err
}

// idleShare is how much of a shared cost nobody used.
func (s *Statement) idleShare(c *Shared, used *big.Rat) (idle *big.Rat, from string, err error) {
	if c.Idle.Share != "" {
		idle, ok := new(big.Rat).SetString(c.Idle.Share)
		if !ok || idle.Sign() < 0 || idle.Cmp(big.NewRat(1, 1)) > 0 {
			return nil, "", fmt.Errorf("idle share %q: expected a decimal from 0 to 1", c.Idle.Share)
		}
		return idle, "declared", nil
	}
	if !s.Weights.Seconds || c.Replicas < 1 {
		return nil, "", errors.New("how much was idle is not known: give idle share, or replicas with weights that are seconds of the engine")
	}
	elapsed := s.Period.Elapsed(s.At)
	there := new(big.Rat).Mul(big.NewRat(int64(c.Replicas), 1), big.NewRat(int64(elapsed), int64(time.Second)))
	if there.Sign() == 0 {
		return nil, "", errors.New("nothing of the period has passed")
	}
	share := new(big.Rat).Quo(used, there)
	idle = new(big.Rat).Sub(big.NewRat(1, 1), share)
	x, _ := share.Float64()
	from = fmt.Sprintf("engines were used for %.3g %% of their time", 100*x)
	if idle.Sign() < 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("By the weights, %s was used for %.0f %% of the time of %s: the weights are of a slower engine, or it has more replicas. Nothing counts as idle.",
			c.Name, 100*x, engines(c.Replicas)))
		idle = new(big.Rat)
	}
	return idle, from, nil
}

func engines(n int) string {
	if n == 1 {
		return "1 engine"
	}
	return fmt.Sprintf("%d engines", n)
}

// rows adds a row for each use, which share an amount by weights. Where nothing is to be shared,
// rows show what was used for nothing.
func (s *Statement) rows(item, kind string, amount money.Amount, uses []Use, weights []*big.Rat) error {
	parts := make([]money.Amount, len(uses))
	for i := range parts {
		parts[i] = money.Zero(s.Currency)
	}
	if amount.Sign() != 0 {
		var err error
		if parts, err = money.Split(amount, cents, weights); err != nil {
			return err
		}
	}
	for i, u := range uses {
		r := Row{Team: u.Team, Model: u.Model, Key: u.Key, Source: u.Source, Item: item, Kind: kind, Cost: parts[i]}
		if kind != KindIdle {
			r.Use = u
		}
		s.Rows = append(s.Rows, r)
	}
	return nil
}

// idle shares an idle part by the cost's rule, and says in words which applied.
func (s *Statement) idle(c *Shared, amount money.Amount, uses []Use, weights []*big.Rat) (rule string, err error) {
	switch teams := teamsOf(uses, weights); {
	case amount.Sign() == 0:
		return "nothing is idle", nil
	case c.Idle.Rule == IdleOwner:
		s.idleRow(c, c.Idle.Owner, amount)
		return "idle cost to " + c.Idle.Owner, nil
	case c.Idle.Rule == IdleUnallocated:
		s.idleRow(c, Unallocated, amount)
		return "idle cost to nobody", nil
	case len(teams) == 0:
		s.idleRow(c, Unallocated, amount)
		return "idle cost to nobody, since nobody used anything", nil
	case c.Idle.Rule == IdleEqual:
		equal := make([]*big.Rat, len(teams))
		for i := range equal {
			equal[i] = big.NewRat(1, 1)
		}
		parts, err := money.Split(amount, cents, equal)
		if err != nil {
			return "", err
		}
		for i, team := range teams {
			s.idleRow(c, team, parts[i])
		}
		return "idle cost in equal parts to the teams that used anything", nil
	case c.Idle.Rule == IdleProportional:
		return "idle cost in proportion to use", s.rows(c.Name, KindIdle, amount, uses, weights)
	}
	return "", fmt.Errorf("idle rule %q: expected one of %q", c.Idle.Rule, IdleRules)
}

func (s *Statement) idleRow(c *Shared, team string, amount money.Amount) {
	s.Rows = append(s.Rows, Row{Team: team, Item: c.Name, Kind: KindIdle, Cost: amount})
}

// teamsOf are the teams of uses that weigh anything, sorted.
func teamsOf(uses []Use, weights []*big.Rat) []string {
	var all []string
	for i, u := range uses {
		if weights[i].Sign() > 0 {
			all = append(all, u.Team)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
