package jinja

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// textMethodDef is a method of str.
type textMethodDef struct {
	params []parameter
	fn     func(r *run, s string, a []Value) (Value, error)
}

var textMethods = map[string]textMethodDef{
	"lower":      mapped(lower),
	"upper":      mapped(upper),
	"casefold":   mapped(folded),
	"title":      mapped(titled),
	"capitalize": mapped(capitalized),
	"swapcase":   mapped(swapped),

	"strip":  stripping(strings.TrimFunc),
	"lstrip": stripping(strings.TrimLeftFunc),
	"rstrip": stripping(strings.TrimRightFunc),

	"isalpha":      every(unicode.IsLetter),
	"isalnum":      every(func(c rune) bool { return unicode.IsLetter(c) || unicode.IsNumber(c) }),
	"isdigit":      every(unicode.IsDigit),
	"isdecimal":    every(unicode.IsDigit),
	"isnumeric":    every(unicode.IsNumber),
	"isspace":      every(isSpace),
	"isascii":      asked(func(s string) bool { return len(s) == length(s) }),
	"isprintable":  asked(func(s string) bool { return strings.IndexFunc(s, func(c rune) bool { return !unicode.IsPrint(c) }) < 0 }),
	"isidentifier": asked(isIdentifier),
	"islower":      asked(func(s string) bool { return hasCase(s, unicode.IsLower) }),
	"isupper":      asked(func(s string) bool { return hasCase(s, unicode.IsUpper) }),
	"istitle":      asked(func(s string) bool { return titled(s) == s && strings.IndexFunc(s, isCased) >= 0 }),

	"startswith": {[]parameter{need("prefix"), option("start", nil), option("end", nil)}, affix("startswith", strings.HasPrefix)},
	"endswith":   {[]parameter{need("suffix"), option("start", nil), option("end", nil)}, affix("endswith", strings.HasSuffix)},

	"removeprefix": {[]parameter{need("prefix")}, remove(strings.TrimPrefix)},
	"removesuffix": {[]parameter{need("suffix")}, remove(strings.TrimSuffix)},

	"find":   {searchParams, search(strings.Index, false)},
	"rfind":  {searchParams, search(strings.LastIndex, false)},
	"index":  {searchParams, search(strings.Index, true)},
	"rindex": {searchParams, search(strings.LastIndex, true)},
	"count":  {searchParams, countText},

	"split":      {[]parameter{option("sep", nil), option("maxsplit", int64(-1))}, split(fields, splitLeft)},
	"rsplit":     {[]parameter{option("sep", nil), option("maxsplit", int64(-1))}, split(fieldsRight, splitRight)},
	"splitlines": {[]parameter{option("keepends", false)}, splitTextLines},
	"partition":  {[]parameter{need("sep")}, partition(strings.Index, false)},
	"rpartition": {[]parameter{need("sep")}, partition(strings.LastIndex, true)},
	"replace":    {[]parameter{need("old"), need("new"), option("count", int64(-1))}, replaceText},

	"center": {padParams, pad(func(free, width int) int { return free/2 + free&width&1 })},
	"ljust":  {padParams, pad(func(int, int) int { return 0 })},
	"rjust":  {padParams, pad(func(free, _ int) int { return free })},
	"zfill":  {[]parameter{need("width")}, zeroFill},
}

var (
	searchParams = []parameter{need("sub"), option("start", nil), option("end", nil)}
	padParams    = []parameter{need("width"), option("fillchar", " ")}
)

func mapped(fn func(string) string) textMethodDef {
	return textMethodDef{nil, func(r *run, s string, _ []Value) (Value, error) { return fn(s), r.build(2 * len(s)) }}
}

func asked(fn func(string) bool) textMethodDef {
	return textMethodDef{nil, func(_ *run, s string, _ []Value) (Value, error) { return fn(s), nil }}
}

// every holds for texts that are not empty and have only such characters.
func every(is func(rune) bool) textMethodDef {
	return asked(func(s string) bool {
		return s != "" && strings.IndexFunc(s, func(c rune) bool { return !is(c) }) < 0
	})
}

func hasCase(s string, is func(rune) bool) bool {
	return strings.IndexFunc(s, isCased) >= 0 && strings.IndexFunc(s, func(c rune) bool { return isCased(c) && !is(c) }) < 0
}

func isIdentifier(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	return s != "" && !unicode.IsNumber(first) && strings.IndexFunc(s, func(c rune) bool { return !isWord(c) }) < 0
}

func stripping(trim func(string, func(rune) bool) string) textMethodDef {
	return textMethodDef{[]parameter{option("chars", nil)}, func(_ *run, s string, a []Value) (Value, error) {
		set, err := stripSet(a[0])
		if err != nil {
			return nil, err
		}
		return trim(s, set), nil
	}}
}

// affix is startswith or endswith, which take one text or a tuple of them.
func affix(name string, has func(s, affix string) bool) func(*run, string, []Value) (Value, error) {
	return func(r *run, s string, a []Value) (Value, error) {
		part, _, ok, err := window(s, a[1], a[2])
		if err != nil || !ok {
			return false, err
		}
		options := []Value{a[0]}
		if t, ok := a[0].(*seq); ok && t.kind == tupleKind {
			options = t.items
		}
		for _, v := range options {
			want, ok := text(v)
			if !ok {
				return nil, fail("%s first arg must be str or a tuple of str, not %s", name, typeName(v))
			}
			if err := r.step(1); err != nil {
				return nil, err
			}
			if has(part, want) {
				return true, nil
			}
		}
		return false, nil
	}
}

