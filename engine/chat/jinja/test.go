package jinja

import "math/big"

// tests are Jinja's.
var tests = map[string]builtin{
	"boolean":     is(func(v Value) bool { _, ok := v.(bool); return ok }),
	"callable":    is(isCallable),
	"defined":     is(isDefined),
	"escaped":     is(func(v Value) bool { _, ok := v.(markup); return ok }),
	"false":       is(func(v Value) bool { return v == false }),
	"filter":      is(func(v Value) bool { s, _ := text(v); _, ok := filters[s]; return ok }),
	"float":       is(func(v Value) bool { _, ok := v.(float64); return ok }),
	"integer":     is(isInteger),
	"iterable":    is(isIterable),
	"mapping":     is(func(v Value) bool { _, ok := v.(*Dict); return ok }),
	"none":        is(func(v Value) bool { return v == nil }),
	"number":      is(func(v Value) bool { _, ok := float(v); return ok }),
	"sequence":    is(isSequence),
	"string":      is(func(v Value) bool { _, ok := text(v); return ok }),
	"test":        {}, // frame.test knows it
	"true":        is(func(v Value) bool { return v == true }),
	"undefined":   is(func(v Value) bool { return !isDefined(v) }),
	"lower":       define(hasCaseOf(textMethods["islower"])),
	"upper":       define(hasCaseOf(textMethods["isupper"])),
	"even":        define(remainder(0)),
	"odd":         define(remainder(1)),
	"divisibleby": define(divisible, need("num")),
	"sameas":      define(func(_ *run, v Value, a []Value) (Value, error) { return same(v, a[0]), nil }, need("other")),
	"in":          comparing("in"),
	"eq":          comparing("=="),
	"equalto":     comparing("=="),
	"==":          comparing("=="),
	"ne":          comparing("!="),
	"!=":          comparing("!="),
	"lt":          comparing("<"),
	"lessthan":    comparing("<"),
	"<":           comparing("<"),
	"le":          comparing("<="),
	"<=":          comparing("<="),
	"gt":          comparing(">"),
	"greaterthan": comparing(">"),
	">":           comparing(">"),
	"ge":          comparing(">="),
	">=":          comparing(">="),
}

func is(holds func(Value) bool) builtin {
	return define(func(_ *run, v Value, _ []Value) (Value, error) { return holds(v), nil })
}

func comparing(op string) builtin {
	return define(func(r *run, v Value, a []Value) (Value, error) { return r.compare(op, v, a[0]) }, need("other"))
}

func isDefined(v Value) bool {
	_, missing := v.(*undefined)
	return !missing
}

// isCallable holds for undefined, too, which can be called, to fail with its reason.
func isCallable(v Value) bool {
	_, ok := v.(callable)
	return ok || !isDefined(v)
}

func isInteger(v Value) bool {
	switch v.(type) {
	case int64, *big.Int:
		return true
	}
	return false
}

func isIterable(v Value) bool {
	switch v.(type) {
	case string, markup, *seq, *Dict, *generator, *undefined, *loop:
		return true
	}
	return false
}

// isSequence holds for what has a length and an index operator.
func isSequence(v Value) bool {
	switch v := v.(type) {
	case string, markup, *Dict, *undefined:
		return true
	case *seq:
		return v.indexable()
	}
	return false
}

func hasCaseOf(method textMethodDef) func(*run, Value, []Value) (Value, error) {
	return func(r *run, v Value, _ []Value) (Value, error) {
		s, err := r.str(v)
		if err != nil {
			return nil, err
		}
		return method.fn(r, s, nil)
	}
}

func remainder(want int64) func(*run, Value, []Value) (Value, error) {
	return func(r *run, v Value, _ []Value) (Value, error) {
		rest, err := r.arithmetic("%", v, int64(2))
		if err != nil {
			return nil, err
		}
		return r.equal(rest, want, 0)
	}
}

func divisible(r *run, v Value, a []Value) (Value, error) {
	rest, err := r.arithmetic("%", v, a[0])
	if err != nil {
		return nil, err
	}
	return r.equal(rest, int64(0), 0)
}
