package cost

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/price"
)

func usd(cents int64) money.Amount { return money.New(cents, -2, "USD") }

// By hand: a machine of $730 a month that carries 1,000 M tokens, against $2 a million.
// 365 M tokens cost the same; the second machine begins at 1,000 M, where the API costs
// $2,000 and two machines $1,460.
func TestBreakEvenByHand(t *testing.T) {
	s := Staircase{PerMonth: usd(73000), Capacity: 1e9}
	near(t, "first", s.First(usd(200)), 365e6)
	near(t, "always", s.Always(usd(200)), 365e6)
	s.Spares = 1 // two machines cost $1,460: 730 M tokens; three from 1,000 M on $2,190, which is 1,095 M tokens
	near(t, "first with a spare", s.First(usd(200)), 730e6)
	near(t, "always with a spare", s.Always(usd(200)), 1095e6)
	if got := s.At(0); got.Cmp(usd(2*73000)) != 0 {
		t.Errorf("nothing to serve still takes a machine and its spare: %s", got)
	}
	if v := s.First(usd(73)); !math.IsInf(v, 1) {
		t.Errorf("no machine is cheaper than $0.73 with a spare: %v", v)
	}
	if v := (Staircase{PerMonth: usd(73000), Capacity: 1e9}).First(usd(73)); v != 1e9 {
		t.Errorf("a full machine costs $0.73: %v", v)
	}
	for _, v := range []float64{s.First(usd(0)), s.Always(usd(0)), s.Always(usd(73)), Staircase{PerMonth: usd(1)}.First(usd(1))} {
		if !math.IsInf(v, 1) {
			t.Errorf("there is no break-even, but %v", v)
		}
	}
}

// The closed forms find what a walk along the staircase finds.
func TestBreakEvenMatchesTheStaircase(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	finite := 0
	for range 300 {
		s := Staircase{PerMonth: usd(1 + rng.Int64N(5000)), Spares: rng.IntN(4), Capacity: 1e6 * (1 + 20*rng.Float64())}
		api := usd(1 + rng.Int64N(1500))
		first, always := walk(s, api)
		if got := s.Always(api); got > (far-1)*s.Capacity { // beyond the walk's end
			if !math.IsInf(always, 1) && always < (far-2-float64(s.Spares))*s.Capacity*(1-1e-9) {
				t.Fatalf("%+v at %s: always from %v on, the walk says %v", s, api, got, always)
			}
			continue
		}
		finite++
		if got := s.First(api); math.Abs(got-first) > 1e-9*first {
			t.Fatalf("%+v at %s: first %v, the walk says %v", s, api, got, first)
		}
		if got := s.Always(api); math.Abs(got-always) > 1e-9*always {
			t.Fatalf("%+v at %s: always %v, the walk says %v", s, api, got, always)
		}
	}
	if finite < 50 {
		t.Errorf("only %d staircases crossed their line", finite)
	}
}

const far = 400 // machines

// walk goes from step to step: on each, the line is reached at one volume.
func walk(s Staircase, api money.Amount) (first, always float64) {
	first, always = math.Inf(1), math.Inf(1)
	line := func(volume float64) float64 { return volume * api.Float() / million }
	for n := 1; n <= far; n++ {
		cost := s.PerMonth.Mul(int64(n + s.Spares)).Float()
		from, to := float64(n-1)*s.Capacity, float64(n)*s.Capacity
		crossing := cost / api.Float() * million
		switch {
		case line(to) < cost: // the step is above the line, to its end
			always = math.Inf(1)
		case line(from) < cost: // the line crosses it
			first, always = min(first, crossing), crossing
		case math.IsInf(always, 1):
			always = from
		}
	}
	return first, always
}

// A better price, a dearer API or more tokens per second never move the break-even up.
func TestBreakEvenIsMonotone(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		s := Staircase{PerMonth: usd(1 + rng.Int64N(5000)), Spares: rng.IntN(3), Capacity: 1e6 * (1 + 20*rng.Float64())}
		api := usd(1 + rng.Int64N(1500))
		cheaper, faster := s, s
		cheaper.PerMonth, faster.Capacity = s.PerMonth.Times(.9), 1.1*s.Capacity
		const slack = 1 + 1e-9
		for name, pair := range map[string][2]float64{
			"cheaper machine": {cheaper.First(api), s.First(api)}, "faster machine": {faster.First(api), s.First(api)},
			"cheaper, always": {cheaper.Always(api), s.Always(api)}, "faster, always": {faster.Always(api), s.Always(api)},
			"dearer API": {s.First(api.Mul(2)), s.First(api)}, "dearer API, always": {s.Always(api.Mul(2)), s.Always(api)},
			"first, then always": {s.First(api), s.Always(api)},
		} {
			if pair[0] > pair[1]*slack {
				t.Fatalf("%s: %v, then %v (%+v at %s)", name, pair[0], pair[1], s, api)
			}
		}
	}
}

