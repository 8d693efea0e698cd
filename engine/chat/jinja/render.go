package jinja

import (
	"errors"
	"fmt"
	"time"
)

// Render gives the text of a template with these variables. now is what strftime_now tells. The error is a
// *RaisedError if the template called raise_exception, else an *Error with the line.
func (t *Template) Render(variables *Dict, now time.Time) (rendered string, err error) {
	defer func() {
		if p := recover(); p != nil {
			rendered, err = "", fail("the template engine panicked: %v", p)
		}
	}()
	return t.render(variables, now)
}

// render lets a panic through.
func (t *Template) render(variables *Dict, now time.Time) (string, error) {
	outer := &scope{many: globals()}
	given := outer.inner()
	for k, v := range variables.all() {
		name, _ := text(k)
		given.set(name, v)
	}
	f := &frame{run: &run{now: now}, scope: given.inner(), out: &output{}}
	err := f.exec(t.body)
	switch {
	case errors.Is(err, errBreak) || errors.Is(err, errContinue):
		return "", fmt.Errorf("a jump out of a loop was not caught: %w", err)
	case err != nil:
		return "", err
	}
	return f.out.b.String(), nil
}
