package main

import (
	"fmt"
	"io"
	"time"
)

// steps tells how far an evaluation is: on a terminal in one line that changes,
// elsewhere in a line now and then.
type steps struct {
	out   *progress
	what  string
	total int
	told  time.Time
}

// plainStep is the time between two lines that are not a terminal's.
const plainStep = 5 * time.Second

func newSteps(werr io.Writer, what string, total int) *steps {
	return &steps{out: newProgress(werr), what: what, total: total, told: time.Now()}
}

func (s *steps) done(n int) {
	text := fmt.Sprintf("%s %d of %d", s.what, n, s.total)
	switch {
	case s.out.terminal:
		s.out.rewrite(text)
	case time.Since(s.told) > plainStep:
		s.told = time.Now()
		s.out.line(text)
	}
}

// end clears the line that changes.
func (s *steps) end() {
	if s.out.terminal {
		s.out.rewrite("")
	}
}
