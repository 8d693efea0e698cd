package jinja

import "slices"

func (p *parser) macroTag() (stmt, error) {
	name, err := p.expectName()
	if err != nil {
		return nil, err
	}
	def := &macroDef{name: name}
	if err := p.signature(def); err != nil {
		return nil, err
	}
	if err := p.macroBody(def, "endmacro"); err != nil {
		return nil, err
	}
	return &macroStmt{def}, nil
}

// callTag is {% call(params) macro(arguments) %}: its body is what the macro calls as caller(...).
func (p *parser) callTag() (stmt, error) {
	s := &callBlock{caller: &macroDef{name: "caller"}}
	if p.isOperator("(") {
		if err := p.signature(s.caller); err != nil {
			return nil, err
		}
	}
	e, err := p.expression()
	if err != nil {
		return nil, err
	}
	call, ok := e.(*callExpr)
	if !ok {
		return nil, p.fail("{%% call %%} needs a call, such as a macro's")
	}
	s.call = call
	return s, p.macroBody(s.caller, "endcall")
}

// macroBody parses a body from which no break leads out.
func (p *parser) macroBody(def *macroDef, end string) error {
	loops := p.loops
	p.loops = 0
	p.macros = append(p.macros, def)
	body, err := p.lastBlock(end)
	p.macros = p.macros[:len(p.macros)-1]
	p.loops = loops
	def.body = body
	return err
}

// signature parses (a, b, c=default).
func (p *parser) signature(def *macroDef) error {
	if err := p.expect(operatorToken, "("); err != nil {
		return err
	}
	for !p.isOperator(")") {
		if len(def.params) > 0 {
			if err := p.expect(operatorToken, ","); err != nil {
				return err
			}
		}
		param, err := p.expectName()
		if err != nil {
			return err
		}
		if slices.Contains(def.params, param) {
			return p.fail("parameter %s is there twice", param)
		}
		def.params = append(def.params, param)
		if p.skip(operatorToken, "=") {
			value, err := p.expression()
			if err != nil {
				return err
			}
			def.defaults = append(def.defaults, value)
		} else if len(def.defaults) > 0 {
			return p.fail("parameter %s has no default but follows one that has", param)
		}
	}
	p.next()
	return nil
}

// mentions notes that a name is read, which decides what macros around it accept.
func (p *parser) mentions(name string) {
	for _, def := range p.macros {
		switch name {
		case "varargs":
			def.usesVarargs = true
		case "kwargs":
			def.usesKwargs = true
		case "caller":
			def.usesCaller = true
		}
	}
}

// target parses what is assigned to, up to the name end or an operator.
func (p *parser) target(end string) (target, error) {
	var parts []target
	isTuple := false
	for {
		if len(parts) > 0 && (p.current().kind == closeTagToken || end != "" && p.isName(end)) {
			break
		}
		part, err := p.targetPart()
		if err != nil {
			return target{}, err
		}
		parts = append(parts, part)
		if !p.skip(operatorToken, ",") {
			break
		}
		isTuple = true
	}
	if !isTuple {
		return parts[0], nil
	}
	return target{parts: parts, isTuple: true}, nil
}

func (p *parser) targetPart() (target, error) {
	if p.skip(operatorToken, "(") {
		if err := p.nest(); err != nil {
			return target{}, err
		}
		t, err := p.target("")
		p.nesting--
		if err != nil {
			return target{}, err
		}
		return t, p.expect(operatorToken, ")")
	}
	switch p.current().text {
	case "true", "false", "none", "True", "False", "None":
		return target{}, p.fail("cannot assign to %s", p.current().text)
	}
	name, err := p.expectName()
	if err != nil || !p.skip(operatorToken, ".") {
		return target{name: name}, err
	}
	attribute, err := p.expectName()
	return target{name: name, attribute: attribute}, err
}