// window is s[start:end] by characters, and how many characters are before it; ok is false where start is
// behind the end, where not even the empty text can be found.
func window(s string, start, end Value) (part string, before int, ok bool, err error) {
	if start == nil && end == nil {
		return s, 0, true, nil
	}
	n := length(s)
	from, to := 0, n
	if start != nil {
		if from, err = integerArgument("start", start); err != nil {
			return "", 0, false, err
		}
		if from < 0 {
			from = max(0, from+n)
		}
	}
	if end != nil {
		if to, err = integerArgument("end", end); err != nil {
			return "", 0, false, err
		}
		to = clip(int64(to), n, 0, n)
	}
	if from > n || from > to {
		return "", 0, false, nil
	}
	at := offset(s, from)
	return s[at : at+offset(s[at:], to-from)], from, true, nil
}

func remove(trim func(s, affix string) string) func(*run, string, []Value) (Value, error) {
	return func(_ *run, s string, a []Value) (Value, error) {
		affix, err := textArgument("the argument", a[0])
		return trim(s, affix), err
	}
}

// search finds a text and gives its place in characters, or -1, or an error where the method must find it.
func search(find func(s, part string) int, must bool) func(*run, string, []Value) (Value, error) {
	return func(_ *run, s string, a []Value) (Value, error) {
		part, err := textArgument("sub", a[0])
		if err != nil {
			return nil, err
		}
		in, before, ok, err := window(s, a[1], a[2])
		if err != nil {
			return nil, err
		}
		if at := find(in, part); ok && at >= 0 {
			return int64(before + length(in[:at])), nil
		}
		if must {
			return nil, fail("substring not found")
		}
		return int64(-1), nil
	}
}

func countText(_ *run, s string, a []Value) (Value, error) {
	part, err := textArgument("sub", a[0])
	if err != nil {
		return nil, err
	}
	in, _, ok, err := window(s, a[1], a[2])
	if err != nil || !ok {
		return int64(0), err
	}
	return int64(strings.Count(in, part)), nil
}

func splitLeft(s, separator string, count int) []string {
	if count < 0 {
		return strings.Split(s, separator)
	}
	return strings.SplitN(s, separator, count+1)
}

func split(bySpace func(string, int) []string, by func(s, separator string, count int) []string) func(*run, string, []Value) (Value, error) {
	return func(r *run, s string, a []Value) (Value, error) {
		count, err := integerArgument("maxsplit", a[1])
		if err != nil {
			return nil, err
		}
		if count = max(count, -1); count > len(s) {
			count = -1
		}
		if a[0] == nil {
			if err := r.repeat(len(s)/2+1, elementBytes); err != nil {
				return nil, err
			}
			return r.texts(bySpace(s, count))
		}
		separator, err := textArgument("the separator", a[0])
		if err != nil {
			return nil, err
		}
		if separator == "" {
			return nil, fail("empty separator")
		}
		if err := r.repeat(strings.Count(s, separator)+1, elementBytes); err != nil {
			return nil, err
		}
		return r.texts(by(s, separator, count))
	}
}

// texts is a list of texts.
func (r *run) texts(parts []string) (Value, error) {
	if err := r.build(elementBytes * len(parts)); err != nil {
		return nil, err
	}
	items := make([]Value, len(parts))
	for i, p := range parts {
		items[i] = p
	}
	return list(items), nil
}

func splitTextLines(r *run, s string, a []Value) (Value, error) {
	return r.texts(splitLines(s, truth(a[0])))
}

func partition(find func(s, separator string) int, right bool) func(*run, string, []Value) (Value, error) {
	return func(_ *run, s string, a []Value) (Value, error) {
		separator, err := textArgument("the separator", a[0])
		if err != nil {
			return nil, err
		}
		if separator == "" {
			return nil, fail("empty separator")
		}
		at := find(s, separator)
		switch {
		case at >= 0:
			return tuple(s[:at], separator, s[at+len(separator):]), nil
		case right:
			return tuple("", "", s), nil
		}
		return tuple(s, "", ""), nil
	}
}

func replaceText(r *run, s string, a []Value) (Value, error) {
	old, err := textArgument("replace() argument 1", a[0])
	if err != nil {
		return nil, err
	}
	new, err := textArgument("replace() argument 2", a[1])
	if err != nil {
		return nil, err
	}
	count, err := integerArgument("count", a[2])
	if err != nil {
		return nil, err
	}
	return r.replace(s, old, new, count)
}

// pad fills s up to a width; left says how much of what is free comes before it.
func pad(left func(free, width int) int) func(*run, string, []Value) (Value, error) {
	return func(r *run, s string, a []Value) (Value, error) {
		width, err := integerArgument("width", a[0])
		if err != nil {
			return nil, err
		}
		fill, err := textArgument("the fill character", a[1])
		if err != nil {
			return nil, err
		}
		if length(fill) != 1 {
			return nil, fail("The fill character must be exactly one character long")
		}
		free := width - length(s)
		if free <= 0 {
			return s, nil
		}
		if err := r.repeat(free, len(fill)); err != nil {
			return nil, err
		}
		before := left(free, width)
		return strings.Repeat(fill, before) + s + strings.Repeat(fill, free-before), nil
	}
}

func zeroFill(r *run, s string, a []Value) (Value, error) {
	width, err := integerArgument("width", a[0])
	if err != nil {
		return nil, err
	}
	free := max(0, width-length(s))
	if err := r.build(free); err != nil {
		return nil, err
	}
	sign := ""
	if s != "" && slices.Contains([]byte("+-"), s[0]) {
		sign, s = s[:1], s[1:]
	}
	return sign + strings.Repeat("0", free) + s, nil
}
