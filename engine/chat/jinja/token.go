package jinja

import "fmt"

type tokenKind uint8

const (
	endToken      tokenKind = iota
	dataToken               // template text
	openToken               // {{
	closeToken              // }}
	openTagToken            // {%
	closeTagToken           // %}
	nameToken               // an identifier or keyword
	stringToken             // value is a string
	numberToken             // value is int64, *big.Int or float64
	operatorToken           // text is the operator
)

type token struct {
	kind  tokenKind
	line  int
	text  string
	value Value
}

func (t token) is(kind tokenKind, text string) bool { return t.kind == kind && t.text == text }

// describe names t in messages.
func (t token) describe() string {
	switch t.kind {
	case endToken:
		return "the end of the template"
	case dataToken:
		return "template text"
	case stringToken:
		return "a string"
	case numberToken:
		return "a number"
	}
	return fmt.Sprintf("%q", t.text)
}
