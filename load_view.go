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
		p.rewrite(state(t, t.Live.Progress()))
		return
	}
	lines := clipped(p.panel(t, p.width), p.height)
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

// clipped is what a terminal has room for: of a panel that is higher, lines could not be taken back.
func clipped(lines []string, height int) []string {
	if height < 3 || len(lines) < height {
		return lines
	}
	left := len(lines) - (height - 2)
	return append(lines[:height-2:height-2], fmt.Sprintf("and %d lines more: the terminal is too low", left))
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
	p := t.Live.Progress()
	lines := append([]string{t.Arm + ", " + t.Load}, panelLines(p, width)...)
	if p.Issued == 0 {
		return lines
	}
	return append(lines, standing(t.Classes, p.Classes, t.Limits.Now())...)
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
	return fmt.Sprintf("%-6s%12s%12s%12s", name, orDash(p.P50), orDash(p.P95), orDash(p.P99))
}

// orDash is a percentile, or that there are too few values for it.
func orDash(d time.Duration) string {
	if d == 0 {
		return "-"
	}
	return threeDigits(d)
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
