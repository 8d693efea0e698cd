package jinja

import "slices"

// macro is a macro with the scope that it was defined in.
type macro struct {
	def   *macroDef
	scope *scope
}

func (s *macroStmt) exec(f *frame) error {
	f.scope.set(s.def.name, &macro{s.def, f.scope})
	return f.run.build(entryBytes)
}

func (s *callBlock) exec(f *frame) error {
	v, err := s.call.callWith(f, &macro{s.caller, f.scope})
	if err != nil {
		return err
	}
	return f.printText(v)
}

// call gives the text that the macro writes.
func (m *macro) call(f *frame, a *arguments) (Value, error) {
	if err := f.run.enter(); err != nil {
		return nil, err
	}
	defer f.run.leave()
	inner := &frame{run: f.run, scope: m.scope.inner(), out: &output{}}
	if err := m.bind(inner, a); err != nil {
		return nil, err
	}
	if err := inner.exec(m.def.body); err != nil {
		return nil, err
	}
	return inner.out.b.String(), nil
}

// bind assigns the parameters in the call's scope. Defaults are evaluated there, after the parameters before them.
func (m *macro) bind(f *frame, a *arguments) error {
	params, used := m.def.params, 0
	for i, p := range params {
		v, named := a.named.Get(p)
		switch {
		case i < len(a.positional) && named:
			return fail("macro '%s' got multiple values for argument '%s'", m.def.name, p)
		case i < len(a.positional):
			v = a.positional[i]
		case named:
			used++
		default:
			var err error
			if v, err = m.missing(f, i); err != nil {
				return err
			}
		}
		f.scope.set(p, v)
	}
	if err := m.bindRest(f, a, used); err != nil {
		return err
	}
	return f.run.build(entryBytes * (len(params) + 1))
}

func (m *macro) missing(f *frame, i int) (Value, error) {
	if d := i - (len(m.def.params) - len(m.def.defaults)); d >= 0 {
		return f.eval(m.def.defaults[d])
	}
	return &undefined{"parameter '" + m.def.params[i] + "' was not provided"}, nil
}

// bindRest assigns caller, kwargs and varargs where the body reads them, and refuses arguments that nothing takes.
func (m *macro) bindRest(f *frame, a *arguments, used int) error {
	caller, called := a.named.Get("caller")
	if m.def.usesCaller && !m.declares("caller") {
		if !called {
			caller = &undefined{"No caller defined"}
		} else {
			used++
		}
		f.scope.set("caller", caller)
	}
	switch {
	case m.def.usesKwargs:
		f.scope.set("kwargs", m.strayNamed(a))
	case used < a.named.Len():
		return fail("macro '%s' takes no keyword argument '%s'", m.def.name, m.strayNamed(a).keys[0])
	}
	extra := len(a.positional) - len(m.def.params)
	switch {
	case m.def.usesVarargs:
		f.scope.set("varargs", tuple(a.positional[len(a.positional)-max(extra, 0):]...))
	case extra > 0:
		return fail("macro '%s' takes not more than %d argument(s)", m.def.name, len(m.def.params))
	}
	return nil
}

func (m *macro) declares(param string) bool {
	return slices.Contains(m.def.params, param)
}

// strayNamed are the named arguments that are not parameters.
func (m *macro) strayNamed(a *arguments) *Dict {
	d := &Dict{}
	for k, v := range a.named.all() {
		name, _ := text(k)
		if !m.declares(name) && (name != "caller" || !m.def.usesCaller) {
			d.Set(name, v)
		}
	}
	return d
}

func (m *macro) attribute(name string) (Value, bool) {
	switch name {
	case "name":
		return m.def.name, true
	case "arguments":
		params := make([]Value, len(m.def.params))
		for i, p := range m.def.params {
			params[i] = p
		}
		return tuple(params...), true
	case "catch_kwargs":
		return m.def.usesKwargs, true
	case "catch_varargs":
		return m.def.usesVarargs, true
	case "caller":
		return m.def.usesCaller, true
	}
	return nil, false
}
