package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/assaylab/assay/experiments"
	"github.com/assaylab/assay/loadgen"
)

// show puts the trial's state on a terminal.
func (p *progress) show(t experiments.Running) {
	if p.panel == nil {
		p.rewrite(state(t))
		return
	}
	lines := p.panel(t, p.width)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	for i, l := range lines {
		lines[i] = fitted(l, p.width)
	}
	fmt.Fprint(p.w, strings.Join(lines, "\n"))
	p.drawn = len(lines)
}

// erase clears what is not to stay: the terminal's last line, or the panel.
func (p *progress) erase() {
	if !p.terminal {
		return
	}
	if p.drawn > 1 {
		fmt.Fprintf(p.w, "\x1b[%dA", p.drawn-1)
	}
	fmt.Fprint(p.w, "\r\x1b[J")
	p.drawn = 0
}

// fitted is a line shortened to what a terminal has room for.
func fitted(text string, width int) string {
	if r := []rune(text); len(r) >= width {
		return string(r[:width-1])
	}
	return text
}

// loadPanel is what assay load shows while it runs.
func loadPanel(t experiments.Running, width int) []string {
	return append([]string{t.Arm + ", " + t.Load}, panelLines(t.Live.Progress(), width)...)
}

func panelLines(p loadgen.Progress, width int) []string {
	if p.Issued == 0 {
		return []string{"starting"}
	}
	return []string{
		fmt.Sprintf("%s %s  %d of %d done, %d in flight", clock(p.Elapsed), bar(p.Done, p.Planned, width-45), p.Done, p.Planned, p.InFlight),
		fmt.Sprintf("sent %.3g requests/s, received %.4g tokens/s", p.Rate, p.Tokens),
		fmt.Sprintf("%-6s%12s%12s%12s", "", "p50", "p95", "p99"),
		percentileLine("TTFT", p.TTFT), percentileLine("ITL", p.ITL),
		failureLine(p),
	}
}

func percentileLine(name string, p loadgen.Percentiles) string {
	text := func(d time.Duration) string {
		if d == 0 {
			return "-"
		}
		return threeDigits(d)
	}
	return fmt.Sprintf("%-6s%12s%12s%12s", name, text(p.P50), text(p.P95), text(p.P99))
}

// threeDigits is a time as people read it.
func threeDigits(d time.Duration) string {
	switch ms := d.Seconds() * 1e3; {
	case ms >= 9995:
		return fmt.Sprintf("%.1f s", ms/1e3)
	case ms >= 999.5:
		return fmt.Sprintf("%.2f s", ms/1e3)
	default:
		return fmt.Sprintf("%.3g ms", ms)
	}
}

func failureLine(p loadgen.Progress) string {
	if len(p.Outcomes) == 0 {
		return "no failures"
	}
	var classes []string
	for _, name := range slices.Sorted(maps.Keys(p.Outcomes)) {
		classes = append(classes, fmt.Sprintf("%d %s", p.Outcomes[name], name))
	}
	return "failed: " + strings.Join(classes, ", ")
}

// clock is a duration as minutes and seconds.
func clock(d time.Duration) string {
	s := int(max(d, 0).Seconds())
	return fmt.Sprintf("%02d:%02d", s/60, s%60)
}

// bar is a bar of n of total.
func bar(n, total, width int) string {
	width = max(width, 5)
	full := 0
	if total > 0 {
		full = width * n / total
	}
	return "[" + strings.Repeat("#", full) + strings.Repeat(".", width-full) + "]"
}
