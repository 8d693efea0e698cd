package jinja

import "strings"

// expression parses a whole expression, conditions (a if b else c) included.
func (p *parser) expression() (expr, error) {
	if err := p.nest(); err != nil {
		return nil, err
	}
	defer func() { p.nesting-- }()
	missing := len(p.missing)
	e, err := p.or()
	if err != nil || !p.isName("if") {
		return e, err
	}
	p.missing = p.missing[:missing] // e turned out to be conditional
	return p.conditions(e)
}

// conditions parses what follows the first operand of a condition.
func (p *parser) conditions(first expr) (expr, error) {
	p.conditional++
	defer func() { p.conditional-- }()
	for n := 0; p.isName("if"); n++ {
		c := &conditional{then: first, line: p.next().line}
		var err error
		if c.test, err = p.or(); err != nil {
			return nil, err
		}
		if p.skip(nameToken, "else") {
			if c.otherwise, err = p.expression(); err != nil {
				return nil, err
			}
		}
		if n == maxChain {
			return nil, p.fail("more than %d conditions follow each other", maxChain)
		}
		first = c
	}
	return first, nil
}

func (p *parser) or() (expr, error) {
	return p.logic("or", func() (expr, error) { return p.logic("and", p.not) })
}

func (p *parser) logic(word string, operand func() (expr, error)) (expr, error) {
	first, err := operand()
	if err != nil || !p.isName(word) {
		return first, err
	}
	e := &logic{operands: []expr{first}, or: word == "or"}
	for p.skip(nameToken, word) {
		next, err := operand()
		if err != nil {
			return nil, err
		}
		e.operands = append(e.operands, next)
	}
	return e, nil
}

func (p *parser) not() (expr, error) {
	if !p.isName("not") {
		return p.comparison()
	}
	if err := p.nest(); err != nil {
		return nil, err
	}
	p.next()
	e, err := p.not()
	p.nesting--
	return &not{e}, err
}

func (p *parser) comparison() (expr, error) {
	first, err := p.sum()
	if err != nil {
		return nil, err
	}
	e := &comparison{operands: []expr{first}}
	for {
		op, ok := p.comparisonOperator()
		if !ok {
			break
		}
		next, err := p.sum()
		if err != nil {
			return nil, err
		}
		e.operands, e.ops = append(e.operands, next), append(e.ops, op)
	}
	if len(e.ops) == 0 {
		return first, nil
	}
	return e, nil
}

func (p *parser) comparisonOperator() (string, bool) {
	switch {
	case p.isOperator("==", "!=", "<", "<=", ">", ">="):
		return p.next().text, true
	case p.skip(nameToken, "in"):
		return "in", true
	case p.isName("not") && p.tokens[p.at+1].is(nameToken, "in"):
		p.at += 2
		return "not in", true
	}
	return "", false
}

func (p *parser) sum() (expr, error) { return p.chain(p.concat, "+", "-") }

func (p *parser) concat() (expr, error) {
	first, err := p.product()
	if err != nil || !p.isOperator("~") {
		return first, err
	}
	e := &concat{[]expr{first}}
	for p.skip(operatorToken, "~") {
		next, err := p.product()
		if err != nil {
			return nil, err
		}
		e.operands = append(e.operands, next)
	}
	return e, nil
}

func (p *parser) product() (expr, error) { return p.chain(p.power, "*", "/", "//", "%") }

func (p *parser) power() (expr, error) {
	return p.chain(func() (expr, error) { return p.unary(true) }, "**")
}

// chain parses operands joined by ops, which group from the left; as in Jinja, ** does so too.
func (p *parser) chain(operand func() (expr, error), ops ...string) (expr, error) {
	first, err := operand()
	if err != nil || !p.isOperator(ops...) {
		return first, err
	}
	e := &chain{operands: []expr{first}}
	for p.isOperator(ops...) {
		e.ops = append(e.ops, p.next().text)
		next, err := operand()
		if err != nil {
			return nil, err
		}
		e.operands = append(e.operands, next)
	}
	return e, nil
}

