package pbtxt

import (
	"fmt"
	"strings"
)

// Error is what is wrong with a text, and where.
type Error struct {
	Line, Column    int // from 1
	Found, Expected string
}

func (e *Error) Error() string {
	return fmt.Sprintf("line %d, column %d: found %s, expected %s", e.Line, e.Column, e.Found, e.Expected)
}

// deepest bounds messages in messages: a model configuration has six or so.
const deepest = 64

// Parse reads a message. The error is an *Error.
func Parse(src []byte) (*Message, error) {
	p := parser{lexer: lexer{src: string(src)}}
	if err := p.next(); err != nil {
		return nil, err
	}
	return p.message("", 0)
}

// parser has one token in hand.
type parser struct {
	lexer
	tok token
}

func (p *parser) next() (err error) {
	p.tok, err = p.lexer.token()
	return err
}

// expected makes the error that the token in hand is none of what is expected.
func (p *parser) expected(what string) error { return p.wrong(p.tok.at, p.tok.describe(), what) }

// message reads fields up to end, which is "" for the end of the text. It leaves end in hand.
func (p *parser) message(end string, depth int) (*Message, error) {
	m := &Message{}
	if depth > deepest {
		return nil, p.expected(fmt.Sprintf("at most %d messages in each other", deepest))
	}
	for !p.tok.is(end) {
		if p.tok.kind != name {
			return nil, p.expected(p.fieldOr(end))
		}
		if err := p.field(m, depth); err != nil {
			return nil, err
		}
		if p.tok.is(",") || p.tok.is(";") {
			if err := p.next(); err != nil {
				return nil, err
			}
		}
	}
	return m, nil
}

// fieldOr words what may stand where a field begins.
func (p *parser) fieldOr(end string) string {
	switch {
	case p.tok.is("["):
		return "the name of a field: extensions are not part of a model configuration"
	case end == "":
		return "the name of a field"
	}
	return "the name of a field or " + end
}

// field reads one, a list as several.
func (p *parser) field(m *Message, depth int) error {
	f := Field{Name: p.tok.text, Line: p.line(p.tok.at)}
	if err := p.next(); err != nil {
		return err
	}
	colon := p.tok.is(":")
	if colon {
		if err := p.next(); err != nil {
			return err
		}
	}
	add := func(v Value) { f.Value = v; m.Fields = append(m.Fields, f) }
	if p.tok.is("[") {
		return p.list(add, colon, depth)
	}
	v, err := p.value(colon, depth)
	if err == nil {
		add(v)
	}
	return err
}

// list reads values up to the closing bracket.
func (p *parser) list(add func(Value), colon bool, depth int) error {
	if err := p.next(); err != nil {
		return err
	}
	for first := true; !p.tok.is("]"); first = false {
		if !first {
			if !p.tok.is(",") {
				return p.expected(", or ]")
			}
			if err := p.next(); err != nil {
				return err
			}
		}
		v, err := p.value(colon, depth)
		if err != nil {
			return err
		}
		add(v)
	}
	return p.next()
}

// value reads a message, or after a colon a scalar.
func (p *parser) value(colon bool, depth int) (Value, error) {
	switch {
	case p.tok.is("{"):
		return p.nested("}", depth)
	case p.tok.is("<"):
		return p.nested(">", depth)
	case !colon:
		return Value{}, p.expected(": or {")
	}
	return p.scalar()
}

func (p *parser) nested(end string, depth int) (Value, error) {
	if err := p.next(); err != nil {
		return Value{}, err
	}
	m, err := p.message(end, depth+1)
	if err != nil {
		return Value{}, err
	}
	return Value{Message: m}, p.next()
}

// scalar reads a number, a name or texts, which are one where they follow each other.
func (p *parser) scalar() (Value, error) {
	t := p.tok
	switch {
	case t.kind == text:
		return p.texts()
	case t.kind == name || t.kind == number:
		return Value{Scalar: t.text}, p.next()
	case !t.is("-"):
		return Value{}, p.expected("a value")
	}
	if err := p.next(); err != nil {
		return Value{}, err
	}
	if p.tok.kind != number && !p.infinite() {
		return Value{}, p.expected("a number")
	}
	v := Value{Scalar: "-" + p.tok.text}
	return v, p.next()
}

// infinite says that the name in hand is one that may have a sign.
func (p *parser) infinite() bool {
	switch strings.ToLower(p.tok.text) {
	case "inf", "infinity", "nan":
		return p.tok.kind == name
	}
	return false
}

func (p *parser) texts() (Value, error) {
	var b strings.Builder
	for p.tok.kind == text {
		b.WriteString(p.tok.text)
		if err := p.next(); err != nil {
			return Value{}, err
		}
	}
	return Text(b.String()), nil
}
