package jinja

import "strings"

func (e *literal) eval(*frame) (Value, error) { return e.value, nil }

func (e *name) eval(f *frame) (Value, error) {
	if v, ok := f.scope.lookup(e.name); ok {
		return v, nil
	}
	return &undefined{"'" + e.name + "' is undefined"}, nil
}

func (e *listExpr) eval(f *frame) (Value, error) {
	items, err := f.evalAll(e.items)
	return list(items), err
}

func (e *tupleExpr) eval(f *frame) (Value, error) {
	items, err := f.evalAll(e.items)
	return tuple(items...), err
}

func (e *dictExpr) eval(f *frame) (Value, error) {
	d := &Dict{}
	for i := range e.keys {
		if err := f.run.build(entryBytes); err != nil {
			return nil, err
		}
		k, err := f.eval(e.keys[i])
		if err != nil {
			return nil, err
		}
		v, err := f.eval(e.values[i])
		if err != nil {
			return nil, err
		}
		if err := d.store(k, v); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (e *unary) eval(f *frame) (Value, error) {
	v, err := f.eval(e.operand)
	if err != nil {
		return nil, err
	}
	return signed(e.op, v)
}

func (e *chain) eval(f *frame) (Value, error) {
	v, err := f.eval(e.operands[0])
	for i := 0; i < len(e.ops) && err == nil; i++ {
		var right Value
		if right, err = f.eval(e.operands[i+1]); err == nil {
			v, err = f.run.arithmetic(e.ops[i], v, right)
		}
	}
	return v, err
}

func (e *concat) eval(f *frame) (Value, error) {
	w := writer{r: f.run}
	values, err := f.evalAll(e.operands)
	if err != nil {
		return nil, err
	}
	for _, v := range values {
		if err := w.str(v); err != nil {
			return nil, err
		}
	}
	return w.b.String(), nil
}

// str writes str(v).
func (w *writer) str(v Value) error {
	if s, ok := text(v); ok {
		return w.text(s)
	}
	if _, ok := v.(*undefined); ok {
		return nil
	}
	return w.repr(v, 0)
}

func (e *not) eval(f *frame) (Value, error) {
	v, err := f.eval(e.operand)
	return !truth(v), err
}

func (e *logic) eval(f *frame) (v Value, err error) {
	for _, operand := range e.operands {
		if v, err = f.eval(operand); err != nil || truth(v) == e.or {
			return v, err
		}
	}
	return v, nil
}

// eval gives Python's chained comparison: a < b < c is a < b and b < c.
func (e *comparison) eval(f *frame) (Value, error) {
	left, err := f.eval(e.operands[0])
	if err != nil {
		return nil, err
	}
	for i, op := range e.ops {
		right, err := f.eval(e.operands[i+1])
		if err != nil {
			return nil, err
		}
		holds, err := f.run.compare(op, left, right)
		if err != nil || !holds {
			return false, err
		}
		left = right
	}
	return true, nil
}

func (r *run) compare(op string, a, b Value) (bool, error) {
	switch op {
	case "==", "!=":
		eq, err := r.equal(a, b, 0)
		return eq == (op == "=="), err
	case "in", "not in":
		found, err := r.contains(b, a)
		return found == (op == "in"), err
	}
	if isNaN(a) || isNaN(b) {
		return false, nil
	}
	c, err := r.order(a, b, op, 0)
	switch op {
	case "<":
		return c < 0, err
	case "<=":
		return c <= 0, err
	case ">":
		return c > 0, err
	}
	return c >= 0, err
}

func isNaN(v Value) bool {
	x, ok := v.(float64)
	return ok && x != x
}

func (e *conditional) eval(f *frame) (Value, error) {
	test, err := f.eval(e.test)
	switch {
	case err != nil:
		return nil, err
	case truth(test):
		return f.eval(e.then)
	case e.otherwise == nil:
		return &undefined{"the condition without else was false"}, nil
	}
	return f.eval(e.otherwise)
}

func (e *attribute) eval(f *frame) (Value, error) {
	object, err := f.eval(e.object)
	if err != nil {
		return nil, err
	}
	return f.run.attribute(object, e.name)
}

func (e *index) eval(f *frame) (Value, error) {
	object, err := f.eval(e.object)
	if err != nil {
		return nil, err
	}
	at, err := f.eval(e.at)
	if err != nil {
		return nil, err
	}
	return f.run.index(object, at)
}

func (e *slice) eval(f *frame) (Value, error) {
	object, err := f.eval(e.object)
	if err != nil {
		return nil, err
	}
	var bounds [3]Value
	for i, b := range []expr{e.start, e.stop, e.step} {
		if bounds[i], err = f.evalOptional(b); err != nil {
			return nil, err
		}
	}
	return f.run.slice(object, bounds)
}

func (e *callExpr) eval(f *frame) (Value, error) { return e.callWith(f, nil) }

// callWith calls with the body of a call block as the argument caller, if there is one.
func (e *callExpr) callWith(f *frame, caller *macro) (Value, error) {
	callee, err := f.eval(e.callee)
	if err != nil {
		return nil, err
	}
	args, err := f.arguments(&e.args)
	if err != nil {
		return nil, err
	}
	if caller != nil {
		args.named.Set("caller", caller)
	}
	switch c := callee.(type) {
	case *undefined:
		return nil, c.fail()
	case callable:
		return c.call(f, args)
	}
	return nil, fail("'%s' object is not callable", typeName(callee))
}

func (e *filterExpr) eval(f *frame) (Value, error) {
	v, err := f.eval(e.operand)
	if err != nil {
		return nil, err
	}
	return e.apply(f, v)
}

// apply filters v, which is the operand of the first of the filters where that has none of its own.
func (e *filterExpr) apply(f *frame, v Value) (Value, error) {
	args, err := f.arguments(&e.args)
	if err != nil {
		return nil, err
	}
	return f.filter(e.name, v, args)
}

// applyBlock filters the text of a block through e and the filters that e is applied to.
func (e *filterExpr) applyBlock(f *frame, v Value) (Value, error) {
	if inner, ok := e.operand.(*filterExpr); ok {
		var err error
		if v, err = inner.applyBlock(f, v); err != nil {
			return nil, err
		}
	}
	return e.apply(f, v)
}

func (e *testExpr) eval(f *frame) (Value, error) {
	v, err := f.eval(e.operand)
	if err != nil {
		return nil, err
	}
	args, err := f.arguments(&e.args)
	if err != nil {
		return nil, err
	}
	return f.test(e.name, v, args)
}

// quotedName is a type's or attribute's name in a message.
func quotedName(s string) string { return "'" + strings.ToValidUTF8(s, "\uFFFD") + "'" }
