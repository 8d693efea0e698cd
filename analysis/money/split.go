package money

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/shopspring/decimal"
)

// Split shares a out by non-negative weights into amounts of whole units of the given
// decimal place (2 for cents), which sum to a exactly: what rounding down leaves goes,
// a unit each, to those it took the most from, the first of equals first (the method
// of largest remainders). What of a is below that unit goes to the largest weight.
//
// It is an error if no weight is above zero or one is below.
func Split(a Amount, places int32, weights []*big.Rat) ([]Amount, error) {
	total := new(big.Rat)
	for i, w := range weights {
		if w.Sign() < 0 {
			return nil, fmt.Errorf("weight %d is %s: expected 0 or more", i+1, w.RatString())
		}
		total.Add(total, w)
	}
	if total.Sign() == 0 {
		return nil, fmt.Errorf("%s cannot be shared: none of %d weights is above 0", a, len(weights))
	}
	units := a.value.Shift(places).Truncate(0)
	shares := largestRemainders(units.BigInt(), weights, total)
	rest := a.value.Sub(units.Shift(-places))
	parts := make([]Amount, len(weights))
	for i, n := range shares {
		parts[i] = Amount{decimal.NewFromBigInt(n, -places), a.currency}
	}
	heaviest := 0
	for i, w := range weights {
		if w.Cmp(weights[heaviest]) > 0 {
			heaviest = i
		}
	}
	parts[heaviest].value = parts[heaviest].value.Add(rest)
	return parts, nil
}

// largestRemainders is whole units by weights; units may be negative.
func largestRemainders(units *big.Int, weights []*big.Rat, total *big.Rat) []*big.Int {
	shares, lost := make([]*big.Int, len(weights)), make([]*big.Rat, len(weights))
	order := make([]int, len(weights))
	given, size := new(big.Int), new(big.Rat).SetInt(new(big.Int).Abs(units))
	for i, w := range weights {
		exact := new(big.Rat).Mul(size, w)
		exact.Quo(exact, total)
		shares[i] = new(big.Int).Quo(exact.Num(), exact.Denom())
		lost[i] = exact.Sub(exact, new(big.Rat).SetInt(shares[i]))
		given.Add(given, shares[i])
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return lost[j].Cmp(lost[i]) })
	left := new(big.Int).Sub(new(big.Int).Abs(units), given)
	for _, i := range order[:left.Int64()] {
		shares[i].Add(shares[i], big.NewInt(1))
	}
	if units.Sign() < 0 {
		for _, n := range shares {
			n.Neg(n)
		}
	}
	return shares
}
