package jinja

import "fmt"

// postfix parses attributes, indices and calls behind an operand.
func (p *parser) postfix(e expr) (expr, error) {
	for n := 0; ; n++ {
		var err error
		switch {
		case p.isOperator("."):
			e, err = p.dot(e)
		case p.isOperator("["):
			e, err = p.subscript(e)
		case p.isOperator("("):
			e, err = p.call(e)
		default:
			return e, nil
		}
		if err == nil && n == maxChain {
			err = p.fail("an operand is followed by more than %d attributes, indices and calls", maxChain)
		}
		if err != nil {
			return nil, err
		}
	}
}

// filters parses filters, tests and calls behind an operand. A nil operand is {% set %}'s, which takes filters only.
func (p *parser) filters(e expr) (expr, error) {
	inTag := e == nil
	if f, ok := e.(*filterExpr); ok {
		inTag = f.operand == nil
	}
	for n := 0; ; n++ {
		var err error
		switch {
		case p.skip(operatorToken, "|"):
			e, err = p.filter(e)
		case inTag:
			return e, nil
		case p.skip(nameToken, "is"):
			e, err = p.test(e)
		case p.isOperator("("):
			e, err = p.call(e)
		default:
			return e, nil
		}
		if err == nil && n == maxChain {
			err = p.fail("an operand is followed by more than %d filters", maxChain)
		}
		if err != nil {
			return nil, err
		}
	}
}

func (p *parser) dot(e expr) (expr, error) {
	p.next()
	switch t := p.current(); t.kind {
	case nameToken:
		p.next()
		return &attribute{e, t.text}, nil
	case numberToken:
		if i, ok := t.value.(int64); ok {
			p.next()
			return &index{e, &literal{i}}, nil
		}
	}
	return nil, p.unexpected("the name of an attribute")
}

func (p *parser) subscript(e expr) (expr, error) {
	p.next()
	var bounds [3]expr
	n := 0 // colons
	for !p.isOperator("]") {
		if p.isOperator(":") && n < 2 {
			p.next()
			n++
			continue
		}
		if bounds[n] != nil {
			return nil, p.unexpected(`"]"`)
		}
		var err error
		if bounds[n], err = p.expression(); err != nil {
			return nil, err
		}
		if n == 0 && p.isOperator(",") {
			return p.tupleIndex(e, bounds[0])
		}
	}
	if n == 0 && bounds[0] == nil {
		return nil, p.unexpected("an index")
	}
	p.next()
	if n == 0 {
		return &index{e, bounds[0]}, nil
	}
	return &slice{e, bounds[0], bounds[1], bounds[2]}, nil
}

// tupleIndex parses e[first, ...].
func (p *parser) tupleIndex(e, first expr) (expr, error) {
	p.next()
	more, err := p.items("]")
	return &index{e, &tupleExpr{append([]expr{first}, more...)}}, err
}

func (p *parser) call(e expr) (expr, error) {
	args, err := p.arguments()
	return &callExpr{e, args}, err
}

// arguments parses (a, b, c=d, *rest, **restNamed).
func (p *parser) arguments() (argumentList, error) {
	var a argumentList
	p.next()
	for n := 0; !p.isOperator(")"); n++ {
		if n > 0 {
			if err := p.expect(operatorToken, ","); err != nil {
				return a, err
			}
			if p.isOperator(")") {
				break
			}
		}
		if err := p.argument(&a); err != nil {
			return a, err
		}
	}
	p.next()
	return a, nil
}

func (p *parser) argument(a *argumentList) (err error) {
	switch t := p.current(); {
	case t.is(operatorToken, "**"):
		if a.restNamed == nil {
			p.next()
			a.restNamed, err = p.expression()
			return err
		}
	case t.is(operatorToken, "*"):
		if a.rest == nil && a.restNamed == nil {
			p.next()
			a.rest, err = p.expression()
			return err
		}
	case t.kind == nameToken && p.tokens[p.at+1].is(operatorToken, "="):
		if a.restNamed == nil {
			p.at += 2
			value, err := p.expression()
			a.names, a.named = append(a.names, t.text), append(a.named, value)
			return err
		}
	case a.rest == nil && a.restNamed == nil && len(a.names) == 0:
		value, err := p.expression()
		a.positional = append(a.positional, value)
		return err
	}
	return p.fail("arguments of a call are in the wrong order: positional ones come first, then name=value, *list, **dictionary")
}

// filter parses a filter behind its |.
func (p *parser) filter(e expr) (expr, error) {
	line := p.current().line
	name, err := p.dotted()
	if err != nil {
		return nil, err
	}
	f := &filterExpr{operand: e, name: name}
	if _, ok := filters[name]; !ok {
		p.miss(line, "filter", name)
	}
	if p.isOperator("(") {
		f.args, err = p.arguments()
	}
	return f, err
}

// miss notes an unknown filter or test. Where it may never run, only running it is an error.
func (p *parser) miss(line int, kind, name string) {
	if p.conditional == 0 {
		p.missing = append(p.missing, &Error{line, missing(kind, name)})
	}
}

func missing(kind, name string) string { return fmt.Sprintf("there is no %s named %q", kind, name) }

func (p *parser) dotted() (string, error) {
	name, err := p.expectName()
	for err == nil && p.skip(operatorToken, ".") {
		var more string
		more, err = p.expectName()
		name += "." + more
	}
	return name, err
}

// test parses a test behind its is.
func (p *parser) test(e expr) (expr, error) {
	negated := p.skip(nameToken, "not")
	line := p.current().line
	name, err := p.dotted()
	if err != nil {
		return nil, err
	}
	if _, ok := tests[name]; !ok {
		p.miss(line, "test", name)
	}
	t := &testExpr{operand: e, name: name}
	if err := p.testArguments(t); err != nil {
		return nil, err
	}
	if negated {
		return &not{t}, nil
	}
	return t, nil
}

// testArguments parses what a test compares with: in parentheses, or one operand without.
func (p *parser) testArguments(t *testExpr) (err error) {
	switch {
	case p.isOperator("("):
		t.args, err = p.arguments()
		return err
	case p.isName("else", "or", "and"):
		return nil
	case p.isName("is"):
		return p.fail("tests cannot follow each other; join them with and")
	case p.current().kind == nameToken, p.current().kind == stringToken, p.current().kind == numberToken, p.isOperator("[", "{"):
		if err := p.nest(); err != nil {
			return err
		}
		defer func() { p.nesting-- }()
		operand, err := p.primary()
		if err != nil {
			return err
		}
		operand, err = p.postfix(operand)
		t.args.positional = []expr{operand}
		return err
	}
	return nil
}
