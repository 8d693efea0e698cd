package main

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/assaylab/assay/experiments"
	"github.com/assaylab/assay/loadgen"
)

// terminal is as much of a terminal as progress needs: it moves up, clears, and wraps
// nothing, so that a line that is too long shows.
type terminal struct {
	lines    []string
	row, col int
}

func (m *terminal) Write(p []byte) (int, error) {
	text := string(p)
	for text != "" {
		switch {
		case strings.HasPrefix(text, "\x1b["):
			end := strings.IndexAny(text, "AJK")
			m.control(text[2:end], text[end])
			text = text[end+1:]
		case text[0] == '\r':
			m.col, text = 0, text[1:]
		case text[0] == '\n':
			m.row, m.col, text = m.row+1, 0, text[1:]
		default:
			_, n := utf8.DecodeRuneInString(text)
			m.put(text[:n])
			text = text[n:]
		}
	}
	return len(p), nil
}

func (m *terminal) control(number string, what byte) {
	switch what {
	case 'A':
		n := 0
		for _, c := range number {
			n = 10*n + int(c-'0')
		}
		m.row -= n
	case 'J':
		m.lines = m.lines[:min(len(m.lines), m.row+1)]
		if m.row < len(m.lines) {
			m.lines[m.row] = m.lines[m.row][:m.col]
		}
	}
}

func (m *terminal) put(s string) {
	for len(m.lines) <= m.row {
		m.lines = append(m.lines, "")
	}
	m.lines[m.row] = m.lines[m.row][:m.col] + s
	m.col += len(s)
}

// The panel is redrawn in place, within 80 columns, and lines that are to stay go above it.
func TestLoadPanelOnATerminal(t *testing.T) {
	var screen terminal
	p := &progress{w: &screen, terminal: true, width: 80}
	views := [][]string{{"one", "two " + strings.Repeat("x", 100), "three"}, {"four", "five"}, {"six", "seven", "eight", "nine"}}
	next := 0
	p.panel = func(experiments.Running, int) []string { next++; return views[next-1] }
	p.line("before")
	p.show(experiments.Running{})
	if got := screen.lines; len(got) != 4 || got[1] != "one" || len(got[2]) != 79 || got[3] != "three" {
		t.Errorf("%q", got)
	}
	p.show(experiments.Running{})
	p.line("note: in between")
	p.show(experiments.Running{})
	if got, want := strings.Join(screen.lines, "|"), "before|note: in between|six|seven|eight|nine"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	p.close()
	p.line("after")
	if got, want := strings.Join(screen.lines, "|"), "before|note: in between|after"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestLoadPanelLines(t *testing.T) {
	got := strings.Join(panelLines(loadgen.Progress{}, 80), "\n")
	if got != "starting" {
		t.Errorf("%q", got)
	}
	p := loadgen.Progress{
		Planned: 120, Issued: 65, Done: 62, Failed: 3, InFlight: 3, Elapsed: 75 * time.Second, Rate: 4.123, Tokens: 182.4,
		TTFT:     loadgen.Percentiles{P50: 123456 * time.Microsecond, P95: 1201 * time.Millisecond},
		ITL:      loadgen.Percentiles{P50: 20100 * time.Microsecond, P95: 35 * time.Millisecond, P99: 12 * time.Second},
		Outcomes: map[string]int{"timeout": 1, "overloaded": 2},
	}
	want := `01:15 [##################.................]  62 of 120 done, 3 in flight
sent 4.12 requests/s, received 182.4 tokens/s
               p50         p95         p99
TTFT        123 ms      1.20 s           -
ITL        20.1 ms       35 ms      12.0 s
failed: 2 overloaded, 1 timeout`
	lines := panelLines(p, 80)
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, l := range lines {
		if len(l) > 79 {
			t.Errorf("%d columns: %s", len(l), l)
		}
	}
}
