package price

import "github.com/assaylab/assay/analysis/money"

// HoursPerMonth is a twelfth of 365 days.
const HoursPerMonth = 730

// Tokens are what an API is asked for, by class. Prompt, the length of one prompt, picks
// the tier; 0 is the first.
type Tokens struct{ Input, Cached, CacheWrite, Output, Prompt int64 }

// Mix is in what proportions tokens are of each class; only the proportions count.
type Mix struct{ Input, Cached, CacheWrite, Output float64 }

// At are the rates of requests whose prompts have the given number of tokens.
func (a API) At(prompt int64) Rates {
	r := a.Rates
	for _, t := range a.Tiers {
		if prompt > t.Above {
			r = t.Rates
		}
	}
	return r
}

// Cost is what the tokens cost, exactly.
func (a API) Cost(t Tokens) money.Amount {
	r := a.At(t.Prompt)
	sum := r.Input.Mul(t.Input).Add(r.Cached().Mul(t.Cached)).Add(r.Written().Mul(t.CacheWrite)).Add(r.Output.Mul(t.Output))
	return sum.Shift(-6)
}

// Blended is the price per million tokens of which `ratio` are input to one of output,
// none of them cached.
func (a API) Blended(ratio float64) money.Amount { return a.PerMillion(Mix{Input: ratio, Output: 1}) }

// PerMillion is the price of a million tokens that are mixed so. It panics where no
// token is in the mix.
func (r Rates) PerMillion(m Mix) money.Amount {
	whole := m.Input + m.Cached + m.CacheWrite + m.Output
	if !(whole > 0) {
		panic("price: a mix of no tokens")
	}
	return r.Input.Times(m.Input / whole).Add(r.Cached().Times(m.Cached / whole)).
		Add(r.Written().Times(m.CacheWrite / whole)).Add(r.Output.Times(m.Output / whole))
}

// Cached is the price of input that the provider's cache had.
func (r Rates) Cached() money.Amount { return orElse(r.CachedInput, r.Input) }

// Written is the price of input that is put into the cache.
func (r Rates) Written() money.Amount { return orElse(r.CacheWrite, r.Input) }

func orElse(a, b money.Amount) money.Amount {
	if a.Currency() == "" {
		return b
	}
	return a
}

// PerMachineHour is the price of the machine, with all its GPUs.
func (r Rental) PerMachineHour(t Term) (money.Amount, bool) {
	a, ok := r.Terms.At(t)
	return a.Mul(int64(r.GPUs)), ok
}

// Owned is what a server costs in a month, in parts.
type Owned struct {
	Depreciation, Capital, Energy, Colocation, Maintenance, Staff money.Amount
}

// Total is the sum of the parts.
func (o Owned) Total() money.Amount {
	return o.Depreciation.Add(o.Capital).Add(o.Energy).Add(o.Colocation).Add(o.Maintenance).Add(o.Staff)
}

// Monthly is what one server costs in each month of its depreciation, used or not. The
// money bound in it is, over these months, half of what is written off and all of the
// residual value: on that mean the capital earns its interest.
func (p Purchase) Monthly() Owned {
	lost := p.Price.Sub(p.Price.Times(p.Residual))
	bound := p.Price.Add(p.Price.Times(p.Residual)).Per(2)
	return Owned{
		Depreciation: lost.Per(int64(p.Months)),
		Capital:      bound.Times(p.CapitalPerYear).Per(12),
		Energy:       p.PerKWh.Times(p.PowerKW).Times(p.PUE).Mul(HoursPerMonth),
		Colocation:   p.ColocationPerKWMonth.Times(p.PowerKW),
		Maintenance:  p.Price.Times(p.MaintenancePerYear).Per(12),
		Staff:        p.Price.Times(p.StaffPerYear).Per(12),
	}
}

// PerMonth is what one server costs in a month.
func (p Purchase) PerMonth() money.Amount { return p.Monthly().Total() }

// PerHour is what one of its GPUs costs in an hour, used or not.
func (p Purchase) PerHour() money.Amount { return p.PerMonth().Per(HoursPerMonth * int64(p.GPUs)) }
