package gguf

import (
	"errors"
	"fmt"
)

// ErrMissing is wrapped by the error for a key or tensor that the file does not have.
var ErrMissing = errors.New("not in the file")

// ErrType is wrapped by the error for a key whose value is of another type than asked for,
// or out of that type's range.
var ErrType = errors.New("wrong type")

// ParseError says what in a file is broken and where.
type ParseError struct {
	File     string
	Offset   int64  // byte in the file at which Part begins
	Part     string // such as `key "general.name"`
	Found    string
	Expected string
}

func (e *ParseError) Error() string {
	return fmt.Sprintf("%s: byte %d: %s: found %s, expected %s", e.File, e.Offset, e.Part, e.Found, e.Expected)
}
