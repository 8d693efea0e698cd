package showback

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/money"
)

func month(t testing.TB, text string) Period {
	t.Helper()
	p, err := Month(text, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func usd(t testing.TB, text string) money.Amount {
	t.Helper()
	a, err := money.Parse(text, "USD")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// made is a bill and uses drawn at random: several shared costs and rules, APIs with and without invoices,
// models that several costs or none name, teams without a name.
func made(rng *rand.Rand, p Period) (*Bill, []Use) {
	cent := func() money.Amount { return money.New(rng.Int64N(3_000_000), -int32(rng.IntN(4)), "USD") }
	b := &Bill{Name: "made", Period: p, Currency: "USD", Teams: map[string]string{"key-1": "one"},
		Weights: Weights{Basis: ByTokens, Prefill: rng.Float64(), Cached: rng.Float64() / 10, Decode: 5 * rng.Float64(), Seconds: true}}
	if rng.IntN(4) == 0 {
		b.Weights = Weights{Basis: ByEngineTime, Seconds: true}
	}
	for i := range rng.IntN(4) {
		s := Shared{Name: fmt.Sprintf("shared %d", i), Amount: cent(), Idle: Idle{Rule: IdleRules[rng.IntN(len(IdleRules))], Owner: "owner", Share: fmt.Sprintf("0.%03d", rng.IntN(1000))}}
		if rng.IntN(3) == 0 {
			s.Idle.Share, s.Replicas = "", 1+rng.IntN(3)
		}
		if rng.IntN(2) == 0 {
			s.Models = []string{fmt.Sprintf("m%d", rng.IntN(4)), "x*"}
		}
		b.Shared = append(b.Shared, s)
	}
	for i := range rng.IntN(3) {
		a := API{Name: fmt.Sprintf("api %d", i), Models: []string{fmt.Sprintf("m%d", 4+i)}}
		if rng.IntN(2) == 0 {
			a.Prices, a.Input, a.Cached, a.Output = true, cent(), cent(), cent()
		}
		if rng.IntN(2) == 0 {
			a.Invoice = cent()
		}
		b.APIs = append(b.APIs, a)
	}
	var uses []Use
	for range rng.IntN(30) {
		u := Use{Time: p.Start.Add(time.Duration(rng.Int64N(int64(p.Length())))), Team: []string{"", "a", "b", "c"}[rng.IntN(4)], Model: fmt.Sprintf("m%d", rng.IntN(8)),
			Key: []string{"", "key-1", "key-2"}[rng.IntN(3)], Source: "assay", Requests: 1 + rng.Int64N(9), Prompt: rng.Int64N(1e6), Output: rng.Int64N(1e6), Engine: time.Duration(rng.Int64N(1e12))}
		u.Cached, u.Timed = rng.Int64N(u.Prompt+1), u.Requests
		if rng.IntN(3) == 0 {
			u.Source, u.Spend = "litellm", money.New(rng.Int64N(1e12), -12, "USD")
		}
		uses = append(uses, u)
	}
	return b, uses
}

// TestSharesSumToTheBill for any weights, rules, prices and uses; by every dimension; and no use is
// lost.
func TestSharesSumToTheBill(t *testing.T) {
	p := month(t, "2026-11")
	rng := rand.New(rand.NewPCG(7, 9))
	for n := range 1000 {
		b, uses := made(rng, p)
		s, err := Attribute(b, uses, p.Start.Add(p.Length()*time.Duration(1+rng.IntN(4))/4))
		if err != nil {
			t.Fatalf("%d: %v", n, err)
		}
		billed, tokens := money.Zero("USD"), int64(0)
		for _, c := range b.Shared {
			billed = billed.Add(c.Amount)
		}
		for _, i := range s.Items {
			if i.Kind == KindAPI {
				billed = billed.Add(i.Cost)
			}
		}
		if billed.Cmp(s.Total) != 0 {
			t.Fatalf("%d: the total is %s, costs sum to %s", n, s.Total.Decimal(), billed.Decimal())
		}
		for _, by := range Dimensions {
			groups, err := s.By(by)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Sum(groups); got.Cost.Cmp(s.Total) != 0 || got.Used.Add(got.Idle).Add(got.API).Cmp(got.Cost) != 0 {
				t.Fatalf("%d: by %s the sum is %s of %s", n, by, got.Cost.Decimal(), s.Total.Decimal())
			} else if by == PerTeam {
				tokens = got.Use.Tokens()
			}
		}
		want := int64(0)
		for _, u := range uses {
			want += u.Tokens()
		}
		for _, u := range s.Unpriced {
			tokens += u.Tokens()
		}
		if tokens != want {
			t.Fatalf("%d: %d tokens are shown, %d were used", n, tokens, want)
		}
	}
}

// TestUsedGoesByWeights: every row is within a cent of its exact part, computed another way.
func TestUsedGoesByWeights(t *testing.T) {
	p := month(t, "2026-11")
	b := &Bill{Name: "b", Period: p, Currency: "USD", Weights: Weights{Basis: ByTokens, Prefill: 1, Cached: .1, Decode: 6, KV: .5},
		Shared: []Shared{{Name: "node", Amount: usd(t, "1000.00"), Idle: Idle{Rule: IdleUnallocated, Share: "0.25"}}}}
	uses := []Use{
		{Team: "a", Model: "m", Requests: 1, Timed: 1, Prompt: 1000, Cached: 400, Output: 50, BlockTime: 4e6},
		{Team: "b", Model: "m", Requests: 1, Timed: 1, Prompt: 10, Output: 500},
		{Team: "", Model: "m", Requests: 1, Timed: 1, Prompt: 77, Output: 1, BlockTime: 1e6},
	}
	s, err := Attribute(b, uses, p.End)
	if err != nil {
		t.Fatal(err)
	}
	weights := map[string]float64{"a": 600 + 40 + 300 + 2, "b": 10 + 3000, Unattributed: 77 + 6 + .5}
	all := weights["a"] + weights["b"] + weights[Unattributed]
	groups, _ := s.By(PerTeam)
	if len(groups) != 4 {
		t.Fatalf("groups %+v", groups)
	}
	for _, g := range groups {
		want := 750 * weights[g.Name] / all
		if g.Name == Unallocated {
			want = 250
		}
		if off := g.Cost.Float() - want; off > .01 || off < -.01 {
			t.Errorf("%s pays %s, want about %.4f", g.Name, g.Cost, want)
		}
	}
}

func TestIdleRules(t *testing.T) {
	p := month(t, "2026-11")
	uses := []Use{{Team: "a", Model: "m", Requests: 1, Prompt: 300}, {Team: "b", Model: "m", Requests: 1, Prompt: 100}, {Team: "b", Model: "other", Requests: 1, Prompt: 50}}
	for _, c := range []struct {
		rule string
		uses []Use
		want map[string]string // idle by team
	}{
		{IdleProportional, uses[:2], map[string]string{"a": "75.00", "b": "25.00"}},
		{IdleEqual, uses[:2], map[string]string{"a": "50.00", "b": "50.00"}},
		{IdleOwner, uses, map[string]string{"platform": "100.00"}},
		{IdleUnallocated, uses, map[string]string{Unallocated: "100.00"}},
		{IdleProportional, nil, map[string]string{Unallocated: "400.00"}},
		{IdleEqual, nil, map[string]string{Unallocated: "400.00"}},
	} {
		b := &Bill{Name: "b", Period: p, Currency: "USD", Weights: Weights{Basis: ByTokens, Prefill: 1, Decode: 1},
			Shared: []Shared{{Name: "node", Amount: usd(t, "400.00"), Models: []string{"m"}, Idle: Idle{Rule: c.rule, Owner: "platform", Share: "0.25"}}}}
		s, err := Attribute(b, c.uses, p.End)
		if err != nil {
			t.Fatal(err)
		}
		groups, _ := s.By(PerTeam)
		got := map[string]string{}
		for _, g := range groups {
			if g.Idle.Sign() > 0 {
				got[g.Name] = g.Idle.Fixed(2)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s with %d uses: %v, want %v", c.rule, len(c.uses), got, c.want)
		}
	}
}

// TestIdleIsWhatEnginesDidNotUse: with weights that are seconds, of the time that has passed.
func TestIdleIsWhatEnginesDidNotUse(t *testing.T) {
	p := month(t, "2026-11") // of 720 hours
	b := &Bill{Name: "b", Period: p, Currency: "USD", Weights: Weights{Basis: ByEngineTime, Seconds: true},
		Shared: []Shared{{Name: "nodes", Amount: usd(t, "1000.00"), Replicas: 2, Idle: Idle{Rule: IdleUnallocated}}}}
	uses := []Use{{Team: "a", Model: "m", Requests: 1, Timed: 1, Engine: 144 * time.Hour}}
	for at, want := range map[time.Time]float64{p.End: .9, p.Start.Add(360 * time.Hour): .8, p.Start.Add(36 * time.Hour): 0} {
		s, err := Attribute(b, uses, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Items[0].IdleShare; got != want {
			t.Errorf("until %v %v is idle, want %v", at, got, want)
		}
		if over := len(s.Notes) > 0 && strings.Contains(s.Notes[0], "200 %"); over != (want == 0) {
			t.Errorf("notes %q", s.Notes)
		}
	}
}

// TestUseOfNoTeamIsShown, and that of a key the bill knows is its team's.
func TestUseOfNoTeamIsShown(t *testing.T) {
	p := month(t, "2026-11")
	b := &Bill{Name: "b", Period: p, Currency: "USD", Weights: Weights{Basis: ByTokens, Prefill: 1}, Teams: map[string]string{"key-7": "search", "4f1c": "shop"},
		Shared: []Shared{{Name: "node", Amount: usd(t, "10.00"), Idle: Idle{Rule: IdleProportional, Share: "0"}}}}
	s, err := Attribute(b, []Use{{Model: "m", Key: "key-7", Requests: 1, Prompt: 5}, {Team: "4f1c", Model: "m", Requests: 1, Prompt: 3}, {Model: "m", Key: "key-8", Requests: 1, Prompt: 2}}, p.End)
	if err != nil {
		t.Fatal(err)
	}
	groups, _ := s.By(PerTeam)
	got := ""
	for _, g := range groups {
		got += g.Name + " " + g.Cost.Fixed(2) + "; "
	}
	if got != "search 5.00; shop 3.00; unattributed 2.00; " {
		t.Error(got)
	}
}

// TestCurrenciesAreNotMixed.
func TestCurrenciesAreNotMixed(t *testing.T) {
	p := month(t, "2026-11")
	euros := &Bill{Name: "b", Period: p, Currency: "EUR"}
	uses := []Use{{Team: "a", Model: "gpt-4o", Source: "litellm", Requests: 1, Prompt: 5, Spend: money.New(5, -1, "USD")}}
	if _, err := Attribute(euros, uses, p.End); err == nil || !strings.Contains(err.Error(), "USD") || !strings.Contains(err.Error(), "EUR") {
		t.Errorf("dollars on a bill in euros: %v", err)
	}
	euros.APIs = []API{{Name: "OpenAI", Models: []string{"gpt-*"}, Invoice: money.New(47, -2, "EUR")}}
	s, err := Attribute(euros, uses, p.End) // an invoice in euros, shared by what was recorded in dollars
	if err != nil || s.Total.Fixed(2) != "0.47" || s.Rows[0].Cost.Cmp(s.Total) != 0 {
		t.Errorf("%+v, %v", s, err)
	}
	both := append(uses, Use{Team: "a", Model: "gpt-4o", Source: "litellm", Requests: 1, Spend: money.New(5, -1, "GBP")})
	euros.APIs = nil
	if _, err := Attribute(euros, both, p.End); err == nil {
		t.Error("dollars and pounds on a bill in euros")
	}
}

// TestPrices: tokens times prices a million, exactly, before what is rounded is shared.
func TestPrices(t *testing.T) {
	a := API{Prices: true, Input: usd(t, "2.50"), Cached: usd(t, "1.25"), Output: usd(t, "10.00")}
	got := a.price(&Use{Prompt: 1234, Cached: 234, Output: 77})
	if got.Decimal() != "0.0035625" { // 1000 x 2.5 + 234 x 1.25 + 77 x 10, of a million
		t.Error(got.Decimal())
	}
	p := month(t, "2026-11")
	a.Name, a.Models = "OpenAI", []string{"gpt-*"}
	b := &Bill{Name: "b", Period: p, Currency: "USD", APIs: []API{a}}
	var uses []Use
	for i := range 3 {
		uses = append(uses, Use{Team: string(rune('a' + i)), Model: "gpt-x", Requests: 1, Output: 500}) // half a cent each
	}
	s, err := Attribute(b, uses, p.End)
	if err != nil || s.Total.Fixed(2) != "0.02" {
		t.Errorf("three halves of a cent are %s: %v", s.Total.Decimal(), err)
	}
}

// TestAnInvoiceNobodyCausedIsShown.
func TestAnInvoiceNobodyCausedIsShown(t *testing.T) {
	p := month(t, "2026-11")
	b := &Bill{Name: "b", Period: p, Currency: "USD", APIs: []API{{Name: "OpenAI", Models: []string{"gpt-*"}, Invoice: usd(t, "12.34")}}}
	s, err := Attribute(b, nil, p.End)
	if err != nil || s.Total.Fixed(2) != "12.34" || len(s.Rows) != 1 || s.Rows[0].Team != Unattributed || len(s.Notes) != 1 {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestWeightsNeedWhatTheyGoBy.
func TestWeightsNeedWhatTheyGoBy(t *testing.T) {
	p := month(t, "2026-11")
	for _, w := range []Weights{{Basis: ByEngineTime, Seconds: true}, {Basis: ByTokens, Decode: 1, KV: 1}} {
		b := &Bill{Name: "b", Period: p, Currency: "USD", Weights: w, Shared: []Shared{{Name: "node", Amount: usd(t, "1.00"), Idle: Idle{Rule: IdleEqual, Share: "0"}}}}
		_, err := Attribute(b, []Use{{Model: "m", Source: "openai", Requests: 3, Timed: 1, Output: 4}}, p.End)
		if err == nil || !strings.Contains(err.Error(), "2 of 3") {
			t.Errorf("%s: %v", w.Basis, err)
		}
	}
	b := &Bill{Name: "b", Period: p, Currency: "USD", Weights: Weights{Basis: ByTokens, Decode: 1}, Shared: []Shared{{Name: "node", Amount: usd(t, "1.00"), Idle: Idle{Rule: IdleEqual}}}}
	if _, err := Attribute(b, nil, p.End); err == nil || !strings.Contains(err.Error(), "idle") {
		t.Errorf("how much is idle is said by nobody: %v", err)
	}
}

func TestExactly(t *testing.T) {
	if exactly(.1).Cmp(big.NewRat(1, 10)) != 0 || exactly(1e-7).Cmp(big.NewRat(1, 1e7)) != 0 {
		t.Error(exactly(.1), exactly(1e-7))
	}
}
