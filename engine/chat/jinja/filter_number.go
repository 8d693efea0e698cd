package jinja

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

func absolute(_ *run, v Value, _ []Value) (Value, error) {
	if f, ok := v.(float64); ok {
		return math.Abs(f), nil
	}
	if c, ok := compareNumbers(v, int64(0)); ok && c < 0 {
		return signed("-", v)
	}
	if _, ok := float(v); !ok {
		return nil, fail("bad operand type for abs(): '%s'", typeName(v))
	}
	return signed("+", v)
}

func rounded(_ *run, v Value, a []Value) (Value, error) {
	x, ok := float(v)
	precision, err := integerArgument("filter round: precision", a[0])
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fail("filter round: expected a number, found %s", typeName(v))
	}
	_, isFloat := v.(float64)
	toward := map[Value]func(float64) float64{"ceil": math.Ceil, "floor": math.Floor}[a[1]]
	switch {
	case a[1] == "common":
		return roundDecimal(v, x, precision), nil
	case toward != nil && !isFloat && precision >= 0:
		return x, nil
	case toward != nil:
		scale := math.Pow(10, float64(precision))
		return toward(x*scale)/scale + 0, nil // a zero has no sign
	}
	return nil, fail("method must be common, ceil or floor")
}

// roundDecimal is Python's round: the nearest decimal of the exact value, ties to even. Integers stay integers.
func roundDecimal(v Value, x float64, precision int) Value {
	if i, ok := bigInteger(v); ok {
		return roundInteger(i, precision)
	}
	if precision < 0 {
		scale := math.Pow(10, float64(-precision))
		return math.RoundToEven(x/scale) * scale
	}
	if precision > 22 {
		return x
	}
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'f', precision, 64), 64)
	if err != nil {
		return x
	}
	return y
}

func roundInteger(i *big.Int, precision int) Value {
	switch {
	case precision >= 0:
		return normal(i)
	case -precision > i.BitLen(): // less than half of the unit
		return int64(0)
	}
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(-precision)), nil)
	quotient, rest := new(big.Int).DivMod(i, unit, new(big.Int))
	c := rest.Lsh(rest, 1).Cmp(unit)
	if c > 0 || c == 0 && quotient.Bit(0) == 1 {
		quotient.Add(quotient, big.NewInt(1))
	}
	return normal(quotient.Mul(quotient, unit))
}

// toInteger gives its default for what is not a number.
func toInteger(r *run, v Value, a []Value) (Value, error) {
	base, err := integerArgument("filter int: base", a[1])
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case bool:
		i, _ := integer(v)
		return i, nil
	case int64, *big.Int:
		return v, nil
	case float64:
		return truncate(v, a[0]), nil
	case *undefined:
		return nil, v.fail()
	}
	s, ok := text(v)
	if !ok || len(s) > maxDigits {
		return a[0], nil
	}
	if i, ok := parseInteger(s, base); ok {
		return i, nil
	}
	if f, ok := parseFloat(s); ok {
		return truncate(f, a[0]), nil
	}
	return a[0], r.scan(len(s))
}

func truncate(f float64, otherwise Value) Value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return otherwise
	}
	i, _ := big.NewFloat(f).Int(nil)
	return normal(i)
}

// parseInteger is Python's int(s, base).
func parseInteger(s string, base int) (Value, bool) {
	s = strings.TrimFunc(s, isSpace)
	digits := strings.TrimLeft(s, "+-")
	if digits == "" || len(s)-len(digits) > 1 || digits[0] == '_' || strings.HasSuffix(digits, "_") || strings.Contains(digits, "__") {
		return nil, false
	}
	if base != 0 && (base < 2 || base > 36) {
		return nil, false
	}
	prefix := map[int]string{16: "0x", 8: "0o", 2: "0b"}[base]
	if prefix != "" && len(digits) > 2 && strings.EqualFold(digits[:2], prefix) {
		digits = strings.TrimPrefix(digits[2:], "_")
	}
	i, ok := new(big.Int).SetString(strings.ReplaceAll(digits, "_", ""), base)
	if !ok {
		return nil, false
	}
	if s[0] == '-' {
		i.Neg(i)
	}
	return normal(i), true
}

// parseFloat is Python's float(s).
func parseFloat(s string) (float64, bool) {
	s = strings.TrimFunc(s, isSpace)
	if strings.ContainsAny(s, "xXpP") || strings.HasPrefix(s, "_") || strings.HasSuffix(s, "_") || strings.Contains(s, "__") {
		return 0, false
	}
	f, err := strconv.ParseFloat(strings.ReplaceAll(s, "_", ""), 64)
	return f, err == nil || math.IsInf(f, 0)
}

func toFloat(_ *run, v Value, a []Value) (Value, error) {
	if f, ok := float(v); ok {
		return f, nil
	}
	if u, ok := v.(*undefined); ok {
		return nil, u.fail()
	}
	if s, ok := text(v); ok {
		if f, ok := parseFloat(s); ok {
			return f, nil
		}
	}
	return a[0], nil
}
