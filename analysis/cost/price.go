package cost

import (
	"fmt"
	"math/big"
	"regexp"
)

// Price is what the machine costs in an hour, exactly as written.
type Price struct {
	perHour  *big.Rat
	text     string
	currency string
}

var decimal = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)

// ParsePrice reads a decimal amount per hour, such as "0.50". A price of zero has no
// cost to compare and is refused, as are signs, exponents and separators.
func ParsePrice(perHour, currency string) (Price, error) {
	if !decimal.MatchString(perHour) {
		return Price{}, fmt.Errorf("price per hour %q: expected a decimal number such as \"0.50\"", perHour)
	}
	r, ok := new(big.Rat).SetString(perHour)
	if !ok || r.Sign() <= 0 {
		return Price{}, fmt.Errorf("price per hour %q: expected more than 0", perHour)
	}
	return Price{perHour: r, text: perHour, currency: currency}, nil
}

// Currency is the name of the money, "USD" where none was given.
func (p Price) Currency() string {
	if p.currency == "" {
		return "USD"
	}
	return p.currency
}

// String is the price as written: "$0.50 per hour".
func (p Price) String() string { return p.amount() + " per hour" }

func (p Price) amount() string {
	if p.Currency() == "USD" || p.Currency() == "$" {
		return "$" + p.text
	}
	return p.text + " " + p.Currency()
}

// per is the price of `units` things made at rate per second on a machine used to
// the share u.
func (p Price) per(units int64, u, rate float64) float64 {
	exact := new(big.Rat).Mul(p.perHour, big.NewRat(units, 3600))
	dollars, _ := exact.Float64()
	return dollars / (u * rate)
}
