package jinja

import (
	"strconv"
	"strings"
)

// format is str.format, in the sandbox: fields may look up attributes and entries, but nothing unsafe.
func (r *run) format(pattern string, a *arguments) (Value, error) {
	w := writer{r: r}
	next := 0 // of the fields without a name
	for pattern != "" {
		at := strings.IndexAny(pattern, "{}")
		if at < 0 {
			break
		}
		if err := w.text(pattern[:at]); err != nil {
			return nil, err
		}
		brace, rest := pattern[at:at+1], pattern[at+1:]
		if strings.HasPrefix(rest, brace) {
			if err := w.text(brace); err != nil {
				return nil, err
			}
			pattern = rest[1:]
			continue
		}
		if brace == "}" {
			return nil, fail("Single '}' encountered in format string")
		}
		field, after, ok := strings.Cut(rest, "}")
		if !ok {
			return nil, fail("expected '}' before end of string")
		}
		if strings.Contains(field, "{") {
			return nil, fail("fields within a format's fields are not supported in chat templates")
		}
		out, err := r.formatField(field, a, &next)
		if err != nil {
			return nil, err
		}
		if err := w.text(out); err != nil {
			return nil, err
		}
		pattern = after
	}
	err := w.text(pattern)
	return w.b.String(), err
}

// formatField is name!conversion:spec.
func (r *run) formatField(field string, a *arguments, next *int) (string, error) {
	field, spec, _ := strings.Cut(field, ":")
	name, conversion, converts := strings.Cut(field, "!")
	v, err := r.fieldValue(name, a, next)
	if err != nil {
		return "", err
	}
	if converts {
		switch conversion {
		case "r", "a":
			v, err = r.repr(v)
		case "s":
			v, err = r.str(v)
		default:
			err = fail("Unknown conversion specifier %q", conversion)
		}
		if err != nil {
			return "", err
		}
	}
	return r.formatValue(v, spec)
}

