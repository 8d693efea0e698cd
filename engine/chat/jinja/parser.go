package jinja

import (
	"fmt"
	"slices"
	"strings"
)

// parser turns tokens into statements by recursive descent over Jinja's grammar.
type parser struct {
	tokens      []token
	at          int
	nesting     int
	loops       int      // for bodies around, up to the nearest macro or call block
	conditional int      // if statements and conditional expressions around
	missing     []error  // unknown filters and tests in what runs unconditionally
	open        []string // the tags around
	macros      []*macroDef
}

// Template is a parsed template. It is immutable: many goroutines may render it at once.
type Template struct{ body []stmt }

// Parse reads a template. Its error is an *Error with the line.
func Parse(source string) (*Template, error) {
	if len(source) > MaxSource {
		return nil, fail("the template has %d bytes; at most %d are allowed", len(source), MaxSource)
	}
	tokens, err := lex(source)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	body, err := p.statements()
	if err != nil {
		return nil, err
	}
	if len(p.missing) > 0 {
		return nil, p.missing[0]
	}
	return &Template{body: body}, nil
}

func (p *parser) current() token { return p.tokens[p.at] }

func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != endToken {
		p.at++
	}
	return t
}

// skip takes an operator or name if it is next.
func (p *parser) skip(kind tokenKind, text string) bool {
	if !p.current().is(kind, text) {
		return false
	}
	p.at++
	return true
}

func (p *parser) isOperator(ops ...string) bool {
	return p.current().kind == operatorToken && slices.Contains(ops, p.current().text)
}

func (p *parser) isName(names ...string) bool {
	return p.current().kind == nameToken && slices.Contains(names, p.current().text)
}

func (p *parser) expect(kind tokenKind, text string) error {
	if !p.skip(kind, text) {
		return p.unexpected(fmt.Sprintf("%q", text))
	}
	return nil
}

func (p *parser) expectName() (string, error) {
	if p.current().kind != nameToken {
		return "", p.unexpected("a name")
	}
	return p.next().text, nil
}

func (p *parser) fail(format string, args ...any) error {
	return &Error{Line: p.current().line, Message: fmt.Sprintf(format, args...)}
}

func (p *parser) unexpected(want string) error {
	return p.fail("expected %s, found %s", want, p.current().describe())
}

// nest counts what recursion goes through; the caller ends it with p.nesting--.
func (p *parser) nest() error {
	if p.nesting++; p.nesting > MaxNesting {
		return p.fail("tags and expressions are nested more than %d deep", MaxNesting)
	}
	return nil
}

// statements parses up to the end of the template, or to a tag named as one of ends, which is left as
// the next token.
func (p *parser) statements(ends ...string) ([]stmt, error) {
	var body []stmt
	for {
		line := p.current().line
		var s stmt
		var err error
		switch t := p.current(); t.kind {
		case dataToken:
			p.next()
			s = &textStmt{t.text}
		case openToken:
			s, err = p.output()
		case openTagToken:
			p.next()
			if p.isName(ends...) {
				return body, nil
			}
			s, err = p.statement()
		default:
			return body, p.ended(ends)
		}
		if err != nil {
			return nil, err
		}
		body = append(body, positioned{line, s})
	}
}

// ended is an error if something is still open at the end of the template.
func (p *parser) ended(ends []string) error {
	if len(ends) == 0 {
		return nil
	}
	return p.fail("the template ends inside {%% %s %%}; expected %s", p.open[len(p.open)-1], tagList(ends))
}

func tagList(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = "{% " + n + " %}"
	}
	return strings.Join(quoted, " or ")
}

func (p *parser) output() (stmt, error) {
	p.next()
	value, err := p.tuple(tupleRules{})
	if err != nil {
		return nil, err
	}
	if p.current().kind != closeToken {
		return nil, p.unexpected(`"}}"`)
	}
	p.next()
	return &outputStmt{value}, nil
}

// block parses the rest of the opening tag and the body, up to one of ends; it gives the end's name, behind
// which the parser stands.
func (p *parser) block(ends ...string) (body []stmt, end string, err error) {
	p.skip(operatorToken, ":")
	if err := p.closeTag(); err != nil {
		return nil, "", err
	}
	if body, err = p.statements(ends...); err != nil {
		return nil, "", err
	}
	return body, p.next().text, nil
}

// lastBlock is a block with one possible end.
func (p *parser) lastBlock(end string) ([]stmt, error) {
	body, _, err := p.block(end)
	return body, err
}

func (p *parser) closeTag() error {
	if p.current().kind != closeTagToken {
		return p.unexpected(`"%}"`)
	}
	p.next()
	return nil
}
