package target

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Reasons with a name, for an external system that ended.
const (
	reasonPort   = "port in use"
	reasonMemory = "out of memory"
)

// causeLength is how much of a cause is quoted, in bytes.
const causeLength = 400

// deathReason says in one line why a command ended: how, as its guard reports it, and what the last lines of its log say of it.
// oom says that the kernel has killed some process for lack of memory since the command began.
func deathReason(end string, lines []string, oom bool) string {
	lines = plain(lines)
	if strings.HasPrefix(end, "could not be run") {
		return end
	}
	if oom && strings.HasPrefix(end, "killed") {
		return fmt.Sprintf("%s: the kernel killed a process of this machine for lack of it (%s)", reasonMemory, end)
	}
	if name, line := named(lines); name != "" {
		return fmt.Sprintf("%s: %s (%s)", name, short(line), end)
	}
	if cause := exception(lines); cause != "" {
		return fmt.Sprintf("%s (%s)", short(cause), end)
	}
	if cause := complaint(lines); cause != "" {
		return fmt.Sprintf("%s (%s)", short(cause), end)
	}
	if i := lastSaid(lines); i >= 0 {
		return fmt.Sprintf("%s; the last line of its log: %s", end, short(lines[i]))
	}
	return end + "; its log is empty"
}

// Lines that say what is known by a name, whoever wrote them.
var (
	portLine   = regexp.MustCompile(`(?i)address already in use|\bEADDRINUSE\b|socket '[^']*' already in use`)
	memoryLine = regexp.MustCompile(`(?i)\bout of memory\b|can(no|')t allocate memory|std::bad_alloc|^MemoryError\b`)
)

func named(lines []string) (name, line string) {
	for _, l := range slices.Backward(lines) {
		switch {
		case portLine.MatchString(l):
			return reasonPort, glog.ReplaceAllString(l, "")
		case memoryLine.MatchString(l):
			return reasonMemory, glog.ReplaceAllString(l, "")
		}
	}
	return "", ""
}

const traceback = "Traceback (most recent call last):"

var (
	// raised is the line below a traceback's frames: the exception's class, perhaps with its module, and what it says.
	raised = regexp.MustCompile(`^[A-Za-z_][\w.]*(:\s.*)?$`)
	// elsewhere says that the exception is the echo of another one.
	elsewhere = regexp.MustCompile(`root cause|^(SystemExit|KeyboardInterrupt)\b`)
)

// exception is the last one of the log with a traceback. Of several processes that fail one after the other, those that only refer
// to another one are passed over.
func exception(lines []string) string {
	last, echo, inside := "", "", false
	for i, l := range lines {
		switch {
		case strings.HasSuffix(l, traceback):
			inside = true
		case !inside || l == "" || l[0] == ' ' || !raised.MatchString(l):
		default:
			inside = false
			if elsewhere.MatchString(l) {
				echo = l
			} else {
				last = withDetail(l, lines[i+1:])
			}
		}
	}
	if last == "" {
		return echo
	}
	return last
}

// withDetail adds what a validation error says below its first line.
func withDetail(l string, below []string) string {
	if !strings.Contains(l, "validation error") || len(below) == 0 {
		return l
	}
	for _, d := range below {
		if strings.HasPrefix(d, "  ") {
			return l + ": " + strings.TrimSpace(d)
		}
	}
	return l
}

// complaints are lines that say why without a traceback: of argument parsers, of C++ runtimes and of Python's, and of logs at the
// level of errors. The first kind that matches any line is quoted, at its last.
var complaints = []*regexp.Regexp{
	regexp.MustCompile(`^[\w./ -]+: error: (.+)$`),
	regexp.MustCompile(`^(Fatal Python error: .+|terminate called after .+|Segmentation fault.*)$`),
	regexp.MustCompile(`^(error: .+)$`),
	regexp.MustCompile(`^[EF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ [\w./]+:\d+\] "?(.+?)"?$`), // glog
	regexp.MustCompile(`^(?:ERROR|CRITICAL):?\s+(.+)$`),
}

func complaint(lines []string) string {
	for _, form := range complaints {
		for _, l := range slices.Backward(lines) {
			if m := form.FindStringSubmatch(l); m != nil {
				return m[1]
			}
		}
	}
	return ""
}

func lastSaid(lines []string) int {
	for i, l := range slices.Backward(lines) {
		if strings.TrimSpace(l) != "" {
			return i
		}
	}
	return -1
}

// Decorations of log lines: colours, vLLM's process, its level with time and place, and those of glog, which Triton writes.
var (
	colour    = regexp.MustCompile("\x1b\\[[0-9;]*m")
	processOf = regexp.MustCompile(`^\([\w ]+ pid=\d+\) `)
	glog      = regexp.MustCompile(`^[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ [\w./]+:\d+\] `)
	level     = regexp.MustCompile(`^(?:DEBUG|INFO|WARNING|ERROR|CRITICAL) \d\d-\d\d \d\d:\d\d:\d\d (?:\[[^\]]*\] )?`)
)

// stripPrefix leaves what a line says. The indentation of a traceback's lines stays.
func stripPrefix(line string) string {
	line = strings.TrimRight(colour.ReplaceAllString(line, ""), "\r ")
	line = processOf.ReplaceAllString(line, "")
	return level.ReplaceAllString(line, "")
}

// plain are the lines without decorations. A carriage return begins a line anew, as progress bars do.
func plain(lines []string) []string {
	all := make([]string, len(lines))
	for i, l := range lines {
		l = strings.TrimRight(l, "\r")
		all[i] = stripPrefix(l[strings.LastIndexByte(l, '\r')+1:])
	}
	return all
}

func short(text string) string {
	text = strings.TrimSpace(text)
	if len(text) > causeLength {
		return strings.ToValidUTF8(text[:causeLength], "") + "..."
	}
	return text
}
