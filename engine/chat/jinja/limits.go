package jinja

import (
	"fmt"
	"time"
)

// Limits on one template and one rendering. Published chat templates stay under 20 kB and take some dozen steps
// for each message.
const (
	MaxSource  = 256 << 10  // bytes of template text
	MaxSteps   = 10_000_000 // expressions evaluated, statements executed, elements visited
	MaxBytes   = 256 << 20  // bytes of texts, lists and dictionaries built, a sixteenth of the bytes searched and compared
	MaxOutput  = 16 << 20   // bytes of the rendered text
	MaxRange   = 100_000    // values of one range; the same as in Jinja's sandbox
	MaxCalls   = 200        // macro calls, call blocks and recursive loops within one another
	MaxNesting = 200        // tags and expressions within one another, and values within one another

	maxChain = 1000 // filters, attributes and calls on one operand, which parse into as deep a tree
)

// Bytes that a rendering is charged for what is not text.
const (
	elementBytes = 32
	entryBytes   = 96
)

// run is the state of one rendering: what is left of its limits, and its clock.
type run struct {
	now   time.Time
	steps int
	bytes int
	calls int
}

// step accounts for n units of work.
func (r *run) step(n int) error {
	r.steps += n
	if r.steps > MaxSteps {
		return fail("the template takes more than %d steps", MaxSteps)
	}
	return nil
}

// build accounts for n bytes about to be allocated.
func (r *run) build(n int) error {
	if n < 0 || n > MaxBytes-r.bytes {
		return fail("the template builds more than %d bytes of values", MaxBytes)
	}
	r.bytes += n
	return nil
}

// repeat accounts for count copies of size bytes.
func (r *run) repeat(count, size int) error {
	if count > 0 && size > MaxBytes/count {
		return r.build(MaxBytes + 1)
	}
	return r.build(max(count, 0) * size)
}

// scan accounts for n bytes about to be read.
func (r *run) scan(n int) error { return r.build(n / 16) }

// enter accounts for a macro call or the like; leave ends it.
func (r *run) enter() error {
	if r.calls++; r.calls > MaxCalls {
		return fail("macro calls are nested more than %d deep", MaxCalls)
	}
	return nil
}

func (r *run) leave() { r.calls-- }

// visit accounts for one value at a depth within others, and refuses values that hold themselves.
func (r *run) visit(depth int) error {
	if depth > MaxNesting {
		return fail("values are nested more than %d deep", MaxNesting)
	}
	return r.step(1)
}

// Error is what is wrong with a template, or with values for it.
type Error struct {
	Line    int    // of the template, from 1; 0 where none is known
	Message string // without the line
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Message
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Message)
}

// fail makes an error whose line the statement around it fills in.
func fail(format string, args ...any) error {
	return &Error{Message: fmt.Sprintf(format, args...)}
}

// RaisedError is raise_exception's: the template itself rejects its variables.
type RaisedError struct{ Message string }

func (e *RaisedError) Error() string { return e.Message }
