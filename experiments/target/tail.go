package target

import (
	"io"
	"slices"
	"sync"
)

// tail passes output on, as far as it is taken, and keeps the last lines for error messages.
type tail struct {
	next io.Writer
	keep int // lines; less than 1 for 1

	mu   sync.Mutex
	line []byte
	done []string
}

// tailLine is how much is kept of a line, in bytes.
const tailLine = 1 << 10

// keptLines is how many lines are kept of a system whose log is searched for why it ended.
const keptLines = 500

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, b := range p {
		if b == '\n' {
			t.push()
		} else if len(t.line) < tailLine {
			t.line = append(t.line, b)
		}
	}
	_, _ = t.next.Write(p) // an error here would close the pipe, and that would end the process
	return len(p), nil
}

// push ends a line. Old ones are dropped many at a time.
func (t *tail) push() {
	keep := max(1, t.keep)
	if len(t.done) >= 2*keep {
		t.done = slices.Clone(t.done[len(t.done)-keep+1:])
	}
	t.done, t.line = append(t.done, string(t.line)), t.line[:0]
}

// lines are the last ones, the oldest first, one that has no end yet included.
func (t *tail) lines() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := slices.Clone(t.done)
	if len(t.line) > 0 {
		all = append(all, string(t.line))
	}
	return all[max(0, len(all)-max(1, t.keep)):]
}

func (t *tail) last() string {
	all := t.lines()
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}