// By hand: $0.90 an hour and 1,000 tokens a second make $0.25 a million at full use, an
// eighth of an API that asks $1 for input and $5 for output at a ratio of 3 to 1.
func TestAgainst(t *testing.T) {
	plan := Plan{PerHour: perHour(t, "0.90"), Utilisation: 0.5}
	r := Rates{Requests: Estimate{10, 10, 10}, Tokens: Estimate{1000, 800, 1250}, Input: Estimate{750, 750, 750}, Output: Estimate{250, 250, 250}}
	api := price.API{Row: price.Row{Name: "x"}, Rates: price.Rates{Input: usd(100), Output: usd(500)}}
	b, err := Against(plan, r, 0, api)
	if err != nil || b.PerMillion.Cmp(usd(200)) != 0 {
		t.Fatalf("%+v, %v", b, err)
	}
	near(t, "use", b.Use.Value, .125)
	near(t, "use at most", b.Use.High, .125/.8)
	near(t, "use at least", b.Use.Low, .125/1.25)
	near(t, "capacity", b.Capacity.Value, .5*1000*3600*730)
	near(t, "first", b.First.Value, .9*730/2*1e6)
	if b.Verdict != Pays || b.First.Low != b.First.High {
		t.Errorf("the first machine's price and the API's are exact: %+v", b)
	}
	b, _ = Against(plan, r, 1, api)
	if !(b.Always.Low <= b.Always.Value && b.Always.Value <= b.Always.High) {
		t.Errorf("%+v", b.Always)
	}
	for verdict, cents := range map[Verdict]int64{Never: 30, Undecided: 50, Pays: 63} {
		api.Rates = price.Rates{Input: usd(cents), Output: usd(cents)}
		if b, _ = Against(plan, r, 0, api); b.Verdict != verdict {
			t.Errorf("against %d cents, where a full machine as planned costs 40 to 62.5: %s", cents, b.Verdict)
		}
	}
	if _, err := Against(plan, Rates{}, 0, api); err == nil {
		t.Error("nothing was delivered")
	}
}

// Long prompts are priced at their tier, and cached ones as cached.
func TestAgainstTiersAndCache(t *testing.T) {
	api := price.API{Rates: price.Rates{Input: usd(100), CachedInput: usd(10), Output: usd(400)},
		Tiers: []price.Tier{{Above: 100, Rates: price.Rates{Input: usd(200), Output: usd(800)}}}}
	r := Rates{Requests: Estimate{10, 10, 10}, Tokens: Estimate{1000, 1000, 1000}, Input: Estimate{250, 250, 250}, Output: Estimate{250, 250, 250}, Cached: 500}
	plan := Plan{PerHour: perHour(t, "1"), Utilisation: 1}
	if b, _ := Against(plan, r, 0, api); b.PerMillion.Decimal() != "1.3" { // (1 + 2 x 0.1 + 4) / 4
		t.Errorf("75 tokens a prompt: %s", b.PerMillion.Decimal())
	}
	r.Requests = Estimate{5, 5, 5}
	if b, _ := Against(plan, r, 0, api); b.PerMillion.Decimal() != "3.5" { // (2 + 2 x 2 + 8) / 4
		t.Errorf("150 tokens a prompt: %s", b.PerMillion.Decimal())
	}
}

// The anchors of the survey: an owned H100 of $1.70 an hour.
func TestOwnOverRent(t *testing.T) {
	for rent, want := range map[int64]float64{295: .58, 399: .43, 688: .25} {
		if got := OwnOverRent(usd(170), usd(rent)); math.Abs(got-want) > .005 {
			t.Errorf("against %d cents: %v, want %v", rent, got, want)
		}
	}
	if OwnOverRent(usd(170), usd(155)) <= 1 {
		t.Error("renting at $1.55 is always cheaper")
	}
}
