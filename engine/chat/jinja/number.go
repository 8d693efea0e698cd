package jinja

import (
	"math"
	"math/big"
	"slices"
	"strings"
)

// arithmetic is a op b for the operators + - * / // % **.
func (r *run) arithmetic(op string, a, b Value) (Value, error) {
	for _, v := range [2]Value{a, b} {
		if u, ok := v.(*undefined); ok {
			return nil, u.fail()
		}
	}
	if v, done, err := r.joined(op, a, b); done || err != nil {
		return v, err
	}
	if v, ok := smallSum(op, a, b); ok {
		return v, nil
	}
	i, aInt := bigInteger(a)
	j, bInt := bigInteger(b)
	if aInt && bInt {
		return integerArithmetic(op, i, j)
	}
	x, aOK := float(a)
	y, bOK := float(b)
	if aOK && bOK {
		if aInt && math.IsInf(x, 0) || bInt && math.IsInf(y, 0) {
			return nil, fail("int too large to convert to float")
		}
		return floatArithmetic(op, x, y)
	}
	return nil, unsupported(op, a, b)
}

func unsupported(op string, a, b Value) error {
	if _, ok := text(a); ok && op == "+" {
		return fail(`can only concatenate str (not "%s") to str`, typeName(b))
	}
	if s, ok := a.(*seq); ok && op == "+" && s.kind <= tupleKind {
		return fail(`can only concatenate %s (not "%s") to %s`, typeName(a), typeName(b), typeName(a))
	}
	return fail("unsupported operand type(s) for %s: '%s' and '%s'", op, typeName(a), typeName(b))
}

// joined is what + * % do with texts and lists.
func (r *run) joined(op string, a, b Value) (v Value, done bool, err error) {
	switch op {
	case "+":
		return r.concatenated(a, b)
	case "*":
		if n, ok := integer(a); ok {
			a, b = b, n
		}
		if n, ok := integer(b); ok {
			return r.repeated(a, n)
		}
	case "%":
		if _, ok := text(a); ok {
			v, err := r.percent(a, b)
			return v, true, err
		}
	}
	return nil, false, nil
}

func (r *run) concatenated(a, b Value) (v Value, done bool, err error) {
	s, aText := text(a)
	t, bText := text(b)
	if aText && bText {
		_, aMarked := a.(markup)
		_, bMarked := b.(markup)
		if aMarked != bMarked {
			s, t = escapeUnless(aMarked, s), escapeUnless(bMarked, t)
		}
		if err := r.build(len(s) + len(t)); err != nil {
			return nil, true, err
		}
		if aMarked || bMarked {
			return markup(s + t), true, nil
		}
		return s + t, true, nil
	}
	x, aSeq := a.(*seq)
	y, bSeq := b.(*seq)
	if aSeq && bSeq && x.kind == y.kind && x.kind <= tupleKind {
		if err := r.build(elementBytes * (len(x.items) + len(y.items))); err != nil {
			return nil, true, err
		}
		return &seq{kind: x.kind, items: slices.Concat(x.items, y.items)}, true, nil
	}
	return nil, false, nil
}

// repeated is v * n for texts and lists.
func (r *run) repeated(v Value, n int64) (out Value, done bool, err error) {
	count := int(max(n, 0))
	if s, ok := text(v); ok {
		if s == "" {
			count = 0
		}
		if err := r.repeat(count, len(s)); err != nil {
			return nil, true, err
		}
		return like(v, strings.Repeat(s, count)), true, nil
	}
	s, ok := v.(*seq)
	if !ok || s.kind > tupleKind {
		return nil, false, nil
	}
	if len(s.items) == 0 {
		count = 0
	}
	if err := r.repeat(count, elementBytes*len(s.items)); err != nil {
		return nil, true, err
	}
	return &seq{kind: s.kind, items: slices.Repeat(s.items, count)}, true, nil
}

// smallSum is the usual case of arithmetic: counting.
func smallSum(op string, a, b Value) (Value, bool) {
	i, aOK := a.(int64)
	j, bOK := b.(int64)
	if !aOK || !bOK || max(i, -i, j, -j) > 1<<60 || min(i, j) == math.MinInt64 {
		return nil, false
	}
	switch op {
	case "+":
		return i + j, true
	case "-":
		return i - j, true
	}
	return nil, false
}

func bigInteger(v Value) (*big.Int, bool) {
	if i, ok := v.(*big.Int); ok {
		return i, true
	}
	i, ok := integer(v)
	return big.NewInt(i), ok
}

// maxBits is the size of the largest integer that arithmetic gives.
const maxBits = 1 << 14

