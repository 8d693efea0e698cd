package cost

import (
	"math"

	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/price"
)

// Staircase is what serving a volume costs on whole machines: as many as carry it, and
// spares. A managed API is a line beside it.
type Staircase struct {
	PerMonth money.Amount // of one machine
	Spares   int          // beside those that carry load
	Capacity float64      // tokens that one machine delivers in a month, as far as it is to be used
}

// Machines is how many a volume of tokens a month takes, spares included: at least one,
// as there is no part of a machine.
func (s Staircase) Machines(volume float64) int {
	return max(1, int(math.Ceil(volume/s.Capacity))) + s.Spares
}

// At is the cost of a month of that volume.
func (s Staircase) At(volume float64) money.Amount {
	return s.PerMonth.Mul(int64(s.Machines(volume)))
}

// First is the smallest volume at which machines cost no more than an API of a price per
// million tokens, +Inf where there is none.
//
// n machines with k spares cost (n+k)F and carry at most nC. The line reaches their step
// at (n+k)F/p, which is on the step where that is at most nC: n(1-r) >= kr with r =
// F/(Cp), the price per token of a machine used as far as planned over that of the API.
func (s Staircase) First(perMillion money.Amount) float64 {
	f, r := s.ratio(perMillion)
	k := float64(s.Spares)
	switch {
	case r > 1 || r == 1 && k > 0 || math.IsNaN(r):
		return math.Inf(1)
	case r == 1:
		return f
	}
	return (max(1, whole(k*r/(1-r))) + k) * f
}

// Always is the volume from which on machines cost no more than the API whatever the
// volume, +Inf where there is none. Above First there may be steps up over the line: the
// last one is at nC for the largest n with (n+1+k)F > nCp, n < (1+k)r/(1-r).
func (s Staircase) Always(perMillion money.Amount) float64 {
	f, r := s.ratio(perMillion)
	if !(r < 1) {
		return math.Inf(1)
	}
	k := float64(s.Spares)
	return (max(0, whole((1+k)*r/(1-r))-1) + 1 + k) * f
}

// ratio is the tokens that the API gives for one machine's month, and their share of
// what the machine gives.
func (s Staircase) ratio(perMillion money.Amount) (tokens, r float64) {
	tokens = s.PerMonth.Mul(million).Float() / perMillion.Float()
	return tokens, tokens / s.Capacity
}

// whole rounds up, but for what float arithmetic adds to a whole number.
func whole(x float64) float64 { return math.Ceil(x - 1e-9*max(1, x)) }

// BreakEven compares an arm with a managed API.
type BreakEven struct {
	API        string
	PerMillion money.Amount // of the API, for tokens mixed as the arm's load has them; of AgainstRequests for requests, as all volumes below
	// Use is the share of a machine's capacity at which both cost the same per token; above 1 the API is
	// cheaper than even a full machine.
	Use      Estimate
	Capacity Estimate // tokens that one machine delivers in a month at the planned utilisation
	First    Estimate // tokens in a month from which machines can be cheaper, +Inf for none
	Always   Estimate // tokens in a month from which they are, +Inf for none
	Verdict  Verdict
}

// Verdict says whether there is a volume at which a machine pays, used as planned.
type Verdict string

// Verdicts of a comparison over the whole interval of what was measured.
const (
	Pays      Verdict = "pays"
	Undecided Verdict = "undecided"
	Never     Verdict = "never"
)

// Against is the break-even of an arm with an API; spares are machines beside those that
// carry load. The intervals are those of the arm's tokens per second, end by end.
func Against(plan Plan, r Rates, spares int, api price.API) (BreakEven, error) {
	if m := r.mix(); !(r.Tokens.Value > 0 && r.Requests.Value > 0 && m.Input+m.Cached+m.Output > 0) {
		return BreakEven{}, ErrNoTokens
	}
	b := BreakEven{API: api.Name, PerMillion: api.At(r.prompt()).PerMillion(r.mix())}
	full := priceOf(plan.PerHour, million, 1, 1, r.Tokens)
	p := b.PerMillion.Float()
	b.Use = Estimate{full.Value / p, full.Low / p, full.High / p}
	b.cross(plan, r.Tokens, spares, b.PerMillion, b.PerMillion)
	return b, nil
}

// AgainstRequests is the break-even in requests, whatever their tokens are: two systems with different tokenizers, or whose
// answers differ in length, have no token in common. served is what a machine carries per second at its capacity, perRequest
// what the API was measured to take for one. PerMillion is that of a million requests. The interval is as wide as both
// ends allow: machines are at their best where they carry the most and the API takes the most.
func AgainstRequests(plan Plan, served Estimate, spares int, api string, perRequest Estimate) (BreakEven, error) {
	if !(served.Value > 0) || !(perRequest.Value > 0) {
		return BreakEven{}, ErrNoTokens
	}
	perMillion := func(x float64) money.Amount { return money.New(million, 0, plan.PerHour.Currency()).Times(max(x, 0)) }
	b := BreakEven{API: api, PerMillion: perMillion(perRequest.Value)}
	full := priceOf(plan.PerHour, 1, 1, 1, served)
	b.Use = Estimate{full.Value / perRequest.Value, full.Low / perRequest.High, full.High / perRequest.Low}
	b.cross(plan, served, spares, perMillion(perRequest.Low), perMillion(perRequest.High))
	return b, nil
}

// cross finds where the line of the API, whose price is between cheap and dear, meets the staircase of machines that carry
// a rate per second at their capacity.
func (b *BreakEven) cross(plan Plan, rate Estimate, spares int, cheap, dear money.Amount) {
	b.Capacity = rate.times(plan.Utilisation * secondsPerHour * price.HoursPerMonth)
	stairs := func(capacity float64) Staircase {
		return Staircase{PerMonth: plan.PerHour.Mul(price.HoursPerMonth), Spares: spares, Capacity: capacity}
	}
	low, value, high := stairs(b.Capacity.Low), stairs(b.Capacity.Value), stairs(b.Capacity.High)
	b.First = Estimate{value.First(b.PerMillion), high.First(dear), low.First(cheap)}
	b.Always = Estimate{value.Always(b.PerMillion), high.Always(dear), low.Always(cheap)}
	b.Verdict = b.verdict()
}

func (b *BreakEven) verdict() Verdict {
	switch {
	case !math.IsInf(b.First.High, 1):
		return Pays
	case math.IsInf(b.First.Low, 1):
		return Never
	}
	return Undecided
}

// mix is the arm's tokens by class, as if the API's cache held what the arm's did.
func (r Rates) mix() price.Mix {
	return price.Mix{Input: r.Input.Value, Cached: r.Cached, Output: r.Output.Value}
}

// prompt is the mean length of a prompt.
func (r Rates) prompt() int64 {
	return int64((r.Input.Value + r.Cached) / r.Requests.Value)
}

// OwnOverRent is the share of the hours from which on an owned machine, which costs the
// same used or not, is cheaper than one rented for those hours alone; above 1 renting
// always is.
func OwnOverRent(ownedPerHour, rentedPerHour money.Amount) float64 {
	return ownedPerHour.Float() / rentedPerHour.Float()
}
