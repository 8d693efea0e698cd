// Package words prints measured numbers in sentences: three significant digits, a
// unit, an interval. It is for prose; tables and figures have their own layout.
package words

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Digits is how many significant digits a measured number is printed with. Few of
// our intervals are narrower than a tenth of a percent.
const Digits = 3

// Number prints v with three significant digits, without exponent, thousands
// separated by commas.
func Number(v float64) string {
	switch {
	case math.IsNaN(v):
		return "unknown"
	case math.IsInf(v, 1):
		return "infinity"
	case math.IsInf(v, -1):
		return "-infinity"
	case v == 0:
		return "0"
	}
	// Rounding first decides how many decimals are left: 9.999 is 10.0, not 10.00.
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'e', Digits-1, 64), 64)
	if err != nil {
		return fmt.Sprint(v)
	}
	decimals := max(Digits-1-int(math.Floor(math.Log10(math.Abs(rounded)))), 0)
	s := strconv.FormatFloat(rounded, 'f', decimals, 64)
	if whole, part, found := strings.Cut(s, "."); found {
		if part = strings.TrimRight(part, "0"); part == "" {
			return Thousands(whole)
		}
		return Thousands(whole) + "." + part
	}
	return Thousands(s)
}

// Thousands puts commas into a decimal integer.
func Thousands(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}

// Duration prints nanoseconds in the unit that leaves 1 to 999 before the point.
func Duration(ns float64) string {
	for _, u := range []struct {
		name string
		ns   float64
	}{{"s", 1e9}, {"ms", 1e6}, {"µs", 1e3}} {
		// 999.96 ms is printed as 1 s.
		if math.Abs(ns) >= 0.9995*u.ns {
			return Number(ns/u.ns) + " " + u.name
		}
	}
	return Number(ns) + " ns"
}

// Percent prints a share: 0.0123 is "1.23 %".
func Percent(share float64) string { return Number(100*share) + " %" }

// Money prints an amount: "$0.21" or "0.21 EUR".
func Money(v float64, currency string) string {
	if currency == "" || currency == "USD" || currency == "$" {
		return "$" + Number(v)
	}
	return Number(v) + " " + currency
}

// Count prints a number with its noun: "1 request", "3 requests".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Thousands(strconv.Itoa(n)) + " " + noun + "s"
}

// Between prints an interval in one unit: "10 to 14 ms" where the units agree,
// "900 µs to 1.2 ms" where they do not.
func Between(low, high float64, print func(float64) string) string {
	if math.IsInf(high, 1) {
		return print(low) + " or more"
	}
	a, b := print(low), print(high)
	if number, unit, found := strings.Cut(a, " "); found && strings.HasSuffix(b, " "+unit) {
		return number + " to " + b
	}
	return a + " to " + b
}

// List joins parts as in a sentence: "a, b and c".
func List(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}
