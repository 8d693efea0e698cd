package jinja

import "strings"

// filters are Jinja's, with transformers' tojson. Left out are random, which would draw random numbers, and those
// that only make sense for HTML and for people: filesizeformat, pprint, striptags, urlize, wordwrap, xmlattr.
//
// Those without a function apply other filters or tests, and frame.filter knows them.
var filters = map[string]builtin{
	"abs":         define(absolute),
	"attr":        define(func(r *run, v Value, a []Value) (Value, error) { return r.attr(v, a[0]) }, need("name")),
	"capitalize":  onText(capitalized),
	"center":      define(center, option("width", int64(80))),
	"default":     defaultFilter,
	"d":           defaultFilter,
	"escape":      define(escaped),
	"e":           define(escaped),
	"float":       define(toFloat, option("default", 0.0)),
	"forceescape": define(func(r *run, v Value, _ []Value) (Value, error) { return r.escape(v, true) }),
	"format":      {open: formatted},
	"indent":      define(indented, option("width", int64(4)), option("first", false), option("blank", false)),
	"int":         define(toInteger, option("default", int64(0)), option("base", int64(10))),
	"join":        define(joined, option("d", ""), option("attribute", nil)),
	"length":      define(size),
	"count":       define(size),
	"lower":       onText(lower),
	"replace":     define(replaced, need("old"), need("new"), option("count", nil)),
	"round":       define(rounded, option("precision", int64(0)), option("method", "common")),
	"safe":        define(safe),
	"string":      define(func(r *run, v Value, _ []Value) (Value, error) { return r.soft(v) }),
	"title":       onText(titledWords),
	"tojson":      define(toJSON, option("ensure_ascii", false), option("indent", nil), option("separators", nil), option("sort_keys", false)),
	"trim":        define(trimmed, option("chars", nil)),
	"truncate":    define(truncated, option("length", int64(255)), option("killwords", false), option("end", "..."), option("leeway", nil)),
	"upper":       onText(upper),
	"urlencode":   define(urlEncoded),
	"wordcount":   define(wordCount),

	"batch":    define(batch, need("linecount"), option("fill_with", nil)),
	"dictsort": define(dictSort, option("case_sensitive", false), option("by", "key"), option("reverse", false)),
	"first":    define(first),
	"groupby":  define(groupBy, need("attribute"), option("default", nil), option("case_sensitive", false)),
	"items":    define(items),
	"last":     define(last),
	"list":     define(toList),
	"map":      {},
	"max":      define(extreme(1), option("case_sensitive", false), option("attribute", nil)),
	"min":      define(extreme(-1), option("case_sensitive", false), option("attribute", nil)),
	"reverse":  define(reversed),
	"slice":    define(slices3, need("slices"), option("fill_with", nil)),
	"sort":     define(sortValues, option("reverse", false), option("case_sensitive", false), option("attribute", nil)),
	"sum":      define(sum, option("attribute", nil), option("start", int64(0))),
	"unique":   define(unique, option("case_sensitive", false), option("attribute", nil)),

	"select":     {},
	"reject":     {},
	"selectattr": {},
	"rejectattr": {},
}

var defaultFilter = define(otherwise, option("default_value", ""), option("boolean", false))

// soft is the text of v, marked if v is marked text.
func (r *run) soft(v Value) (Value, error) {
	if _, ok := text(v); ok {
		return v, nil
	}
	return r.str(v)
}

// onText is a filter of the text of any value.
func onText(fn func(string) string) builtin {
	return define(func(r *run, v Value, _ []Value) (Value, error) {
		v, err := r.soft(v)
		if err != nil {
			return nil, err
		}
		s, _ := text(v)
		if err := r.build(3 * len(s)); err != nil {
			return nil, err
		}
		return like(v, fn(s)), nil
	})
}

