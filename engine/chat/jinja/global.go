package jinja

// globals are the names that every template knows besides its variables.
func globals() map[string]Value {
	return map[string]Value{
		"range":           &function{name: "range", open: makeRange},
		"dict":            &function{name: "dict", open: makeDict},
		"namespace":       &function{name: "namespace", open: makeNamespace},
		"cycler":          &function{name: "cycler", open: unavailable("cycler")},
		"joiner":          &function{name: "joiner", open: unavailable("joiner")},
		"lipsum":          &function{name: "lipsum", open: unavailable("lipsum")},
		"raise_exception": &function{name: "raise_exception", params: []parameter{need("message")}, fn: raise},
		"strftime_now":    &function{name: "strftime_now", params: []parameter{need("format")}, fn: now},
	}
}

func unavailable(name string) func(*frame, *arguments) (Value, error) {
	return func(*frame, *arguments) (Value, error) {
		return nil, fail("%s is not available in chat templates", name)
	}
}

func raise(r *run, a []Value) (Value, error) {
	s, err := r.str(a[0])
	if err != nil {
		return nil, err
	}
	return nil, &RaisedError{s}
}

func now(r *run, a []Value) (Value, error) {
	format, err := textArgument("strftime_now() argument", a[0])
	if err != nil {
		return nil, err
	}
	if err := r.repeat(len(format), len("September")); err != nil {
		return nil, err
	}
	return strftime(r.now, format), nil
}

func makeRange(f *frame, a *arguments) (Value, error) {
	if n := len(a.positional); n < 1 || n > 3 || a.named.Len() > 0 {
		return nil, fail("range() takes 1 to 3 arguments without names, found %d", n+a.named.Len())
	}
	var bounds [3]int64
	for i, v := range a.positional {
		n, err := integerArgument("an argument of range()", v)
		if err != nil {
			return nil, err
		}
		bounds[i] = int64(n)
	}
	start, stop, step := bounds[0], bounds[1], bounds[2]
	switch len(a.positional) {
	case 1:
		start, stop, step = 0, start, 1
	case 2:
		step = 1
	}
	if step == 0 {
		return nil, fail("range() arg 3 must not be zero")
	}
	n := rangeLength(start, stop, step)
	if n > MaxRange {
		return nil, fail("Range too big. The sandbox blocks ranges larger than MAX_RANGE (%d).", MaxRange)
	}
	if err := f.run.step(int(n)); err != nil {
		return nil, err
	}
	out := &seq{kind: rangeKind, items: make([]Value, n), bounds: [3]int64{start, stop, step}}
	for i := range int64(n) {
		out.items[i] = start + i*step
	}
	return out, f.run.build(elementBytes * int(n))
}

// rangeLength counts without overflow.
func rangeLength(start, stop, step int64) uint64 {
	switch {
	case step > 0 && start < stop:
		return (uint64(stop)-uint64(start)-1)/uint64(step) + 1
	case step < 0 && start > stop:
		return (uint64(start)-uint64(stop)-1)/-uint64(step) + 1
	}
	return 0
}

// makeDict is dict(mapping or pairs, name=value).
func makeDict(f *frame, a *arguments) (Value, error) {
	d := &Dict{}
	if len(a.positional) > 1 {
		return nil, fail("dict expected at most 1 argument, got %d", len(a.positional))
	}
	if len(a.positional) == 1 {
		if err := f.run.addEntries(d, a.positional[0]); err != nil {
			return nil, err
		}
	}
	for k, v := range a.named.all() {
		if err := d.store(k, v); err != nil {
			return nil, err
		}
	}
	return d, f.run.build(entryBytes * d.Len())
}

func (r *run) addEntries(d *Dict, from Value) error {
	pairs := []Value(nil)
	if other, ok := from.(*Dict); ok {
		pairs = other.pairs()
	} else {
		var err error
		if pairs, err = r.iterate(from); err != nil {
			return err
		}
	}
	if err := r.build(entryBytes * len(pairs)); err != nil {
		return err
	}
	for i, p := range pairs {
		pair, err := r.iterate(p)
		if err != nil || len(pair) != 2 {
			return fail("dictionary update sequence element #%d is not a pair", i)
		}
		if err := d.store(pair[0], pair[1]); err != nil {
			return err
		}
	}
	return nil
}

// makeNamespace refuses names that begin with an underscore, as transformers does.
func makeNamespace(f *frame, a *arguments) (Value, error) {
	v, err := makeDict(f, a)
	if err != nil {
		return nil, err
	}
	attrs := v.(*Dict)
	for _, k := range attrs.keys {
		if s, ok := text(k); ok && s != "" && s[0] == '_' {
			return nil, fail("a namespace cannot have the attribute %s: it begins with an underscore", s)
		}
	}
	return &namespace{attrs}, nil
}
