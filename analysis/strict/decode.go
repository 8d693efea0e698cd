package strict

import (
	"errors"
	"strings"

	"github.com/BurntSushi/toml"
)

// Decode is the values of a text and where each stands; file names it in messages. The error of a text that is not TOML is a Problem:
// the parser stops at the first.
func Decode(file string, text []byte) (values map[string]any, where Positions, err error) {
	if _, err := toml.Decode(string(text), &values); err != nil {
		return nil, nil, syntaxProblem(file, string(text), err)
	}
	return values, Scan(string(text)), nil
}

// syntaxProblem words an error of the TOML parser. The line is counted from the offset: the parser's own is one too high where the
// error is an early end of the line.
func syntaxProblem(file, text string, err error) error {
	var parse toml.ParseError
	if !errors.As(err, &parse) {
		return &Problem{File: file, Found: err.Error(), Expected: "TOML"}
	}
	before := text[:min(max(parse.Position.Start, 0), len(text))]
	p := &Problem{File: file, Line: 1 + strings.Count(before, "\n"), Found: "not TOML: " + strings.TrimSuffix(parse.Message, ".")}
	if parse.LastKey != "" {
		p.Suggestion = "the last key read was " + parse.LastKey
	}
	return p
}
