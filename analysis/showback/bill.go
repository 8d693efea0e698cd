package showback

import (
	"path"

	"github.com/assaylab/assay/analysis/money"
)

// Bill is what a period cost, and how that is to be shared.
type Bill struct {
	Name     string
	Period   Period
	Currency string
	Shared   []Shared
	APIs     []API
	Weights  Weights // of shared costs; the zero Weights are for bills without any
	Budgets  []Budget
	Teams    map[string]string // what sources call a team, or the key of one: the team's name
}

// Shared is one shared cost: of machines, of what stands around them, of who looks after them.
type Shared struct {
	Name     string
	Amount   money.Amount
	Models   []string // whose use it is shared by, as names or patterns of path.Match; empty for all that nothing else names
	Replicas int      // engines that it pays for, whose time is used or idle; 0 where Idle.Share says it
	Idle     Idle
}

// Rules by which what is idle is shared out.
const (
	IdleProportional = "proportional" // as what is used
	IdleEqual        = "equal"        // in equal parts among the teams that used anything
	IdleOwner        = "owner"        // to one team
	IdleUnallocated  = "unallocated"  // to nobody: a row of its own
)

// IdleRules are all of them.
var IdleRules = []string{IdleProportional, IdleEqual, IdleOwner, IdleUnallocated}

// Idle says how much of a shared cost nobody used, and who pays for that.
type Idle struct {
	Rule  string
	Owner string // with IdleOwner
	Share string // a decimal from 0 to 1; "" where the engines' time says it
}

// API is a managed API: what it costs per million tokens, or what was invoiced, or both.
type API struct {
	Name    string
	Models  []string // as Shared.Models, at least one
	Prices  bool     // the next three are given
	Input   money.Amount
	Cached  money.Amount
	Output  money.Amount
	Invoice money.Amount // what is shared out, by prices or by what the source recorded; of no currency where nothing was invoiced
}

// Budget is what a team may spend in the period.
type Budget struct {
	Team   string
	Amount money.Amount
	Alerts []int // percent of it, ascending
}

// covers reports whether one of the patterns is of a model.
func covers(patterns []string, model string) bool {
	for _, p := range patterns {
		if ok, err := path.Match(p, model); p == model || ok && err == nil {
			return true
		}
	}
	return false
}

// claims says which of a bill's costs a use belongs to: an API's or a shared cost's that names its
// model, else what its source recorded, else the shared costs that name no model.
type claims struct {
	bill     *Bill
	api      []([]Use) // by API
	shared   []([]Use) // by shared cost
	recorded []Use
	unpriced []Use
}

func (c *claims) add(u Use) {
	for i, a := range c.bill.APIs {
		if covers(a.Models, u.Model) {
			c.api[i] = append(c.api[i], u)
			return
		}
	}
	if c.addShared(u, true) {
		return
	}
	if u.Spend.Sign() > 0 {
		c.recorded = append(c.recorded, u)
		return
	}
	if !c.addShared(u, false) {
		c.unpriced = append(c.unpriced, u)
	}
}

// addShared gives a use to all shared costs that name its model, or to all that name none.
func (c *claims) addShared(u Use, named bool) (taken bool) {
	for i, s := range c.bill.Shared {
		if named && covers(s.Models, u.Model) || !named && len(s.Models) == 0 {
			c.shared[i] = append(c.shared[i], u)
			taken = true
		}
	}
	return taken
}

func claim(b *Bill, uses []Use) *claims {
	c := &claims{bill: b, api: make([][]Use, len(b.APIs)), shared: make([][]Use, len(b.Shared))}
	for _, u := range uses {
		c.add(u)
	}
	return c
}