func integerArithmetic(op string, a, b *big.Int) (Value, error) {
	if op == "**" {
		return integerPower(a, b)
	}
	out := new(big.Int)
	switch op {
	case "+":
		out.Add(a, b)
	case "-":
		out.Sub(a, b)
	case "*":
		out.Mul(a, b)
	default:
		if b.Sign() == 0 {
			return nil, divisionByZero(op, "integer ")
		}
		if op == "/" {
			return ratio(a, b)
		}
		modulus := new(big.Int)
		out.DivMod(a, b, modulus) // the modulus is not negative
		if b.Sign() < 0 && modulus.Sign() != 0 {
			out.Sub(out, big.NewInt(1))
			modulus.Add(modulus, b)
		}
		if op == "%" {
			out = modulus
		}
	}
	if out.BitLen() > maxBits {
		return nil, fail("an integer has more than %d bits", maxBits)
	}
	return normal(out), nil
}

func ratio(a, b *big.Int) (Value, error) {
	f, _ := new(big.Rat).SetFrac(a, b).Float64()
	if math.IsInf(f, 0) {
		return nil, fail("integer division result too large for a float")
	}
	if f == 0 && b.Sign() < 0 && a.Sign() == 0 {
		return math.Copysign(0, -1), nil
	}
	return f, nil
}

func integerPower(a, b *big.Int) (Value, error) {
	if b.Sign() < 0 {
		x, _ := float(a)
		y, _ := float(b)
		return floatArithmetic("**", x, y)
	}
	if a.BitLen() > 1 && (b.BitLen() > 15 || b.Int64()*int64(a.BitLen()-1) > maxBits) {
		return nil, fail("an integer has more than %d bits", maxBits)
	}
	if a.BitLen() <= 1 { // -1, 0 or 1: only whether b is 0, odd or even counts
		b = big.NewInt(int64(b.Bit(0)) + 2*int64(min(b.BitLen(), 1)))
	}
	return normal(new(big.Int).Exp(a, b, nil)), nil
}

func floatArithmetic(op string, a, b float64) (Value, error) {
	switch op {
	case "+":
		return a + b, nil
	case "-":
		return a - b, nil
	case "*":
		return a * b, nil
	case "**":
		return floatPower(a, b)
	}
	if b == 0 {
		return nil, divisionByZero(op, "float ")
	}
	if op == "/" {
		return a / b, nil
	}
	modulus := math.Mod(a, b)
	quotient := (a - modulus) / b
	if modulus != 0 && (modulus < 0) != (b < 0) {
		modulus += b
		quotient--
	}
	if op == "%" {
		if modulus == 0 {
			modulus = math.Copysign(0, b)
		}
		return modulus, nil
	}
	if quotient == 0 {
		return math.Copysign(0, a/b), nil
	}
	if floor := math.Floor(quotient); quotient-floor <= 0.5 {
		return floor, nil
	}
	return math.Ceil(quotient), nil
}

func floatPower(a, b float64) (Value, error) {
	if a == 0 && b < 0 {
		return nil, fail("0.0 cannot be raised to a negative power")
	}
	if a < 0 && b != math.Trunc(b) {
		return nil, fail("complex numbers are not supported")
	}
	p := power(a, b)
	if math.IsInf(p, 0) && !math.IsInf(a, 0) && !math.IsInf(b, 0) {
		return nil, fail("the result of ** is too large")
	}
	return p, nil
}

// power is math.Pow, whose error adds up with the exponent, but with the nearest float where the exponent is whole.
func power(a, b float64) float64 {
	if a == 0 || math.IsNaN(a) || math.IsInf(a, 0) || b != math.Trunc(b) || math.Abs(b) > 1<<30 {
		return math.Pow(a, b)
	}
	const precision = 160 // bits, of which 60 multiplications leave far more than a float's
	base, p := big.NewFloat(a).SetPrec(precision), big.NewFloat(1).SetPrec(precision)
	for n := int(math.Abs(b)); n > 0; n >>= 1 {
		if n&1 == 1 {
			p.Mul(p, base)
		}
		base.Mul(base, base)
	}
	if b < 0 {
		p.Quo(big.NewFloat(1), p)
	}
	f, _ := p.Float64()
	return f
}

func divisionByZero(op, kind string) error {
	what := map[string]string{"/": "division", "//": "floor division", "%": "modulo"}[op]
	return fail("%s%s by zero", kind, what)
}

// signed is -v or +v.
func signed(op string, v Value) (Value, error) {
	if u, ok := v.(*undefined); ok {
		return nil, u.fail()
	}
	if i, ok := integer(v); ok {
		if op == "-" {
			if i == math.MinInt64 {
				return new(big.Int).Neg(big.NewInt(i)), nil
			}
			return -i, nil
		}
		return i, nil
	}
	switch v := v.(type) {
	case float64:
		if op == "-" {
			return -v, nil
		}
		return v, nil
	case *big.Int:
		if op == "-" {
			return normal(new(big.Int).Neg(v)), nil
		}
		return v, nil
	}
	return nil, fail("bad operand type for unary %s: '%s'", op, typeName(v))
}

// normal is an int64 where i fits.
func normal(i *big.Int) Value {
	if i.IsInt64() {
		return i.Int64()
	}
	return i
}
