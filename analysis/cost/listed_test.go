package cost

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/price"
)

func listAPI() price.API {
	return price.API{Row: price.Row{Name: "api", Currency: "USD"}, Rates: price.Rates{Input: usd(100), CachedInput: usd(10), Output: usd(400)},
		Tiers: []price.Tier{{Above: 1000, Rates: price.Rates{Input: usd(200), Output: usd(800)}}}}
}

// By hand, of $1 a million input, 10 cents cached and $4 output: 300 + 200 + 100 tokens are 300 + 20 + 400 millionths of a dollar.
// Of prompts above 1000 tokens, $2 and $8, and cached input has no price of its own.
func TestListedByHand(t *testing.T) {
	var l Listed
	l.Add(listAPI(), price.Tokens{Input: 300, Cached: 200, Output: 100, Prompt: 500})
	if want := money.New(720, -6, "USD"); l.Total.Cmp(want) != 0 {
		t.Errorf("%s, want %s", l.Total.Exact(), want.Exact())
	}
	l.Add(listAPI(), price.Tokens{Input: 1000, Cached: 500, Output: 10, Prompt: 1500})
	if want := money.New(720+2000+1000+80, -6, "USD"); l.Total.Cmp(want) != 0 || l.Requests != 2 {
		t.Errorf("%s of %d, want %s", l.Total.Exact(), l.Requests, want.Exact())
	}
	if f := l.Formula(listAPI()); !strings.Contains(f, "1,300 input x $1.00 + 700 cached input x $0.10 + 110 output x $4.00") || !strings.Contains(f, "longer prompts at their own rates = $0.0038 for 2 requests") {
		t.Error(f)
	}
}

// By hand: a machine of $0.50 an hour, $365 a month, that carries 1 request/s and is half used serves 1,314,000 in a month. At a
// tenth of a cent a request the API takes as much for 365,000 of them.
func TestAgainstRequestsByHand(t *testing.T) {
	plan := Plan{PerHour: perHour(t, "0.50"), Utilisation: .5}
	b, err := AgainstRequests(plan, Estimate{1, .9, 1.1}, 0, "api", Estimate{.001, .0008, .0012})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "capacity", b.Capacity.Value, 1_314_000)
	near(t, "first", b.First.Value, 365_000)
	near(t, "first at best", b.First.Low, 365/.0012)
	near(t, "first at worst", b.First.High, 365/.0008)
	near(t, "equal at", b.Use.Value, .5/3600/.001)
	near(t, "equal at worst", b.Use.High, .5/3600/.9/.0008)
	if b.Verdict != Pays {
		t.Error(b.Verdict)
	}
	if b, err = AgainstRequests(plan, Estimate{1, 1, 1}, 0, "cheap", Estimate{1e-6, 1e-6, 1e-6}); err != nil || b.Verdict != Never {
		t.Errorf("%+v, %v", b, err)
	}
	if _, err := AgainstRequests(plan, Estimate{}, 0, "api", Estimate{1, 1, 1}); err == nil {
		t.Error("nothing served")
	}
	if _, err := AgainstRequests(plan, Estimate{1, 1, 1}, 0, "free", Estimate{}); err == nil {
		t.Error("nothing paid")
	}
}

// Where every request has the same tokens, a break-even in requests is that in tokens over the tokens of a request.
func TestAgainstRequestsAgreesWithTokens(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 1))
	for range 300 {
		plan := Plan{PerHour: money.New(1+rng.Int64N(500), -2, "USD"), Utilisation: .1 + .9*rng.Float64()}
		in, out, rate := float64(1+rng.IntN(400)), float64(1+rng.IntN(200)), .1+20*rng.Float64()
		exact := func(x float64) Estimate { return Estimate{x, x, x} }
		api := price.API{Row: price.Row{Name: "api", Currency: "USD"}, Rates: price.Rates{Input: money.New(1+rng.Int64N(500), -2, "USD"), Output: money.New(1+rng.Int64N(900), -2, "USD")}}
		k := rng.IntN(3)
		tokens, err := Against(plan, Rates{Requests: exact(rate), Tokens: exact(rate * (in + out)), Input: exact(rate * in), Output: exact(rate * out)}, k, api)
		if err != nil {
			t.Fatal(err)
		}
		each := api.Cost(price.Tokens{Input: int64(in), Output: int64(out)}).Float()
		requests, err := AgainstRequests(plan, exact(rate), k, "api", exact(each))
		if err != nil {
			t.Fatal(err)
		}
		for name, pair := range map[string][2]float64{"first": {requests.First.Value * (in + out), tokens.First.Value}, "always": {requests.Always.Value * (in + out), tokens.Always.Value}, "use": {requests.Use.Value, tokens.Use.Value}} {
			if got, want := pair[0], pair[1]; got != want && math.Abs(got-want) > 1e-6*want {
				t.Errorf("%s: %v, want %v", name, got, want)
			}
		}
	}
}
