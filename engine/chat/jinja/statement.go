package jinja

import "errors"

// A loop sees these and goes on; the parser saw to it that there is a loop.
var (
	errBreak    = errors.New("break")
	errContinue = errors.New("continue")
)

func (breakStmt) exec(*frame) error    { return errBreak }
func (continueStmt) exec(*frame) error { return errContinue }

func (s *textStmt) exec(f *frame) error { return f.write(s.text) }

func (s *outputStmt) exec(f *frame) error {
	v, err := f.eval(s.value)
	if err != nil {
		return err
	}
	return f.print(v)
}

func (f *frame) print(v Value) error {
	s, err := f.run.str(v)
	if err != nil {
		return err
	}
	return f.write(s)
}

// printText prints what a block gives, which must be text.
func (f *frame) printText(v Value) error {
	s, ok := text(v)
	if !ok {
		return fail("the block gives %s; expected str", typeName(v))
	}
	return f.write(s)
}

func (s *ifStmt) exec(f *frame) error {
	for i, test := range s.tests {
		v, err := f.eval(test)
		if err != nil {
			return err
		}
		if truth(v) {
			return f.exec(s.bodies[i])
		}
	}
	return f.exec(s.otherwise)
}

func (s *setStmt) exec(f *frame) error {
	v, err := f.eval(s.value)
	if err != nil {
		return err
	}
	return f.assign(s.target, v)
}

func (s *setBlock) exec(f *frame) error {
	text, err := f.capture(f.scope.inner(), s.body)
	if err != nil {
		return err
	}
	var v Value = text
	if s.filter != nil {
		if v, err = s.filter.applyBlock(f, v); err != nil {
			return err
		}
	}
	return f.assign(s.target, v)
}

// exec evaluates the values outside of the new scope.
func (s *withStmt) exec(f *frame) error {
	inner := f.inner()
	for i, t := range s.targets {
		v, err := f.eval(s.values[i])
		if err != nil {
			return err
		}
		if err := inner.assign(t, v); err != nil {
			return err
		}
	}
	return inner.exec(s.body)
}

func (s *filterBlock) exec(f *frame) error {
	text, err := f.capture(f.scope.inner(), s.body)
	if err != nil {
		return err
	}
	v, err := s.filter.applyBlock(f, text)
	if err != nil {
		return err
	}
	return f.printText(v)
}

// exec is transformers' generation tag, which marks what an assistant says and changes nothing.
func (s *generationStmt) exec(f *frame) error { return f.inner().exec(s.body) }

// assign gives v to a name, an attribute of a namespace, or, item by item, to several of them.
func (f *frame) assign(t target, v Value) error {
	switch {
	case t.isTuple:
		return f.unpack(t.parts, v)
	case t.attribute == "":
		f.scope.set(t.name, v)
		return f.run.build(entryBytes)
	}
	held, _ := f.scope.lookup(t.name)
	ns, ok := held.(*namespace)
	if !ok {
		return fail("cannot assign attribute %s on %s, which is not a namespace", t.attribute, t.name)
	}
	if t.attribute[0] == '_' {
		return fail("a namespace cannot have the attribute %s: it begins with an underscore", t.attribute)
	}
	ns.attrs.Set(t.attribute, v)
	return f.run.build(entryBytes)
}

func (f *frame) unpack(parts []target, v Value) error {
	items, err := f.run.iterate(v)
	if err != nil {
		return fail("cannot unpack non-iterable %s object", typeName(v))
	}
	if len(items) != len(parts) {
		return fail("expected %d values to unpack, found %d", len(parts), len(items))
	}
	for i, part := range parts {
		if err := f.assign(part, items[i]); err != nil {
			return err
		}
	}
	return nil
}

// iterate gives the items that a loop over v goes through.
func (r *run) iterate(v Value) ([]Value, error) {
	switch v := v.(type) {
	case *seq:
		return v.items, nil
	case *Dict:
		return v.keys, nil
	case string, markup:
		return r.characters(v)
	case *generator:
		return v.take(), nil
	case *undefined:
		return nil, nil
	}
	return nil, fail("'%s' object is not iterable", typeName(v))
}

func (r *run) characters(v Value) ([]Value, error) {
	s, _ := text(v)
	if err := r.repeat(len(s), elementBytes); err != nil {
		return nil, err
	}
	out := make([]Value, 0, length(s))
	for _, c := range s {
		out = append(out, string(c)) // of marked text, too
	}
	return out, nil
}
