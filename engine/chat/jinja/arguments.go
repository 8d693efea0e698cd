package jinja

// arguments are those of one call.
type arguments struct {
	positional []Value
	named      *Dict // keys are texts
}

// arguments evaluates what is written in a call.
func (f *frame) arguments(l *argumentList) (*arguments, error) {
	positional, err := f.evalAll(l.positional)
	if err != nil {
		return nil, err
	}
	a := &arguments{positional: positional, named: &Dict{}}
	for i, name := range l.names {
		v, err := f.eval(l.named[i])
		if err != nil {
			return nil, err
		}
		if err := a.name(f.run, name, v); err != nil {
			return nil, err
		}
	}
	return a, f.spread(a, l)
}

func (a *arguments) name(r *run, name string, v Value) error {
	if _, twice := a.named.Get(name); twice {
		return fail("argument %s is given twice", name)
	}
	a.named.Set(name, v)
	return r.build(entryBytes)
}

// spread adds *rest and **restNamed.
func (f *frame) spread(a *arguments, l *argumentList) error {
	if l.rest != nil {
		v, err := f.eval(l.rest)
		if err != nil {
			return err
		}
		items, err := f.run.iterate(v)
		if err != nil {
			return err
		}
		a.positional = append(a.positional, items...)
		if err := f.run.build(elementBytes * len(items)); err != nil {
			return err
		}
	}
	if l.restNamed == nil {
		return nil
	}
	v, err := f.eval(l.restNamed)
	if err != nil {
		return err
	}
	d, ok := v.(*Dict)
	if !ok {
		return fail("argument after ** must be a mapping, not %s", typeName(v))
	}
	for k, v := range d.all() {
		name, ok := text(k)
		if !ok {
			return fail("keywords must be strings")
		}
		if err := a.name(f.run, name, v); err != nil {
			return err
		}
	}
	return nil
}

// parameter is one that a builtin takes.
type parameter struct {
	name     string
	required bool
	value    Value // where it is not given
}

func need(name string) parameter            { return parameter{name: name, required: true} }
func option(name string, v Value) parameter { return parameter{name: name, value: v} }

// bind gives a value to each parameter.
func (a *arguments) bind(callee string, params []parameter) ([]Value, error) {
	if len(a.positional) > len(params) {
		return nil, fail("%s takes at most %d arguments, found %d", callee, len(params), len(a.positional))
	}
	values := make([]Value, len(params))
	used := 0
	for i, p := range params {
		v, named := a.named.Get(p.name)
		switch {
		case i < len(a.positional) && named:
			return nil, fail("%s: argument %s is given twice", callee, p.name)
		case i < len(a.positional):
			v = a.positional[i]
		case named:
			used++
		case p.required:
			return nil, fail("%s: argument %s is missing", callee, p.name)
		default:
			v = p.value
		}
		values[i] = v
	}
	if used < a.named.Len() {
		return nil, fail("%s: %s", callee, a.stray(params))
	}
	return values, nil
}

// stray names an argument that no parameter takes.
func (a *arguments) stray(params []parameter) string {
next:
	for _, k := range a.named.keys {
		for _, p := range params {
			if k == p.name {
				continue next
			}
		}
		name, _ := text(k)
		return "unexpected argument " + name
	}
	return "unexpected argument"
}

// builtin is a filter or test: fn gets the value and one argument for each parameter. A filter with open gets
// the arguments as they are.
type builtin struct {
	params []parameter
	fn     func(r *run, v Value, a []Value) (Value, error)
	open   func(f *frame, v Value, a *arguments) (Value, error)
}

func define(fn func(r *run, v Value, a []Value) (Value, error), params ...parameter) builtin {
	return builtin{params: params, fn: fn}
}

func (b builtin) apply(f *frame, callee string, v Value, args *arguments) (Value, error) {
	if b.open != nil {
		return b.open(f, v, args)
	}
	values, err := args.bind(callee, b.params)
	if err != nil {
		return nil, err
	}
	return b.fn(f.run, v, values)
}

// function is a callable of Go: a global function or a method with its object.
type function struct {
	name       string
	params     []parameter
	positional bool // arguments have no names
	fn         func(r *run, a []Value) (Value, error)
	open       func(f *frame, a *arguments) (Value, error)
}

func (fn *function) call(f *frame, args *arguments) (Value, error) {
	if fn.open != nil {
		return fn.open(f, args)
	}
	if fn.positional && args.named.Len() > 0 {
		return nil, fail("%s() takes no keyword arguments", fn.name)
	}
	values, err := args.bind(fn.name+"()", fn.params)
	if err != nil {
		return nil, err
	}
	return fn.fn(f.run, values)
}

// Arguments of the expected type, or an error that names them.

func textArgument(name string, v Value) (string, error) {
	if s, ok := text(v); ok {
		return s, nil
	}
	if u, ok := v.(*undefined); ok {
		return "", u.fail()
	}
	return "", fail("%s must be str, not %s", name, typeName(v))
}

func integerArgument(name string, v Value) (int, error) {
	if i, ok := integer(v); ok {
		return int(i), nil
	}
	if u, ok := v.(*undefined); ok {
		return 0, u.fail()
	}
	return 0, fail("%s must be an integer, not %s", name, typeName(v))
}
