package demand

import (
	"errors"
	"fmt"
	"strings"
)

// What may be wrong with a history, for errors.Is.
var (
	ErrHeader    = errors.New("header")
	ErrTable     = errors.New("no CSV")
	ErrTime      = errors.New("no time")
	ErrZone      = errors.New("time zone")
	ErrSkipped   = errors.New("time that does not exist")
	ErrAmbiguous = errors.New("time that comes twice")
	ErrOrder     = errors.New("out of order")
	ErrDuplicate = errors.New("duplicate")
	ErrStep      = errors.New("distance of rows")
	ErrGap       = errors.New("gap")
	ErrNumber    = errors.New("number")
	ErrTeam      = errors.New("team")
	ErrShort     = errors.New("too short")
	ErrSize      = errors.New("too long")
)

// Error is one thing that is wrong with a history, and what to do about it.
type Error struct {
	Kind      error // one of those above
	File      string
	Line      int // 0: the whole file
	Found, Do string
}

func (e *Error) Error() string {
	at := e.File
	if e.Line > 0 {
		at = fmt.Sprintf("%s:%d", e.File, e.Line)
	}
	return fmt.Sprintf("%s: %s: %s: %s", at, e.Kind, e.Found, e.Do)
}

func (e *Error) Unwrap() error { return e.Kind }

// mostProblems is how many are reported of one file.
const mostProblems = 10

// problems are those of one file, in the order of their lines.
type problems struct {
	file string
	all  []error
}

// add notes a problem, and is false where more are not worth reading.
func (p *problems) add(kind error, line int, found, do string) bool {
	p.all = append(p.all, &Error{kind, p.file, line, found, do})
	return len(p.all) < mostProblems
}

func (p *problems) err() error { return errors.Join(p.all...) }

func quoted(names []string) string {
	return strings.Join(names, ", ")
}