// fieldValue is a name or number with .attribute and [key] behind.
func (r *run) fieldValue(name string, a *arguments, next *int) (Value, error) {
	end := strings.IndexAny(name, ".[")
	if end < 0 {
		end = len(name)
	}
	root, rest := name[:end], name[end:]
	if root == "" {
		root = strconv.Itoa(*next)
		*next++
	}
	var v Value
	if i, err := strconv.Atoi(root); err == nil {
		if i < 0 || i >= len(a.positional) {
			return nil, fail("Replacement index %d out of range for positional args tuple", i)
		}
		v = a.positional[i]
	} else if named, ok := a.named.Get(root); ok {
		v = named
	} else {
		return nil, fail("the format's field %q is not among the arguments", root)
	}
	for rest != "" {
		var err error
		if v, rest, err = r.fieldStep(v, rest); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func (r *run) fieldStep(v Value, rest string) (Value, string, error) {
	if rest[0] == '.' {
		end := strings.IndexAny(rest[1:], ".[") + 1
		if end == 0 {
			end = len(rest)
		}
		out, err := r.attribute(v, rest[1:end])
		return out, rest[end:], err
	}
	key, after, ok := strings.Cut(rest[1:], "]")
	if rest[0] != '[' || !ok || key == "" {
		return nil, "", fail("a format's field is malformed near %q", rest)
	}
	if i, err := strconv.ParseInt(key, 10, 64); err == nil && i >= 0 {
		out, err := r.index(v, i)
		return out, after, err
	}
	out, err := r.index(v, key)
	return out, after, err
}

// formatValue is format(v, spec).
func (r *run) formatValue(v Value, pattern string) (string, error) {
	if pattern == "" {
		return r.str(v)
	}
	s, kind, err := parseSpec(pattern)
	if err != nil {
		return "", err
	}
	if err := s.fits(v, kind); err != nil {
		return "", err
	}
	s.left = false // - is the default sign, and no alignment here
	out, numeric, err := r.formatted(v, kind, s)
	if err != nil {
		return "", err
	}
	align := byte('<')
	switch {
	case s.align != 0:
		align = s.align
	case numeric && s.zero:
		align = '='
	case numeric:
		align = '>'
	}
	if s.fill == "" {
		s.fill = map[bool]string{false: " ", true: "0"}[s.zero]
	}
	s.zero = false
	return r.padded(out, s, numeric, align)
}

func (r *run) formatted(v Value, kind byte, s spec) (out string, numeric bool, err error) {
	switch x, isNumber := float(v); {
	case isNumber && isFloatKind(kind, v):
		return r.formattedFloat(x, kind, s)
	case isNumber && kind == 'c':
		out, _, err = characterOf(v)
		return out, true, err
	case isNumber && (kind == 0 || strings.IndexByte("dnxXob", kind) >= 0):
		if _, isFloat := v.(float64); isFloat {
			break
		}
		if kind == 0 || kind == 'n' {
			kind = 'd'
		}
		out, err = integerFormat(kind, v, s)
		return out, true, err
	case kind == 0 || kind == 's':
		if _, isText := text(v); !isText {
			break
		}
		if out, err = r.str(v); err == nil && s.precision >= 0 {
			out = out[:offset(out, min(s.precision, length(out)))]
		}
		return out, false, err
	}
	return "", false, fail("the format %q is not one for %s", string(rune(max(kind, ' '))), typeName(v))
}

// fits refuses what Python refuses for a value and a type of conversion.
func (s spec) fits(v Value, kind byte) error {
	_, isNumber := float(v)
	signed := s.plus || s.space || s.left
	switch {
	case s.group == ',' && kind != 0 && strings.IndexByte("deEfFgG%", kind) < 0, s.group != 0 && (!isNumber || kind == 'n' || kind == 'c'):
		return fail("a format cannot group the digits of %s as %q", typeName(v), string(kind))
	case isNumber && !isFloatKind(kind, v) && s.precision >= 0:
		return fail("a format's precision is not allowed for %s", typeName(v))
	case (!isNumber || kind == 'c') && (signed || s.alternate):
		return fail("a format's sign or # is not allowed for %s", typeName(v))
	case !isNumber && s.align == '=':
		return fail("a format's alignment by = is not allowed for %s", typeName(v))
	}
	return nil
}

func isFloatKind(kind byte, v Value) bool {
	_, isFloat := v.(float64)
	return kind != 0 && strings.IndexByte("eEfFgG%", kind) >= 0 || isFloat && (kind == 0 || kind == 'n')
}

func (r *run) formattedFloat(x float64, kind byte, s spec) (out string, numeric bool, err error) {
	switch {
	case kind == '%':
		out, err = r.floatFormat('f', x*100, s)
		return out + "%", true, err
	case kind == 'n':
		kind = 'g'
	case kind == 0 && s.precision < 0:
		digits, negative := strings.CutPrefix(floatText(x), "-")
		return sign(negative, s) + groupedWhole(digits, s.group), true, nil
	case kind == 0:
		if err := r.repeat(2, s.precision); err != nil {
			return "", true, err
		}
		digits, negative := strings.CutPrefix(significant(x, max(s.precision, 1)), "-")
		return sign(negative, s) + groupedWhole(digits, s.group), true, nil
	}
	out, err = r.floatFormat(kind, x, s)
	return out, true, err
}

// significant writes so many significant digits as %g does, but with one behind the point or an exponent.
func significant(x float64, digits int) string {
	mantissa, exponent, finite := strings.Cut(strconv.FormatFloat(x, 'e', digits-1, 64), "e")
	if !finite {
		return floatText(x)
	}
	if e, _ := strconv.Atoi(exponent); e >= -4 && e < digits-1 { // as FormatFloat wrote it
		s := strconv.FormatFloat(x, 'f', digits-1-e, 64)
		whole, fraction, _ := strings.Cut(s, ".")
		return whole + "." + fraction[:1] + strings.TrimRight(fraction[1:], "0")
	}
	if strings.Contains(mantissa, ".") {
		mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
	}
	return mantissa + "e" + exponent
}

// parseSpec reads [[fill]align][sign][#][0][width][,][.precision][type].
func parseSpec(pattern string) (s spec, kind byte, err error) {
	s = spec{width: -1, precision: -1}
	p := &percentFormat{pattern: pattern}
	runes := []rune(pattern)
	switch {
	case len(runes) > 1 && strings.ContainsRune("<>^=", runes[1]):
		s.fill, s.align = string(runes[0]), byte(runes[1])
		p.pattern = string(runes[2:])
	case strings.ContainsRune("<>^=", runes[0]):
		s.align = byte(runes[0])
		p.pattern = pattern[1:]
	}
	p.flags(&s)
	if strings.HasPrefix(p.pattern, "*") {
		return s, 0, fail("Invalid format specifier %q", pattern)
	}
	if s.width, err = p.number(); err != nil {
		return s, 0, err
	}
	if p.pattern != "" && (p.pattern[0] == ',' || p.pattern[0] == '_') {
		s.group, p.pattern = p.pattern[0], p.pattern[1:]
	}
	if rest, ok := strings.CutPrefix(p.pattern, "."); ok {
		p.pattern = rest
		if s.precision, err = p.number(); err != nil {
			return s, 0, err
		}
	}
	if len(p.pattern) > 1 {
		return s, 0, fail("Invalid format specifier %q", pattern)
	}
	if p.pattern != "" {
		kind = p.pattern[0]
	}
	return s, kind, nil
}
