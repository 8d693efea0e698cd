package price

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestOfModel(t *testing.T) {
	c := &Catalogue{APIs: []API{
		{Row: Row{Name: "small"}, Provider: "openai"},
		{Row: Row{Name: "small-001"}, Provider: "openai"},
		{Row: Row{Name: "small-5"}, Provider: "openai"},
		{Row: Row{Name: "hosted-small"}, Provider: "groq", Model: "small"},
		{Row: Row{Name: "anyone's"}, Model: "open"},
		{Row: Row{Name: "zz"}, Provider: "groq", Model: "open"},
		{Row: Row{Name: "flash"}, Provider: "google"},
	}}
	for _, tc := range []struct{ provider, model, want string }{
		{"openai", "small", "small"},
		{"openai", "small-20260101", "small"},
		{"openai", "small-2026-01-01", "small"},
		{"openai", "small-001", "small-001"}, // a row of its own, and not a version of the other
		{"openai", "small-002", "small"},
		{"openai", "small-5", "small-5"},
		{"openai", "small-50", ""},
		{"openai", "small.5", ""},
		{"openai", "smaller", ""},
		{"openai", "small-mini", ""},
		{"openai", "", ""},
		{"groq", "small", "hosted-small"},
		{"groq", "hosted-small", ""}, // it is called small there
		{"mistral", "small", ""},
		{"", "small", ""},
		{"openai", "open", "anyone's"},
		{"groq", "open", "zz"},
		{"google", "models/flash", "flash"},
		{"google", "publishers/google/models/flash-002", "flash"},
	} {
		a, ok := c.OfModel(tc.provider, tc.model)
		if a.Name != tc.want || ok != (tc.want != "") {
			t.Errorf("%s of %s: %q, %v, want %q", tc.model, tc.provider, a.Name, ok, tc.want)
		}
		slices.Reverse(c.APIs) // the order of rows decides nothing
		if again, _ := c.OfModel(tc.provider, tc.model); again.Name != tc.want {
			t.Errorf("%s of %s, rows reversed: %q, want %q", tc.model, tc.provider, again.Name, tc.want)
		}
	}
}

// No way of counting the tokens of a request makes it cost more than the most, and there is one that costs that.
func TestMost(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	reached := 0
	for range 2000 {
		a := API{Rates: drawnRates(rng)}
		for above := int64(0); rng.IntN(2) == 0; {
			above += 1 + rng.Int64N(40)
			a.Tiers = append(a.Tiers, Tier{Above: above, Rates: drawnRates(rng)})
		}
		prompt, output := rng.Int64N(100), rng.Int64N(100)
		most, highest := a.Most(prompt, output), usd(0)
		for range 40 {
			p, o := rng.Int64N(prompt+1), rng.Int64N(output+1)
			if rng.IntN(2) == 0 {
				p, o = prompt, output
			}
			parts := [3]int64{}
			parts[rng.IntN(3)] = p
			if rng.IntN(2) == 0 {
				parts[0] = rng.Int64N(p + 1)
				parts[1] = rng.Int64N(p - parts[0] + 1)
				parts[2] = p - parts[0] - parts[1]
			}
			cost := a.Cost(Tokens{Input: parts[0], Cached: parts[1], CacheWrite: parts[2], Output: o, Prompt: p})
			if cost.Cmp(most) > 0 {
				t.Fatalf("%+v: %v of a prompt and %d cost %s, at most %s", a, parts, o, cost.Exact(), most.Exact())
			}
			if cost.Cmp(highest) > 0 {
				highest = cost
			}
		}
		if highest.Cmp(most) == 0 {
			reached++
		}
	}
	if reached < 500 {
		t.Errorf("only %d of 2000 reached their most: it is too much", reached)
	}
}

func drawnRates(rng *rand.Rand) Rates {
	r := Rates{Input: usd(rng.Int64N(1000)), Output: usd(rng.Int64N(3000))}
	if rng.IntN(2) == 0 {
		r.CachedInput = usd(rng.Int64N(1200))
	}
	if rng.IntN(2) == 0 {
		r.CacheWrite = usd(rng.Int64N(1500))
	}
	return r
}

// What the shipped rows say of provider and model is enough to find each of them, and no two of them are the same model.
func TestShippedModels(t *testing.T) {
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, a := range c.APIs {
		if a.Provider == "" {
			continue
		}
		found++
		name := a.Model
		if name == "" {
			name = a.Name
		}
		for _, model := range []string{name, name + "-20261130"} {
			if got, ok := c.OfModel(a.Provider, model); !ok || got.Name != a.Name {
				t.Errorf("%s of %s is priced by %q, want %s", model, a.Provider, got.Name, a.Name)
			}
		}
	}
	if found < 12 {
		t.Errorf("%d rows say their provider", found)
	}
}
