package jinja

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// percent is printf-style formatting, pattern % values, where values is a tuple, one value, or a dictionary for
// %(key)s.
func (r *run) percent(pattern, values Value) (Value, error) {
	s, _ := text(pattern)
	_, marked := pattern.(markup)
	p := &percentFormat{writer: writer{r: r}, pattern: s, marked: marked}
	switch v := values.(type) {
	case *seq:
		if v.kind == tupleKind {
			p.values = v.items
		} else {
			p.values, p.single = []Value{v}, true
		}
	case *Dict:
		p.named, p.values, p.single = v, []Value{v}, true
	default:
		p.values = []Value{v}
	}
	if err := p.format(); err != nil {
		return nil, err
	}
	return like(pattern, p.b.String()), nil
}

const maxWidth = 1 << 16 // and largest precision of a conversion

func tooWide() error { return fail("a format's width or precision is more than %d", maxWidth) }

type percentFormat struct {
	writer
	pattern string
	marked  bool
	values  []Value
	used    int
	named   *Dict
	single  bool // values is a list or dictionary, which no conversion has to take
}

func (p *percentFormat) format() error {
	for {
		before, rest, found := strings.Cut(p.pattern, "%")
		if err := p.text(before); err != nil {
			return err
		}
		if !found {
			break
		}
		p.pattern = rest
		if err := p.conversion(); err != nil {
			return err
		}
	}
	if p.used < len(p.values) && !p.single {
		return fail("not all arguments converted during string formatting")
	}
	return nil
}

// spec is a conversion's flags, width and precision, -1 where there is none.
type spec struct {
	left, plus, space, zero, alternate bool
	width, precision                   int
	fill                               string
	align                              byte // of str.format; 0 for the type's own
	group                              byte // of str.format, between thousands; 0 for none
}

func (p *percentFormat) conversion() error {
	if rest, ok := strings.CutPrefix(p.pattern, "%"); ok {
		p.pattern = rest
		return p.text("%")
	}
	key, keyed, err := p.key()
	if err != nil {
		return err
	}
	s := spec{width: -1, precision: -1, fill: " "}
	p.flags(&s)
	if s.width, err = p.number(); err != nil {
		return err
	}
	if strings.HasPrefix(p.pattern, ".") {
		p.pattern = p.pattern[1:]
		if s.precision, err = p.number(); err != nil {
			return err
		}
		s.precision = max(s.precision, 0)
	}
	p.pattern = strings.TrimLeft(p.pattern, "hlL")
	if p.pattern == "" {
		return fail("incomplete format")
	}
	kind := p.pattern[0]
	p.pattern = p.pattern[1:]
	v, err := p.value(key, keyed)
	if err != nil {
		return err
	}
	return p.convert(kind, v, s)
}

// key is the (key) of a conversion.
func (p *percentFormat) key() (string, bool, error) {
	if !strings.HasPrefix(p.pattern, "(") {
		return "", false, nil
	}
	key, rest, ok := strings.Cut(p.pattern[1:], ")")
	if !ok {
		return "", false, fail("incomplete format key")
	}
	p.pattern = rest
	return key, true, nil
}

func (p *percentFormat) flags(s *spec) {
	for ; p.pattern != ""; p.pattern = p.pattern[1:] {
		switch p.pattern[0] {
		case '-':
			s.left = true
		case '+':
			s.plus = true
		case ' ':
			s.space = true
		case '0':
			s.zero = true
		case '#':
			s.alternate = true
		default:
			return
		}
	}
}

// number is a width or precision in digits, or the next value for a *.
func (p *percentFormat) number() (int, error) {
	if strings.HasPrefix(p.pattern, "*") {
		p.pattern = p.pattern[1:]
		v, err := p.value("", false)
		if err != nil {
			return 0, err
		}
		n, err := integerArgument("a * of the format", v)
		if err == nil && n > maxWidth {
			err = tooWide()
		}
		return n, err
	}
	n := len(p.pattern) - len(strings.TrimLeft(p.pattern, "0123456789"))
	if n == 0 {
		return -1, nil
	}
	width, err := strconv.Atoi(p.pattern[:n])
	if err != nil || width > maxWidth {
		return 0, tooWide()
	}
	p.pattern = p.pattern[n:]
	return width, nil
}

func (p *percentFormat) value(key string, keyed bool) (Value, error) {
	if keyed {
		if p.named == nil {
			return nil, fail("format requires a mapping")
		}
		v, ok := p.named.Get(key)
		if !ok {
			return nil, fail("the format's key %q is not in the mapping", key)
		}
		return v, nil
	}
	if p.used == len(p.values) {
		return nil, fail("not enough arguments for format string")
	}
	p.used++
	return p.values[p.used-1], nil
}

func (p *percentFormat) convert(kind byte, v Value, s spec) error {
	out, numeric, err := p.converted(kind, v, s)
	if err != nil {
		return err
	}
	if !numeric {
		s.zero = false
	}
	out, err = p.r.padded(out, s, numeric, '>')
	if err != nil {
		return err
	}
	return p.text(out)
}

