package cost

import (
	"fmt"
	"strings"

	"github.com/assaylab/assay/analysis/internal/words"
	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/price"
)

// Listed is what requests cost at an API, by its price list and the tokens that each of them took. It is exact: a sum of
// decimals. What a request costs is not a matter of utilisation, as nobody pays for an API that is idle.
type Listed struct {
	Requests int          // that took tokens
	Tokens   price.Tokens // of all of them; its Prompt stays 0
	Total    money.Amount
	Counted  int // requests whose tokens the client counted, because the API did not say
}

// Add adds a request and returns what it costs. Its Prompt picks the tier.
func (l *Listed) Add(api price.API, t price.Tokens) money.Amount {
	a := api.Cost(t)
	l.Requests++
	l.Total = l.Total.Add(a)
	l.Tokens.Input += t.Input
	l.Tokens.Cached += t.Cached
	l.Tokens.CacheWrite += t.CacheWrite
	l.Tokens.Output += t.Output
	return a
}

// Formula is the sum with the numbers in it. Where longer prompts have rates of their own it says so and not how often.
func (l *Listed) Formula(api price.API) string {
	r := api.Rates
	var parts []string
	for _, p := range []struct {
		tokens int64
		what   string
		rate   money.Amount
	}{{l.Tokens.Input, "input", r.Input}, {l.Tokens.Cached, "cached input", r.Cached()}, {l.Tokens.CacheWrite, "cache writes", r.Written()}, {l.Tokens.Output, "output", r.Output}} {
		if p.tokens > 0 {
			parts = append(parts, fmt.Sprintf("%s %s x %s", words.Thousands(fmt.Sprint(p.tokens)), p.what, p.rate.Exact()))
		}
	}
	tiers := ""
	if len(api.Tiers) > 0 {
		tiers = ", longer prompts at their own rates"
	}
	return fmt.Sprintf("(%s) / 1,000,000%s = %s for %s", strings.Join(parts, " + "), tiers, l.Total.Round(6).Exact(), words.Count(l.Requests, "request"))
}
