package main

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/assaylab/assay/analysis/record"
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

// Each class has its figures and its limits, in the order of the load; without classes the limits are there alone.
func TestStanding(t *testing.T) {
	limit := func(class, metric string, p float64, ms int64, misses, n int) experiments.LimitCount {
		return experiments.LimitCount{SLO: record.SLO{Metric: metric, Percentile: p, LimitNS: ms * 1e6}, Class: class, Misses: misses, N: n}
	}
	classes := []loadgen.ClassProgress{
		{Name: "chat", Planned: 80, Issued: 50, Done: 40, Failed: 1, TTFT: loadgen.Percentiles{P50: 123456 * time.Microsecond, P95: 1201 * time.Millisecond}, ITL: loadgen.Percentiles{P50: 20 * time.Millisecond}},
		{Name: "nightly reports of all", Planned: 40},
	}
	got := strings.Join(standing([]string{"nightly reports of all", "chat", "none"}, classes, []experiments.LimitCount{
		limit("nightly reports of all", "e2e", 0.95, 5000, 0, 0), limit("chat", "ttft", 0.95, 200, 2, 40), limit("chat", "itl", 0.999, 25, 0, 39)}), "\n")
	want := `class                     done  failed   TTFT p50       p95   ITL p50       p95
nightly reports of a      0/40       0          -         -         -         -
  p95 E2E 5.00 s: 0 of 0 beyond it
chat                     40/80       1     123 ms    1.20 s     20 ms         -
  p95 TTFT 200 ms: 2 of 40 beyond it, 5.0 %
  p99.9 ITL 25 ms: 0 of 39 beyond it, 0.0 %
none                       0/0       0          -         -         -         -`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for l := range strings.Lines(got) {
		if utf8.RuneCountInString(strings.TrimSpace(l)) > 79 {
			t.Errorf("too long for 80 columns: %s", l)
		}
	}
	alone := standing(nil, nil, []experiments.LimitCount{limit("", "tpot", 0.5, 10, 1, 4)})
	if len(alone) != 1 || alone[0] != "p50 TPOT 10 ms: 1 of 4 beyond it, 25.0 %" {
		t.Errorf("%q", alone)
	}
}

// Where there is no terminal, assay load has a line below the one about all requests that says how each class stands.
func TestClassesWithoutATerminal(t *testing.T) {
	running := experiments.Running{K: 1, N: 1, Arm: "server", Load: "poisson 4/s", Classes: []string{"nightly reports of all", "chat", "none"}}
	now := loadgen.Progress{
		Planned: 120, Issued: 72, Done: 62, Failed: 1, Rate: 4.123, TTFT: loadgen.Percentiles{P50: 123456 * time.Microsecond},
		Classes: []loadgen.ClassProgress{
			{Name: "chat", Planned: 80, Issued: 50, Done: 40, Failed: 1, TTFT: loadgen.Percentiles{P50: 100 * time.Millisecond, P95: 1201 * time.Millisecond}},
			{Name: "nightly reports of all", Planned: 40, Issued: 22, Done: 22},
		},
	}
	all := "[1/1] server at poisson 4/s: 62/120, 4/s, TTFT p50 123.5ms, 1 failed"
	classes := "\n  nightly reports of all: 22/40, 0 failed, TTFT p95 -; chat: 40/80, 1 failed, TTFT p95 1.20 s; none: 0/0, 0 failed, TTFT p95 -"
	for _, c := range []struct {
		name    string
		byClass bool
		classes []string
		now     loadgen.Progress
		want    string
	}{
		{"load with classes", true, running.Classes, now, all + classes},
		{"load without classes", true, nil, now, all},
		{"sweep", false, running.Classes, now, all},
		{"nothing sent", true, running.Classes, loadgen.Progress{Planned: 120}, "[1/1] server at poisson 4/s: starting"},
	} {
		running.Classes = c.classes
		p := progress{byClass: c.byClass}
		if got := p.told(running, c.now); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}

// A panel that is higher than the terminal is cut: what has scrolled away cannot be drawn over.
func TestPanelIsCut(t *testing.T) {
	lines := []string{"a", "b", "c", "d", "e", "f"}
	for height, want := range map[int]string{0: "a|b|c|d|e|f", 7: "a|b|c|d|e|f", 6: "a|b|c|d|and 2 lines more: the terminal is too low", 4: "a|b|and 4 lines more: the terminal is too low", 2: "a|b|c|d|e|f"} {
		if got := strings.Join(clipped(slices.Clone(lines), height), "|"); got != want {
			t.Errorf("height %d: %q, want %q", height, got, want)
		}
	}
}