func (p *percentFormat) converted(kind byte, v Value, s spec) (out string, numeric bool, err error) {
	switch kind {
	case 's', 'r', 'a':
		if kind == 's' {
			out, err = p.r.str(v)
		} else {
			out, err = p.r.repr(v)
		}
		if p.marked {
			_, marked := v.(markup)
			out = escapeUnless(marked, out)
		}
		if s.precision >= 0 {
			out = out[:offset(out, min(s.precision, length(out)))]
		}
		return out, false, err
	case 'c':
		return characterOf(v)
	case 'd', 'i', 'u', 'x', 'X', 'o':
		out, err = integerFormat(kind, v, s)
		return out, true, err
	case 'e', 'E', 'f', 'F', 'g', 'G':
		x, ok := float(v)
		if !ok {
			return "", true, fail("must be real number, not %s", typeName(v))
		}
		out, err = p.r.floatFormat(kind, x, s)
		return out, true, err
	}
	return "", false, fail("unsupported format character %q", kind)
}

func characterOf(v Value) (string, bool, error) {
	if i, ok := integer(v); ok && i >= 0 && i <= 0x10ffff {
		return string(rune(i)), false, nil
	}
	if s, ok := text(v); ok && length(s) == 1 {
		return s, false, nil
	}
	return "", false, fail("%%c requires int or char")
}

// integerFormat writes an integer; %d takes floats, too.
func integerFormat(kind byte, v Value, s spec) (string, error) {
	if f, ok := v.(float64); ok && strings.IndexByte("diu", kind) >= 0 {
		v = truncate(f, v)
	}
	i, ok := v.(*big.Int)
	if !ok {
		small, ok := integer(v)
		if !ok {
			return "", fail("%%%c format: an integer is required, not %s", kind, typeName(v))
		}
		i = big.NewInt(small)
	}
	base, prefix := 10, ""
	switch kind {
	case 'x', 'X':
		base, prefix = 16, "0x"
	case 'o':
		base, prefix = 8, "0o"
	case 'b':
		base, prefix = 2, "0b"
	}
	digits := new(big.Int).Abs(i).Text(base)
	if s.group != 0 {
		size := 3
		if base != 10 {
			size = 4
		}
		digits = grouped(digits, size, s.group)
	}
	if missing := s.precision - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	if s.alternate {
		digits = prefix + digits
	}
	if kind == 'X' {
		digits = strings.ToUpper(digits)
	}
	return sign(i.Sign() < 0, s) + digits, nil
}

// grouped separates groups of digits.
func grouped(digits string, size int, separator byte) string {
	for i := len(digits) - size; i > 0; i -= size {
		digits = digits[:i] + string(separator) + digits[i:]
	}
	return digits
}

// groupedWhole separates the thousands of the digits before a decimal point or an exponent.
func groupedWhole(number string, separator byte) string {
	end := len(number) - len(strings.TrimLeft(number, "0123456789"))
	if separator == 0 {
		return number
	}
	return grouped(number[:end], 3, separator) + number[end:]
}

func sign(negative bool, s spec) string {
	switch {
	case negative:
		return "-"
	case s.plus:
		return "+"
	case s.space:
		return " "
	}
	return ""
}

// floatFormat writes a float as C does.
func (r *run) floatFormat(kind byte, x float64, s spec) (string, error) {
	precision := 6
	if s.precision >= 0 {
		precision = s.precision
	}
	if err := r.repeat(2, precision); err != nil {
		return "", err
	}
	verb := "%" + map[bool]string{true: "#"}[s.alternate] + ".*" + string(kind)
	out := fmt.Sprintf(verb, precision, x)
	negative := strings.HasPrefix(out, "-")
	out = strings.TrimLeft(out, "+-")
	switch kind {
	case 'F', 'E', 'G':
		out = strings.ToUpper(out)
	default:
		out = strings.ToLower(out)
	}
	return sign(negative, s) + groupedWhole(out, s.group), nil
}

// padded fills out up to the width.
func (r *run) padded(out string, s spec, numeric bool, align byte) (string, error) {
	free := s.width - length(out)
	if free <= 0 {
		return out, nil
	}
	if err := r.repeat(free, len(s.fill)); err != nil {
		return "", err
	}
	if s.left {
		align = '<'
	} else if s.zero && numeric {
		align, s.fill = '=', "0"
	}
	switch align {
	case '<':
		return out + strings.Repeat(s.fill, free), nil
	case '^':
		return strings.Repeat(s.fill, free/2) + out + strings.Repeat(s.fill, free-free/2), nil
	case '=': // between sign and digits
		digits := strings.TrimLeft(out, "+- ")
		if strings.HasPrefix(digits, "0x") || strings.HasPrefix(digits, "0o") || strings.HasPrefix(digits, "0b") || strings.HasPrefix(digits, "0X") {
			digits = digits[2:]
		}
		return out[:len(out)-len(digits)] + strings.Repeat(s.fill, free) + digits, nil
	}
	return strings.Repeat(s.fill, free) + out, nil
}