// titledWords is the filter title: unlike the method, only white space, - and opening brackets begin a word.
func titledWords(s string) string {
	var b strings.Builder
	start := 0 // of the word or separator
	isSeparator := func(c rune) bool { return isSpace(c) || strings.ContainsRune("-({[<", c) }
	flush := func(end int) {
		if start < end {
			c := []rune(s[start:end])
			b.WriteString(upperRune(c[0]) + lower(string(c[1:])))
		}
		start = end
	}
	inSeparator := false
	for i, c := range s {
		if isSeparator(c) != inSeparator {
			flush(i)
			inSeparator = !inSeparator
		}
	}
	flush(len(s))
	return b.String()
}

func otherwise(_ *run, v Value, a []Value) (Value, error) {
	_, missing := v.(*undefined)
	if missing || truth(a[1]) && !truth(v) {
		return a[0], nil
	}
	return v, nil
}

func safe(r *run, v Value, _ []Value) (Value, error) {
	s, err := r.str(v)
	return markup(s), err
}

func escaped(r *run, v Value, _ []Value) (Value, error) { return r.escape(v, false) }

func (r *run) escape(v Value, markedToo bool) (Value, error) {
	if _, ok := v.(markup); ok && !markedToo {
		return v, nil
	}
	s, err := r.str(v)
	if err != nil {
		return nil, err
	}
	if err := r.repeat(len(s), len("&quot;")); err != nil {
		return nil, err
	}
	return markup(htmlEscapes.Replace(s)), nil
}

// formatted is printf-style formatting.
func formatted(f *frame, v Value, a *arguments) (Value, error) {
	if len(a.positional) > 0 && a.named.Len() > 0 {
		return nil, fail("filter format: can't handle positional and keyword arguments at the same time")
	}
	pattern, err := f.run.soft(v)
	if err != nil {
		return nil, err
	}
	if a.named.Len() > 0 {
		return f.run.percent(pattern, a.named)
	}
	return f.run.percent(pattern, tuple(a.positional...))
}

func indented(r *run, v Value, a []Value) (Value, error) {
	s, ok := text(v)
	if !ok {
		return nil, fail("filter indent: expected a text, found %s", typeName(v))
	}
	prefix, ok := text(a[0])
	if !ok {
		width, err := integerArgument("filter indent: width", a[0])
		if err != nil {
			return nil, err
		}
		if err := r.build(max(width, 0)); err != nil {
			return nil, err
		}
		prefix = strings.Repeat(" ", max(width, 0))
	}
	w := writer{r: r}
	for i, line := range splitLines(s+"\n", false) { // with a line break at the end, an empty last line counts
		if i > 0 {
			if err := w.text("\n"); err != nil {
				return nil, err
			}
		}
		if i == 0 && truth(a[1]) || i > 0 && (line != "" || truth(a[2])) {
			line = prefix + line
		}
		if err := w.text(line); err != nil {
			return nil, err
		}
	}
	return like(v, w.b.String()), nil
}

func size(r *run, v Value, _ []Value) (Value, error) {
	switch v := v.(type) {
	case string, markup:
		s, _ := text(v)
		return int64(length(s)), r.scan(len(s))
	case *seq:
		return int64(len(v.items)), nil
	case *Dict:
		return int64(v.Len()), nil
	case *undefined:
		return int64(0), nil
	case *loop:
		n, err := v.length()
		return int64(n), err
	}
	return nil, fail("object of type '%s' has no len()", typeName(v))
}

func replaced(r *run, v Value, a []Value) (Value, error) {
	var parts [3]string
	for i, p := range []Value{v, a[0], a[1]} {
		var err error
		if parts[i], err = r.str(p); err != nil {
			return nil, err
		}
	}
	count := -1
	if a[2] != nil {
		var err error
		if count, err = integerArgument("filter replace: count", a[2]); err != nil {
			return nil, err
		}
	}
	return r.replace(parts[0], parts[1], parts[2], count)
}

