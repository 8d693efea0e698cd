package showback

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/assaylab/assay/analysis/money"
)

// Unattributed is the team of use that says no team.
const Unattributed = "unattributed"

// Use is what was metered of one team, model and key, over some time.
type Use struct {
	Time   time.Time `json:"time,omitzero"` // within the period
	Team   string    `json:"team"`          // "" is Unattributed
	Model  string    `json:"model"`
	Key    string    `json:"key,omitempty"`    // name of the API key, or what the source has in its place
	Source string    `json:"source,omitempty"` // who metered it: "assay", "openai", "litellm" or "prometheus"

	Requests int64 `json:"requests"`
	Failed   int64 `json:"failed"`        // of Requests, those without a complete answer
	Prompt   int64 `json:"prompt_tokens"` // tokens
	Cached   int64 `json:"cached_tokens"` // of Prompt
	Output   int64 `json:"completion_tokens"`

	Engine    time.Duration `json:"engine_ns"`      // of the engine's steps
	BlockTime int64         `json:"kv_block_us"`    // blocks of the cache times microseconds that they were held
	Timed     int64         `json:"timed_requests"` // of Requests, those that came with Engine and BlockTime

	Spend money.Amount `json:"spend,omitzero"` // recorded by the source; of no currency where it records none
}

// add is u with v's counts added.
func (u Use) add(v Use) Use {
	u.Requests, u.Failed, u.Timed = u.Requests+v.Requests, u.Failed+v.Failed, u.Timed+v.Timed
	u.Prompt, u.Cached, u.Output = u.Prompt+v.Prompt, u.Cached+v.Cached, u.Output+v.Output
	u.Engine, u.BlockTime = u.Engine+v.Engine, u.BlockTime+v.BlockTime
	u.Spend = u.Spend.Add(v.Spend)
	return u
}

// Tokens are all that were asked and answered.
func (u Use) Tokens() int64 { return u.Prompt + u.Output }

// cell is what uses are added up by before anything is shared.
type cell struct{ team, model, key, source, currency string }

func cellOf(u *Use) cell { return cell{u.Team, u.Model, u.Key, u.Source, u.Spend.Currency()} }

func compareCells(a, b cell) int {
	return cmp.Or(cmp.Compare(a.team, b.team), cmp.Compare(a.model, b.model), cmp.Compare(a.key, b.key), cmp.Compare(a.source, b.source),
		cmp.Compare(a.currency, b.currency))
}

// byCell adds up uses, in the order of teams, models and keys.
func byCell(uses []Use) []Use {
	sums := map[cell]Use{}
	for _, u := range uses {
		c := cellOf(&u)
		sum, found := sums[c]
		if !found {
			sum = Use{Team: u.Team, Model: u.Model, Key: u.Key, Source: u.Source}
		}
		sums[c] = sum.add(u)
	}
	return slices.SortedFunc(maps.Values(sums), func(a, b Use) int { return compareCells(cellOf(&a), cellOf(&b)) })
}

// named gives use the names that the bill has for teams, of what the source has for them: its team, or
// its key where it has none.
func named(uses []Use, teams map[string]string) []Use {
	out := slices.Clone(uses)
	for i := range out {
		u := &out[i]
		if name, ok := teams[u.Team]; ok && u.Team != "" {
			u.Team = name
		} else if name, ok := teams[u.Key]; ok && u.Team == "" {
			u.Team = name
		}
		if u.Team == "" {
			u.Team = Unattributed
		}
	}
	return out
}
