package analysis

import (
	"fmt"

	"github.com/assaylab/assay/analysis/cost"
	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/internal/words"
	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/price"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/loadgen/result"
)

// Listed is what the requests that an arm is priced by cost, by a price list.
type Listed struct {
	cost.Listed
	Row   price.Row
	Doubt string // why the row was not to be relied on when the run began, "" where it was
}

// listing prices the requests of a cell as they are walked over.
type listing struct {
	api                  price.API
	spent                cost.Listed
	good, issued, tokens group.Series // money per request that meets every limit, per request sent, per token of the former
}

func (l *listing) begin(c *group.Cell) {
	l.good, l.issued, l.tokens = c.NewSeries(), c.NewSeries(), c.NewSeries()
}

func (l *listing) see(trial int, r *result.Request, good bool) {
	paid := 0.0
	if took := charged(r); took != (price.Tokens{}) {
		paid = l.spent.Add(l.api, took).Float()
		if r.PromptTokens == 0 {
			l.spent.Counted++
		}
	}
	l.good.Add(trial, paid, where(good, 1))
	l.issued.Add(trial, paid, 1)
	l.tokens.Add(trial, paid, where(good, metric.PromptTokens(r)+metric.OutputTokens(r)))
}

// charged are the tokens of a request that are paid for. One that no token came of was refused, and costs nothing.
func charged(r *result.Request) price.Tokens {
	if r.First == result.Never && r.OutputTokens == 0 {
		return price.Tokens{}
	}
	prompt := metric.PromptTokens(r)
	cached := min(r.CachedTokens, prompt)
	written := min(r.Written, prompt-cached)
	return price.Tokens{Input: int64(prompt - cached - written), Cached: int64(cached), CacheWrite: int64(written),
		Output: int64(metric.OutputTokens(r)), Prompt: int64(prompt)}
}

// listedValue is money per request or token, times a factor. Requests that miss a limit are paid for by those that do not,
// so that how many these are is in the interval too.
func (m *measured) listedValue(series group.Series, factor float64, unit string) Value {
	e := stat.Ratio(series.All())
	v := ratioValue(e, m.Issued, unit)
	if !v.Known() {
		v.Note = cost.ErrNoTokens.Error()
		return v
	}
	v.Estimate, v.Low, v.High = factor*v.Estimate, factor*v.Low, factor*v.High
	v.Estimated = m.list.spent.Counted > 0
	return v
}

// perGood is what a request within every limit costs by the list, the others being paid for by it.
func (m *measured) perGood() Value {
	v := m.listedValue(m.list.good, 1, "")
	if at := m.Attainment; v.Known() && at.Known() && at.Low > 0 {
		v.Low = min(v.Low, v.Estimate*at.Estimate/at.High)
		v.High = max(v.High, v.Estimate*at.Estimate/at.Low)
	}
	return v
}

// setListed takes the costs of an arm from its price list and the tokens of its own requests.
func (j *judged) setListed(a *analysis) {
	run, m, api := a.run, j.at, *j.pricing.api
	unit, sign := moneyUnit(run.Cost.Currency), currencySign(run.Cost.Currency)
	each := m.perGood()
	thousand := func(v Value, factor float64, unit string) Value {
		v.Estimate, v.Low, v.High, v.Unit = factor*v.Estimate, factor*v.Low, factor*v.High, unit
		return v
	}
	rates := api.At(int64(m.InputTokens))
	j.Cost = Cost{
		PerMillion:          m.listedValue(m.list.tokens, 1e6, unit),
		PerMillionInput:     exactMoney(rates.Input.Float(), unit),
		PerMillionOutput:    exactMoney(rates.Output.Float(), unit),
		PerThousandRequests: thousand(each, 1000, sign+"/1000 req"),
		PerThousandIssued:   m.listedValue(m.list.issued, 1000, sign+"/1000 req"),
		PerUserMonth:        Value{Unit: sign, Note: NotStated},
		Formula:             m.list.spent.Formula(api),
		Listed:              &Listed{Listed: m.list.spent, Row: *j.pricing.row, Doubt: a.doubt(j.pricing.row)},
		Assumptions:         listedAssumptions(m, api, loadName(run, m.Load)),
	}
	if run.Cost.UserMonth > 0 {
		j.Cost.PerUserMonth = thousand(each, run.Cost.UserMonth, sign)
	}
}

func exactMoney(x float64, unit string) Value {
	return Value{Estimate: x, Low: x, High: x, Level: stat.Confidence, Unit: unit}
}

func listedAssumptions(m *measured, api price.API, load string) []string {
	list := []string{
		fmt.Sprintf("Every request of %s that a token came of is paid for by its own tokens, as the API counted them, at the list price of %s (%s). A refused one is taken to cost nothing.", load, api.Date, api.Source),
		"Requests that miss a limit are paid for by those that meet all.",
		"The price does not depend on how much is asked: there is no utilisation. Discounts for batches, commitments and volume are not in it.",
	}
	if n := m.list.spent.Counted; n > 0 {
		list = append(list, fmt.Sprintf("Of %s the API told no counts: theirs are the client's, by another tokenizer, and so is the price an estimate.", words.Count(n, "request")))
	}
	if m.list.spent.Tokens.Cached > 0 {
		list = append(list, "Cached input is what the API said that it read from its cache under this load. Other traffic shares less, or more.")
	}
	return list
}

// listingOf is the stage that prices an arm's requests, nil where it is not paid by the token.
func (a *analysis) listingOf(arm record.Arm) *listing {
	if p := a.pricingOf(arm); p.api != nil {
		return &listing{api: *p.api}
	}
	return nil
}
