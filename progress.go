package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/assaylab/assay/experiments"
	"github.com/assaylab/assay/loadgen"
)

// Intervals between two lines about a trial that runs: a terminal's line is
// rewritten, a log's is added.
const (
	terminalTick = 200 * time.Millisecond
	plainTick    = 10 * time.Second
)

// progress writes what a run is doing: one line that changes on a terminal, plain
// lines elsewhere.
type progress struct {
	w        io.Writer
	terminal bool
	width    int
	height   int       // lines of the terminal, 0 where they are not known
	last     time.Time // of the last step's line

	panel func(t experiments.Running, width int) []string // in place of the one line on a terminal
	drawn int                                             // lines of the panel on the terminal, under mu

	byClass bool // elsewhere: a line about the load's classes below the one about all

	mu   sync.Mutex
	stop chan struct{} // of the ticker of the announced trial
	done chan struct{}
}

var _ experiments.Progress = (*progress)(nil)

func newProgress(w io.Writer) *progress {
	p := &progress{w: w, width: 80}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.terminal = true
		if width, height, err := term.GetSize(int(f.Fd())); err == nil && width > 20 {
			p.width, p.height = width, height
		}
	}
	return p
}

func (p *progress) Phase(sentence string) { p.line(sentence) }
func (p *progress) Note(sentence string)  { p.line("note: " + sentence) }

func (p *progress) Trial(t experiments.Running) {
	tick := plainTick
	if p.terminal {
		tick = terminalTick
		p.show(t)
	}
	p.stop, p.done = make(chan struct{}), make(chan struct{})
	go p.follow(t, tick, p.stop, p.done)
}

// follow shows the trial's state until it is stopped.
func (p *progress) follow(t experiments.Running, tick time.Duration, stop, done chan struct{}) {
	defer close(done)
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
			if p.terminal {
				p.show(t)
			} else {
				p.line(p.told(t, t.Live.Progress()))
			}
		}
	}
}

func (p *progress) Finished(t experiments.Running, words string) {
	p.close()
	left := ""
	if t.Left > 0 {
		left = fmt.Sprintf(", about %v left", t.Left.Round(time.Second))
	}
	p.line(fmt.Sprintf("%s: %s%s", head(t), words, left))
}

// close ends the announced trial's line, if there is one.
func (p *progress) close() {
	if p.stop != nil {
		close(p.stop)
		<-p.done
		p.stop = nil
	}
	if p.terminal {
		p.rewrite("")
	}
}

func head(t experiments.Running) string {
	return fmt.Sprintf("[%*d/%d] %s at %s", len(fmt.Sprint(t.N)), t.K, t.N, t.Arm, t.Load)
}

// told is what is said of the trial where there is no terminal, all of it from one snapshot.
func (p *progress) told(t experiments.Running, now loadgen.Progress) string {
	s := state(t, now)
	if p.byClass && len(t.Classes) > 0 && now.Issued > 0 {
		s += "\n  " + classesLine(t.Classes, now.Classes)
	}
	return s
}

func state(t experiments.Running, p loadgen.Progress) string {
	s := head(t)
	if p.Issued == 0 {
		return s + ": starting"
	}
	s += fmt.Sprintf(": %d/%d, %.0f/s, TTFT p50 %v", p.Done, p.Planned, p.Rate, p.TTFT.P50.Round(100*time.Microsecond))
	if p.TTFT.P95 > 0 {
		s += fmt.Sprintf(", p95 %v", p.TTFT.P95.Round(100*time.Microsecond))
	}
	if p.Failed > 0 {
		s += fmt.Sprintf(", %d failed", p.Failed)
	}
	return s
}

// line adds a line.
func (p *progress) line(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	fmt.Fprintln(p.w, text)
}

// rewrite replaces the terminal's last line.
func (p *progress) rewrite(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	fmt.Fprint(p.w, fitted(text, p.width))
}

// step shows what is being done now: it replaces the line on a terminal; elsewhere it
// is a line, now and then.
func (p *progress) step(text string) {
	switch {
	case p.terminal:
		p.rewrite(text)
	case time.Since(p.last) > patience:
		p.last = time.Now()
		p.line(text)
	}
}
