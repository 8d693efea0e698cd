package jinja

// statement parses a tag behind its {%, up to and with the %} of its end.
func (p *parser) statement() (stmt, error) {
	if err := p.nest(); err != nil {
		return nil, err
	}
	defer func() { p.nesting-- }()
	if p.current().kind != nameToken {
		return nil, p.unexpected("the name of a tag")
	}
	parse, ok := p.tag(p.current().text)
	if !ok {
		return nil, p.unknownTag()
	}
	p.open = append(p.open, p.next().text)
	s, err := parse()
	if err != nil {
		return nil, err
	}
	p.open = p.open[:len(p.open)-1]
	return s, p.closeTag()
}

func (p *parser) tag(name string) (func() (stmt, error), bool) {
	switch name {
	case "for":
		return p.forTag, true
	case "if":
		return p.ifTag, true
	case "set":
		return p.setTag, true
	case "with":
		return p.withTag, true
	case "macro":
		return p.macroTag, true
	case "call":
		return p.callTag, true
	case "filter":
		return p.filterTag, true
	case "print":
		return p.printTag, true
	case "generation":
		return p.generationTag, true
	case "break", "continue":
		return p.jumpTag, true
	}
	return nil, false
}

func (p *parser) unknownTag() error {
	switch name := p.current().text; name {
	case "include", "import", "from", "extends", "block":
		return p.fail("{%% %s %%} is refused: a chat template cannot load others", name)
	case "autoescape":
		return p.fail("{%% autoescape %%} is refused: chat templates are not HTML")
	default:
		if len(p.open) > 0 {
			return p.fail("unknown tag %q inside {%% %s %%}", name, p.open[len(p.open)-1])
		}
		return p.fail("unknown tag %q", name)
	}
}

func (p *parser) forTag() (stmt, error) {
	s := &forStmt{}
	var err error
	if s.target, err = p.target("in"); err != nil {
		return nil, err
	}
	if err := p.expect(nameToken, "in"); err != nil {
		return nil, err
	}
	if s.over, err = p.tuple(tupleRules{plain: true, end: "recursive"}); err != nil {
		return nil, err
	}
	if p.skip(nameToken, "if") {
		if s.test, err = p.expression(); err != nil {
			return nil, err
		}
	}
	s.recursive = p.skip(nameToken, "recursive")
	p.loops++
	body, end, err := p.block("endfor", "else")
	p.loops--
	if err != nil {
		return nil, err
	}
	if s.body = body; end == "else" {
		s.otherwise, err = p.lastBlock("endfor")
	}
	return s, err
}

func (p *parser) ifTag() (stmt, error) {
	p.conditional++
	defer func() { p.conditional-- }()
	s := &ifStmt{}
	for {
		test, err := p.tuple(tupleRules{plain: true})
		if err != nil {
			return nil, err
		}
		body, end, err := p.block("elif", "else", "endif")
		if err != nil {
			return nil, err
		}
		s.tests, s.bodies = append(s.tests, test), append(s.bodies, body)
		switch end {
		case "else":
			s.otherwise, err = p.lastBlock("endif")
			return s, err
		case "endif":
			return s, nil
		}
	}
}

func (p *parser) setTag() (stmt, error) {
	to, err := p.target("")
	if err != nil {
		return nil, err
	}
	if p.skip(operatorToken, "=") {
		value, err := p.tuple(tupleRules{})
		return &setStmt{to, value}, err
	}
	s := &setBlock{target: to}
	if p.isOperator("|") {
		e, err := p.filters(nil)
		if err != nil {
			return nil, err
		}
		s.filter = e.(*filterExpr)
	}
	s.body, err = p.lastBlock("endset")
	return s, err
}

func (p *parser) withTag() (stmt, error) {
	s := &withStmt{}
	for p.current().kind != closeTagToken {
		if len(s.targets) > 0 {
			if err := p.expect(operatorToken, ","); err != nil {
				return nil, err
			}
		}
		to, err := p.target("")
		if err != nil {
			return nil, err
		}
		if err := p.expect(operatorToken, "="); err != nil {
			return nil, err
		}
		value, err := p.expression()
		if err != nil {
			return nil, err
		}
		s.targets, s.values = append(s.targets, to), append(s.values, value)
	}
	var err error
	s.body, err = p.lastBlock("endwith")
	return s, err
}

func (p *parser) filterTag() (stmt, error) {
	e, err := p.filter(nil)
	if err != nil {
		return nil, err
	}
	if e, err = p.filters(e); err != nil {
		return nil, err
	}
	s := &filterBlock{filter: e.(*filterExpr)}
	s.body, err = p.lastBlock("endfilter")
	return s, err
}

func (p *parser) printTag() (stmt, error) {
	value, err := p.tuple(tupleRules{})
	if t, ok := value.(*tupleExpr); ok { // one after the other
		value = &concat{t.items}
	}
	return &outputStmt{value}, err
}

func (p *parser) generationTag() (stmt, error) {
	loops := p.loops
	p.loops = 0
	body, err := p.lastBlock("endgeneration")
	p.loops = loops
	return &generationStmt{body}, err
}

func (p *parser) jumpTag() (stmt, error) {
	name := p.open[len(p.open)-1]
	if p.loops == 0 {
		return nil, p.fail("{%% %s %%} is outside of a loop", name)
	}
	if name == "break" {
		return breakStmt{}, nil
	}
	return continueStmt{}, nil
}
