package experiments

import (
	"fmt"
	"time"

	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/price"
	"github.com/assaylab/assay/experiments/scenario"
)

// Bill is the most that a run may ask of a server that is paid for, and what that costs by the price list.
type Bill struct {
	Target *scenario.Target
	Worst  Budget
	Price  *price.API // nil where no price is known
	Doubt  string     // why the price is not to be relied on, "" where it is
}

// Bills are those of the plan's targets that are paid for, in the scenario's order.
func (p *Plan) Bills(today time.Time) (all []Bill) {
	for _, x := range p.Scenario.Targets {
		a := x.API()
		if !x.Charges() && a == nil {
			continue
		}
		b := Bill{Target: x, Worst: p.Worst(x), Price: a}
		if a != nil {
			b.Doubt = a.Doubt(today)
		}
		all = append(all, b)
	}
	return all
}

// Most is what the run may come to, in words.
func (b Bill) Most() string {
	if b.Price == nil {
		return fmt.Sprintf("%d tokens of an unknown price", b.Worst.Tokens)
	}
	return b.Worst.Money.Exact()
}

// Lines say what may be spent, against which budget, and by which price.
func (b Bill) Lines() []string {
	x := b.Target
	first := fmt.Sprintf("at the worst %s", b.Most())
	if x.Budget.Sign() > 0 {
		first += ", of a budget of " + x.Budget.Exact()
	}
	if b.Price == nil {
		return []string{first, fmt.Sprintf("no price is known, as declared: what it costs is bounded by the budget of %d tokens alone", x.BudgetTokens)}
	}
	p := b.Price
	second := fmt.Sprintf("by the price of %s: %s a million tokens of prompts, %s of answers (%s; %s, %s)", p.Name, dearest(p.Rates).Exact(), p.Output.Exact(), p.Source, p.Date, p.Trust)
	if len(p.Tiers) > 0 {
		second += fmt.Sprintf("; more for prompts above %d", p.Tiers[0].Above)
	}
	lines := []string{first, second}
	if b.Doubt != "" {
		lines = append(lines, "that price is stale: "+b.Doubt)
	}
	if len(x.Body) > 0 {
		lines = append(lines, "what body asks for beside text, such as tools or another tier of service, is not in that price")
	}
	return lines
}

// dearest is the price of prompt tokens that the worst case has.
func dearest(r price.Rates) money.Amount { return price.API{Rates: r}.Most(1, 0).Shift(6) }

// Total adds up what all of the bills may come to.
func Total(bills []Bill) (words string) {
	var sums []money.Amount
	tokens := 0
	for _, b := range bills {
		if b.Price == nil {
			tokens += b.Worst.Tokens
			continue
		}
		sums = addTo(sums, b.Worst.Money)
	}
	for _, s := range sums {
		words = joined(words, s.Exact())
	}
	if tokens > 0 {
		words = joined(words, fmt.Sprintf("what %d tokens of an unknown price cost", tokens))
	}
	return words
}

// addTo adds an amount to the sum of its currency: currencies are never converted.
func addTo(sums []money.Amount, a money.Amount) []money.Amount {
	for i := range sums {
		if sums[i].Currency() == a.Currency() {
			sums[i] = sums[i].Add(a)
			return sums
		}
	}
	return append(sums, a)
}

func joined(before, more string) string {
	if before == "" {
		return more
	}
	return before + " and " + more
}
