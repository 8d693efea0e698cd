package money

import (
	"encoding/json"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
)

func dollars(t *testing.T, text string) Amount {
	t.Helper()
	a, err := Parse(text, "USD")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestExact(t *testing.T) {
	sum := Amount{}
	for range 10 {
		sum = sum.Add(dollars(t, "0.1"))
	}
	if sum.Cmp(dollars(t, "1")) != 0 {
		t.Errorf("ten times 0.1 is %s", sum.Decimal())
	}
	if got := dollars(t, "0.0000002").Mul(3_000_000).Decimal(); got != "0.6" {
		t.Errorf("3 M tokens at $0.20 a million cost %s", got)
	}
	if got := dollars(t, "10").Per(3).Decimal(); got != "3.3333333333333333" {
		t.Errorf("10/3 = %s", got)
	}
	if got := dollars(t, "1.25").Mul(7).Shift(-6).Decimal(); got != "0.00000875" {
		t.Errorf("7 tokens at $1.25 a million cost %s", got)
	}
	if got := dollars(t, "2.95").Times(0.1).Decimal(); got != "0.295" {
		t.Errorf("a tenth of 2.95 is %s", got)
	}
}

func TestStrings(t *testing.T) {
	for text, want := range map[string]string{
		"1234567.891": "$1,234,567.89", "-0.005": "-$0.01", "-0.004": "$0.00", "12": "$12.00", "-1234.5": "-$1,234.50",
	} {
		if got := dollars(t, text).String(); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	for text, want := range map[string]string{"0.085": "$0.085", "0.50": "$0.50", "1": "$1.00", "-1234.5678000": "-$1,234.5678"} {
		if got := dollars(t, text).Exact(); got != want {
			t.Errorf("%s exactly: %s, want %s", text, got, want)
		}
	}
	if euros := New(250, -2, "EUR"); euros.String() != "2.50 EUR" {
		t.Error(euros)
	}
}

func TestText(t *testing.T) {
	for _, a := range []Amount{dollars(t, "0.123456789012345678"), New(-5, 0, "EUR"), Zero("USD"), {}} {
		text, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var back Amount
		if err := json.Unmarshal(text, &back); err != nil || back.Cmp(a) != 0 || back.Currency() != a.Currency() {
			t.Errorf("%s: %v, %v", text, back, err)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, text := range []string{"", "1e3", "1,000", "+1", ".5", "5.", "$5", "NaN", "0x1"} {
		if _, err := Parse(text, "USD"); err == nil {
			t.Errorf("%q was read", text)
		}
	}
	if _, err := Parse("1", "usd"); err == nil {
		t.Error("usd is a currency")
	}
	if Same("USD", "USD") != nil || Same() != nil || Same("USD", "EUR") == nil {
		t.Error("Same")
	}
	defer func() {
		if recover() == nil {
			t.Error("dollars and euros were added")
		}
	}()
	New(1, 0, "USD").Add(New(1, 0, "EUR"))
}

// Shares sum to the whole, whatever the weights, and none is further from its exact
// share than one unit.
func TestSplitSumsToTheWhole(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		a := New(rng.Int64N(2_000_000)-1_000_000, -int32(rng.IntN(5)), "USD")
		weights, total := make([]*big.Rat, 1+rng.IntN(9)), new(big.Rat)
		for i := range weights {
			weights[i] = big.NewRat(rng.Int64N(5), 1+rng.Int64N(7))
			total.Add(total, weights[i])
		}
		parts, err := Split(a, 2, weights)
		if total.Sign() == 0 {
			if err == nil {
				t.Fatal("shared by no weight")
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		sum := Zero("USD")
		for i, p := range parts {
			sum = sum.Add(p)
			share, _ := new(big.Rat).Quo(weights[i], total).Float64()
			if off := p.Sub(a.Times(share)).Float(); off > 0.0201 || off < -0.0201 {
				t.Fatalf("%s by %v: part %d is %s", a.Decimal(), weights, i, p.Decimal())
			}
		}
		if sum.Cmp(a) != 0 {
			t.Fatalf("%s by %v: the parts sum to %s", a.Decimal(), weights, sum.Decimal())
		}
	}
	if _, err := Split(New(1, 0, "USD"), 2, []*big.Rat{big.NewRat(-1, 1)}); err == nil {
		t.Error("a negative weight")
	}
}

func TestNamed(t *testing.T) {
	for text, want := range map[string]string{
		"USD 5": "USD 5", "5.00 USD": "USD 5", " EUR  0.0123 ": "EUR 0.0123", "-1.50 JPY": "JPY -1.5",
	} {
		a, err := ParseNamed(text)
		if err != nil || a.Named() != want {
			t.Errorf("%q: %s, %v, want %s", text, a.Named(), err, want)
		}
		if b, err := ParseNamed(a.Named()); err != nil || b.Cmp(a) != 0 || b.Currency() != a.Currency() {
			t.Errorf("%q comes back as %s, %v", text, b.Named(), err)
		}
	}
	for _, bad := range []string{"", "5", "USD", "$5", "5 usd", "USD 5 EUR", "USD USD", "5,00 USD", "1e3 USD", "USD5"} {
		if a, err := ParseNamed(bad); err == nil || !strings.Contains(err.Error(), "USD 0.50") {
			t.Errorf("%q is %s, %v", bad, a.Named(), err)
		}
	}
}

// FuzzParseNamed: what is read is written as it was meant, and read again.
func FuzzParseNamed(f *testing.F) {
	for _, text := range []string{"USD 0.50", "0.50 USD", "EUR -1", "USD  3", "USD", "1 2 3"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ParseNamed(text)
		if err != nil {
			return
		}
		if b, err := ParseNamed(a.Named()); err != nil || b.Cmp(a) != 0 || b.Currency() != a.Currency() || CheckCurrency(a.Currency()) != nil {
			t.Fatalf("%q is %s, then %s: %v", text, a.Named(), b.Named(), err)
		}
	})
}