func trimmed(r *run, v Value, a []Value) (Value, error) {
	v, err := r.soft(v)
	if err != nil {
		return nil, err
	}
	set, err := stripSet(a[0])
	if err != nil {
		return nil, err
	}
	s, _ := text(v)
	return like(v, strings.TrimFunc(s, set)), r.build(len(s))
}

func center(r *run, v Value, a []Value) (Value, error) {
	v, err := r.soft(v)
	if err != nil {
		return nil, err
	}
	s, _ := text(v)
	out, err := textMethods["center"].fn(r, s, []Value{a[0], " "})
	if err != nil {
		return nil, err
	}
	return like(v, out.(string)), nil
}

// truncated cuts to a number of characters, at a word's end unless words may be cut.
func truncated(r *run, v Value, a []Value) (Value, error) {
	count, err := size(r, v, nil)
	if err != nil {
		return nil, err
	}
	limit, err := integerArgument("filter truncate: length", a[0])
	if err != nil {
		return nil, err
	}
	end, err := r.str(a[2])
	if err != nil {
		return nil, err
	}
	leeway := 5
	if a[3] != nil {
		if leeway, err = integerArgument("filter truncate: leeway", a[3]); err != nil {
			return nil, err
		}
	}
	if limit < length(end) || leeway < 0 {
		return nil, fail("filter truncate: expected a length of at least %d and a leeway of at least 0, found %d and %d", length(end), limit, leeway)
	}
	if n, ok := count.(int64); ok && n <= int64(limit+leeway) {
		return v, nil
	}
	s, ok := text(v)
	if !ok {
		return nil, fail("filter truncate: expected a text, found %s", typeName(v))
	}
	s = s[:offset(s, limit-length(end))]
	if !truth(a[1]) {
		if at := strings.LastIndexByte(s, ' '); at >= 0 {
			s = s[:at]
		}
	}
	return s + end, r.build(len(s) + len(end))
}

func wordCount(r *run, v Value, _ []Value) (Value, error) {
	s, err := r.str(v)
	return int64(len(strings.FieldsFunc(s, func(c rune) bool { return !isWord(c) }))), err
}

// urlEncoded escapes for a URL; pairs become a query.
func urlEncoded(r *run, v Value, _ []Value) (Value, error) {
	w := writer{r: r}
	pairs, isDict := v.(*Dict)
	var rows []Value
	switch _, isText := text(v); {
	case isDict:
		rows = pairs.pairs()
	case isText:
		s, _ := text(v)
		err := w.percentEncoded(s, "/")
		return w.b.String(), err
	default:
		var err error
		if rows, err = r.iterate(v); err != nil {
			s, err := r.str(v)
			if err == nil {
				err = w.percentEncoded(s, "/")
			}
			return w.b.String(), err
		}
	}
	for i, row := range rows {
		pair, err := r.iterate(row)
		if err != nil || len(pair) != 2 {
			return nil, fail("filter urlencode: expected pairs")
		}
		if err := w.queryPart(i > 0, pair); err != nil {
			return nil, err
		}
	}
	return w.b.String(), nil
}

func (w *writer) queryPart(more bool, pair []Value) error {
	if more {
		if err := w.text("&"); err != nil {
			return err
		}
	}
	for i, v := range pair {
		if i > 0 {
			if err := w.text("="); err != nil {
				return err
			}
		}
		s, err := w.r.str(v)
		if err != nil {
			return err
		}
		if err := w.percentEncoded(s, ""); err != nil {
			return err
		}
	}
	return nil
}

// percentEncoded writes s as Python's urllib.parse.quote does; in a query a space is a plus.
func (w *writer) percentEncoded(s, keep string) error {
	const hex = "0123456789ABCDEF"
	if err := w.r.repeat(len(s), 3); err != nil {
		return err
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("_.-~"+keep, c) >= 0:
			w.b.WriteByte(c)
		case c == ' ' && keep == "":
			w.b.WriteByte('+')
		default:
			w.b.WriteString(string([]byte{'%', hex[c>>4], hex[c&15]}))
		}
	}
	return nil
}
