package money

import (
	"fmt"
	"math"
	"regexp"
	"strings"

	"github.com/shopspring/decimal"
)

// Amount is an exact amount of money. The zero Amount is nothing, of no currency, and
// takes on the currency of what is added to it.
type Amount struct {
	value    decimal.Decimal
	currency string
}

var (
	number = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)
	code   = regexp.MustCompile(`^[A-Z]{3}$`)
)

// Parse reads a decimal such as "0.50" in a currency of ISO 4217's three letters.
// Exponents, separators and signs other than a minus are refused.
func Parse(text, currency string) (Amount, error) {
	if !number.MatchString(text) {
		return Amount{}, fmt.Errorf("amount %q: expected a decimal number such as \"0.50\"", text)
	}
	if err := CheckCurrency(currency); err != nil {
		return Amount{}, err
	}
	value, err := decimal.NewFromString(text)
	return Amount{value, currency}, err
}

// ParseNamed reads an amount with its currency on either side: "USD 0.50" or "0.50 USD".
func ParseNamed(text string) (Amount, error) {
	first, second, _ := strings.Cut(strings.TrimSpace(text), " ")
	if code.MatchString(first) {
		first, second = second, first
	}
	first = strings.TrimSpace(first)
	if !number.MatchString(first) || !code.MatchString(second) {
		return Amount{}, fmt.Errorf("amount %q: expected a currency and a decimal number such as \"USD 0.50\"", text)
	}
	return Parse(first, second)
}

// CheckCurrency is an error for what is no code of three capital letters.
func CheckCurrency(currency string) error {
	if !code.MatchString(currency) {
		return fmt.Errorf("currency %q: expected three capital letters such as \"USD\"", currency)
	}
	return nil
}

// Same is an error that names two currencies, if there are two.
func Same(currencies ...string) error {
	for _, c := range currencies {
		if c != currencies[0] {
			return fmt.Errorf("currencies %s and %s are mixed: expected one; amounts are never converted", currencies[0], c)
		}
	}
	return nil
}

// New is units times 10^exponent: New(250, -2, "USD") is 2.50 dollars.
func New(units int64, exponent int32, currency string) Amount {
	return Amount{decimal.New(units, exponent), currency}
}

// Zero is nothing of a currency.
func Zero(currency string) Amount { return Amount{currency: currency} }

// Currency is its code, "" for the zero Amount.
func (a Amount) Currency() string { return a.currency }

// Add is a + b.
func (a Amount) Add(b Amount) Amount { return Amount{a.value.Add(b.value), a.with(b)} }

// Sub is a - b.
func (a Amount) Sub(b Amount) Amount { return Amount{a.value.Sub(b.value), a.with(b)} }

// Mul is n times a, exactly.
func (a Amount) Mul(n int64) Amount { return Amount{a.value.Mul(decimal.NewFromInt(n)), a.currency} }

// Times is a times a measured or assumed factor. The factor's shortest decimal form is
// used: 0.1 is one tenth. It panics where the factor is no finite number.
func (a Amount) Times(factor float64) Amount {
	if math.IsNaN(factor) || math.IsInf(factor, 0) {
		panic(fmt.Sprintf("money: times %v", factor))
	}
	return Amount{a.value.Mul(decimal.NewFromFloat(factor)), a.currency}
}

// Per is a / n, to 16 decimal places: the price of one of n. It panics for n of 0.
func (a Amount) Per(n int64) Amount {
	return Amount{a.value.DivRound(decimal.NewFromInt(n), 16), a.currency}
}

// Shift is a times 10^places, exactly: Shift(-6) makes the price of one of the price of a million.
func (a Amount) Shift(places int32) Amount { return Amount{a.value.Shift(places), a.currency} }

// Cmp is -1, 0 or 1 as a is less than, equal to or more than b.
func (a Amount) Cmp(b Amount) int {
	a.with(b)
	return a.value.Cmp(b.value)
}

// Sign is -1, 0 or 1.
func (a Amount) Sign() int { return a.value.Sign() }

// Round is a to a number of decimal places, halves away from zero.
func (a Amount) Round(places int32) Amount { return Amount{a.value.Round(places), a.currency} }

// Float is the nearest binary fraction, for figures and for forms that have an error
// anyway.
func (a Amount) Float() float64 { return a.value.InexactFloat64() }

// Decimal is the number alone, every place it has: "0.50" is "0.5".
func (a Amount) Decimal() string { return a.value.String() }

// Fixed is the number alone with the given decimal places.
func (a Amount) Fixed(places int32) string { return a.value.StringFixed(places) }

// String is for people: "$1,234.56" or "1,234.56 EUR", to the cent.
func (a Amount) String() string {
	text := a.value.Abs().StringFixed(2)
	whole, cents, _ := strings.Cut(text, ".")
	text = grouped(whole) + "." + cents
	if a.value.Round(2).Sign() < 0 {
		text = "-" + text
	}
	return named(text, a.currency)
}

// Exact is for people, with every place it has and at least the cents: "$0.085".
func (a Amount) Exact() string {
	places := max(2, -a.value.Exponent())
	text := a.value.Abs().StringFixed(places)
	whole, part, _ := strings.Cut(text, ".")
	for len(part) > 2 && part[len(part)-1] == '0' {
		part = part[:len(part)-1]
	}
	text = grouped(whole) + "." + part
	if a.Sign() < 0 {
		text = "-" + text
	}
	return named(text, a.currency)
}

// Named is for records: "USD 12.5", every place it has. ParseNamed reads it.
func (a Amount) Named() string { return strings.TrimSpace(a.currency + " " + a.value.String()) }

// MarshalText is "12.5 USD", exactly.
func (a Amount) MarshalText() ([]byte, error) {
	return []byte(strings.TrimSpace(a.value.String() + " " + a.currency)), nil
}

// UnmarshalText reads what MarshalText writes.
func (a *Amount) UnmarshalText(text []byte) (err error) {
	value, currency, named := strings.Cut(string(text), " ")
	if !named && value == "0" {
		*a = Amount{}
		return nil
	}
	*a, err = Parse(value, currency)
	return err
}

// with is the currency of both.
func (a Amount) with(b Amount) string {
	if a.currency == "" || a.currency == b.currency {
		return b.currency
	}
	if b.currency == "" {
		return a.currency
	}
	panic(Same(a.currency, b.currency))
}

func grouped(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func named(text, currency string) string {
	switch currency {
	case "":
		return text
	case "USD":
		if minus, found := strings.CutPrefix(text, "-"); found {
			return "-$" + minus
		}
		return "$" + text
	}
	return text + " " + currency
}
