package jinja

import (
	"errors"
	"strings"
)

// scope holds the names that a template body, a loop's iteration or a macro call assigns. A name that is not in
// it is looked up outside, at the time of the look-up: a macro sees later assignments around it, as a Python
// closure does.
type scope struct {
	few    []binding // while there are at most maxFew: most loops and macros have two or three
	many   map[string]Value
	parent *scope
}

type binding struct {
	name  string
	value Value
}

const maxFew = 8

func (s *scope) lookup(name string) (Value, bool) {
	for ; s != nil; s = s.parent {
		if v, ok := s.own(name); ok {
			return v, true
		}
	}
	return nil, false
}

func (s *scope) own(name string) (Value, bool) {
	for i := range s.few {
		if s.few[i].name == name {
			return s.few[i].value, true
		}
	}
	v, ok := s.many[name]
	return v, ok
}

func (s *scope) set(name string, v Value) {
	for i := range s.few {
		if s.few[i].name == name {
			s.few[i].value = v
			return
		}
	}
	if len(s.few) < maxFew && s.many == nil {
		s.few = append(s.few, binding{name, v})
		return
	}
	if s.many == nil {
		s.many = map[string]Value{}
	}
	s.many[name] = v
}

func (s *scope) inner() *scope { return &scope{parent: s} }

// frame is where code runs: a rendering, the innermost scope, and where output goes.
type frame struct {
	run   *run
	scope *scope
	out   *output
}

// output is text being written: the rendered text, or what a macro or block captures.
type output struct{ b strings.Builder }

// write accounts for s and writes it.
func (f *frame) write(s string) error {
	if f.out.b.Len()+len(s) > MaxOutput {
		return fail("the template writes more than %d bytes", MaxOutput)
	}
	if err := f.run.build(len(s)); err != nil {
		return err
	}
	f.out.b.WriteString(s)
	return nil
}

// inner is f with a scope of its own.
func (f *frame) inner() *frame { return &frame{run: f.run, scope: f.scope.inner(), out: f.out} }

// capture runs body in scope and gives what it wrote.
func (f *frame) capture(s *scope, body []stmt) (string, error) {
	inner := &frame{run: f.run, scope: s, out: &output{}}
	if err := inner.exec(body); err != nil {
		return "", err
	}
	return inner.out.b.String(), nil
}

// exec runs statements in order.
func (f *frame) exec(body []stmt) error {
	for _, s := range body {
		if err := f.run.step(1); err != nil {
			return err
		}
		if err := s.exec(f); err != nil {
			return err
		}
	}
	return nil
}

// exec tells an error its line, if nothing within has.
func (p positioned) exec(f *frame) error {
	err := p.stmt.exec(f)
	var e *Error
	if err != nil && errors.As(err, &e) && e.Line == 0 {
		e.Line = p.line
	}
	return err
}

// eval evaluates e and counts it.
func (f *frame) eval(e expr) (Value, error) {
	if err := f.run.step(1); err != nil {
		return nil, err
	}
	return e.eval(f)
}

func (f *frame) evalAll(exprs []expr) ([]Value, error) {
	if err := f.run.build(elementBytes * len(exprs)); err != nil {
		return nil, err
	}
	out := make([]Value, len(exprs))
	for i, e := range exprs {
		var err error
		if out[i], err = f.eval(e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// evalOptional evaluates e, or gives None for no expression.
func (f *frame) evalOptional(e expr) (Value, error) {
	if e == nil {
		return nil, nil
	}
	return f.eval(e)
}
