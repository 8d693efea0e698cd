package cost

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/assaylab/assay/analysis/internal/words"
	"github.com/assaylab/assay/analysis/money"
)

// Estimate is a number with its interval.
type Estimate struct{ Value, Low, High float64 }

// Rates are what an arm delivers per second of window at its capacity. Issued apart, only
// requests that meet every SLO count.
type Rates struct {
	Issued   Estimate // requests sent, whatever became of them
	Requests Estimate
	Tokens   Estimate // prompt, cached ones included, and output
	Input    Estimate // prompt tokens that were computed
	Output   Estimate
	Cached   float64 // prompt tokens read from the prefix cache
}

// Work is what the engine computed for prompts and for generated positions, in
// multiply-adds.
type Work struct{ Prefill, Decode int64 }

// Plan is the price and the planned use of the machine.
type Plan struct {
	PerHour     money.Amount
	Source      string
	Utilisation float64 // planned load / capacity, in (0, 1]
	UserMonth   float64 // requests that a user makes in a month, 0 where nobody said
}

// Costs at capacity. Input and output are split by work, which stands in for step
// time: they are estimates.
type Costs struct {
	PerMillion          Estimate
	PerMillionInput     Estimate // of computed prompt tokens
	PerMillionOutput    Estimate
	PerThousandRequests Estimate // of those within every limit: the others are paid for by them
	PerThousandIssued   Estimate
	PerUserMonth        Estimate // none without Plan.UserMonth
	Split               bool     // the two by work could be computed
	Formula             string
	Assumptions         []string
}

// Errors of At, for a caller that prints why there is no cost.
var (
	ErrUtilisation = errors.New("the utilisation is not a share above 0 and at most 1")
	ErrNoTokens    = errors.New("no request met the limits")
)

const (
	million        = 1_000_000
	thousand       = 1_000
	secondsPerHour = 3_600
)

// ParsePerHour reads what a machine costs in an hour, such as "0.50"; no currency is
// USD. A price of zero has no cost to compare and is refused.
func ParsePerHour(text, currency string) (money.Amount, error) {
	a, err := money.Parse(text, cmp.Or(currency, "USD"))
	if err == nil && a.Sign() <= 0 {
		err = fmt.Errorf("%q: expected more than 0", text)
	}
	if err != nil {
		return money.Amount{}, fmt.Errorf("price per hour: %w", err)
	}
	return a, nil
}

// At computes the costs of an arm that delivers the rates at its capacity.
func At(plan Plan, r Rates, w Work) (Costs, error) {
	u := plan.Utilisation
	if !(u > 0 && u <= 1) {
		return Costs{}, fmt.Errorf("%w: %v", ErrUtilisation, u)
	}
	if !(r.Tokens.Value > 0 && r.Requests.Value > 0) {
		return Costs{}, ErrNoTokens
	}
	c := Costs{
		PerMillion:          priceOf(plan.PerHour, million, u, 1, r.Tokens),
		PerThousandRequests: priceOf(plan.PerHour, thousand, u, 1, r.Requests),
		PerThousandIssued:   priceOf(plan.PerHour, thousand, u, 1, r.Issued),
	}
	c.PerUserMonth = c.PerThousandRequests.times(plan.UserMonth / thousand)
	share := 0.0
	if total := w.Prefill + w.Decode; total > 0 && r.Input.Value > 0 && r.Output.Value > 0 {
		share = float64(w.Prefill) / float64(total)
		c.Split = true
		c.PerMillionInput = priceOf(plan.PerHour, million, u, share, r.Input)
		c.PerMillionOutput = priceOf(plan.PerHour, million, u, 1-share, r.Output)
	}
	c.Formula = formula(plan, r.Tokens.Value, c.PerMillion.Value)
	c.Assumptions = assumptions(plan, r, c.Split, share)
	return c, nil
}

// AsRun is the price per million tokens of a machine that does nothing but this
// load. It has no utilisation, and restates the load for an arm that keeps up.
func AsRun(perHour money.Amount, tokens Estimate) (Estimate, error) {
	if !(tokens.Value > 0) {
		return Estimate{}, ErrNoTokens
	}
	return priceOf(perHour, million, 1, 1, tokens), nil
}

// priceOf carries the interval of a rate over to the price: the ends change places,
// and a rate that may be zero has a price without upper end.
func priceOf(perHour money.Amount, units int64, u, share float64, rate Estimate) Estimate {
	inAnHour := perHour.Mul(units).Per(secondsPerHour).Float()
	at := func(perSecond float64) float64 { return share * inAnHour / (u * max(perSecond, 0)) }
	return Estimate{Value: at(rate.Value), Low: at(rate.High), High: at(rate.Low)}
}

func (e Estimate) times(factor float64) Estimate {
	if factor == 0 {
		return Estimate{}
	}
	return Estimate{Value: e.Value * factor, Low: e.Low * factor, High: e.High * factor}
}

func formula(plan Plan, tokens, result float64) string {
	return fmt.Sprintf("%s/h x 1,000,000 / (3,600 s/h x %s x %s tokens/s) = %s per million tokens",
		plan.PerHour.Exact(), words.Number(plan.Utilisation), words.Number(tokens), words.Money(result, plan.PerHour.Currency()))
}

func assumptions(plan Plan, r Rates, split bool, share float64) []string {
	source := ""
	if plan.Source != "" {
		source = " (" + plan.Source + ")"
	}
	list := []string{
		fmt.Sprintf("The machine costs %s per hour%s.", plan.PerHour.Exact(), source),
		fmt.Sprintf("On average %s of its capacity is used; idle time is paid for once, through this share.", words.Percent(plan.Utilisation)),
		fmt.Sprintf("Only requests that meet every limit are counted: %s requests, %s prompt and %s output tokens per second.",
			words.Number(r.Requests.Value), words.Number(r.Input.Value+r.Cached), words.Number(r.Output.Value)),
	}
	if split {
		list = append(list, fmt.Sprintf(
			"Input and output share the price by multiply-adds, %s and %s, which stand in for step time; generated positions wait more for memory, so output is dearer than this says.",
			words.Percent(share), words.Percent(1-share)))
	}
	if r.Cached > 0 {
		list = append(list, fmt.Sprintf(
			"%s prompt tokens per second come from the prefix cache: they cost no multiply-adds, and the price of input tokens is that of computed ones.", words.Number(r.Cached)))
	}
	return list
}