// unary parses a sign and its operand, and the filters and tests behind, which apply to the signed value.
func (p *parser) unary(withFilters bool) (expr, error) {
	var e expr
	var err error
	if p.isOperator("+", "-") {
		if err := p.nest(); err != nil {
			return nil, err
		}
		op := p.next().text
		e, err = p.unary(false)
		p.nesting--
		e = &unary{op, e}
	} else if e, err = p.primary(); err == nil {
		e, err = p.postfix(e)
	}
	if err != nil || !withFilters {
		return e, err
	}
	return p.filters(e)
}

func (p *parser) primary() (expr, error) {
	t := p.current()
	switch {
	case t.kind == nameToken:
		p.next()
		return p.nameOrConstant(t.text), nil
	case t.kind == stringToken:
		return p.strings(), nil
	case t.kind == numberToken:
		p.next()
		return &literal{t.value}, nil
	case t.is(operatorToken, "("):
		p.next()
		e, err := p.tuple(tupleRules{parentheses: true})
		if err != nil {
			return nil, err
		}
		return e, p.expect(operatorToken, ")")
	case t.is(operatorToken, "["):
		p.next()
		items, err := p.items("]")
		return &listExpr{items}, err
	case t.is(operatorToken, "{"):
		p.next()
		return p.dict()
	}
	return nil, p.unexpected("an expression")
}

func (p *parser) nameOrConstant(s string) expr {
	switch s {
	case "true", "True":
		return &literal{true}
	case "false", "False":
		return &literal{false}
	case "none", "None":
		return &literal{nil}
	}
	p.mentions(s)
	return &name{s}
}

// strings joins adjacent ones.
func (p *parser) strings() expr {
	var b strings.Builder
	for p.current().kind == stringToken {
		b.WriteString(p.next().text)
	}
	return &literal{b.String()}
}

// items parses expressions up to the closing bracket and skips it.
func (p *parser) items(shut string) ([]expr, error) {
	var items []expr
	for !p.isOperator(shut) {
		if len(items) > 0 {
			if err := p.expect(operatorToken, ","); err != nil {
				return nil, err
			}
			if p.isOperator(shut) {
				break
			}
		}
		e, err := p.expression()
		if err != nil {
			return nil, err
		}
		items = append(items, e)
	}
	p.next()
	return items, nil
}

func (p *parser) dict() (expr, error) {
	d := &dictExpr{}
	for !p.isOperator("}") {
		if len(d.keys) > 0 {
			if err := p.expect(operatorToken, ","); err != nil {
				return nil, err
			}
			if p.isOperator("}") {
				break
			}
		}
		key, err := p.expression()
		if err != nil {
			return nil, err
		}
		if err := p.expect(operatorToken, ":"); err != nil {
			return nil, err
		}
		value, err := p.expression()
		if err != nil {
			return nil, err
		}
		d.keys, d.values = append(d.keys, key), append(d.values, value)
	}
	p.next()
	return d, nil
}

// tupleRules say where a list of expressions without brackets stands.
type tupleRules struct {
	plain       bool   // no conditions
	parentheses bool   // () is an empty tuple
	end         string // a name that ends it
}

// tuple parses one expression, or several with commas between.
func (p *parser) tuple(rules tupleRules) (expr, error) {
	parse := p.expression
	if rules.plain {
		parse = p.or
	}
	var items []expr
	isTuple := false
	for !p.tupleEnds(rules) {
		e, err := parse()
		if err != nil {
			return nil, err
		}
		items = append(items, e)
		if !p.skip(operatorToken, ",") {
			break
		}
		isTuple = true
	}
	if !isTuple && len(items) == 1 {
		return items[0], nil
	}
	if len(items) == 0 && !rules.parentheses {
		return nil, p.unexpected("an expression")
	}
	return &tupleExpr{items}, nil
}

func (p *parser) tupleEnds(rules tupleRules) bool {
	t := p.current()
	return t.kind == closeToken || t.kind == closeTagToken || t.is(operatorToken, ")") ||
		rules.end != "" && t.is(nameToken, rules.end)
}
