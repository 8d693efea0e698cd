package target

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"strings"
)

// tickNS is the unit of times in /proc, which is the same on all of Linux's architectures.
const tickNS = 10_000_000

// procStat is what is read of a process.
type procStat struct {
	pid, parent int
	own, reaped int64 // processor time in ticks, of itself and of children that it waited for
}

// readStat reads /proc/PID/stat. The name in parentheses may have spaces and parentheses itself.
func readStat(pid int) (s procStat, ok bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return s, false
	}
	return parseStat(pid, text)
}

func parseStat(pid int, text []byte) (s procStat, ok bool) {
	i := bytes.LastIndexByte(text, ')')
	if i < 0 {
		return s, false
	}
	const parent, own, reaped = 1, 11, 13 // fields after the name: user and system time beside each other
	f := strings.Fields(string(text[i+1:]))
	if len(f) <= reaped+1 {
		return s, false
	}
	number := func(i int) int64 {
		n, err := strconv.ParseInt(f[i], 10, 64)
		ok = ok && err == nil
		return n
	}
	ok = true
	s = procStat{pid: pid, parent: int(number(parent)), own: number(own) + number(own+1), reaped: number(reaped) + number(reaped+1)}
	return s, ok
}

// tree are the processes below pid, in no order.
func tree(pid int) []procStat {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	children := map[int][]procStat{}
	for _, e := range entries {
		if n, err := strconv.Atoi(e.Name()); err == nil {
			if s, ok := readStat(n); ok {
				children[s.parent] = append(children[s.parent], s)
			}
		}
	}
	all := slices.Clone(children[pid])
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i].pid]...)
	}
	return all
}

// descendants are the processes below pid, ended ones that nobody has waited for included.
func descendants(pid int) (pids []int) {
	for _, s := range tree(pid) {
		pids = append(pids, s.pid)
	}
	return pids
}

// usage is what all processes of the command took: processor time so far, and memory. The memory is the sum of each process's own
// peak, so that it is no less than the peak of all: pages that they share count for each.
func (p *process) usage() (cpuNS, peakBytes int64, ok bool) {
	if p == nil || p.cmd == nil || p.cmd.Process == nil {
		return 0, 0, false
	}
	guard, ok := readStat(p.cmd.Process.Pid)
	if !ok {
		return 0, 0, false
	}
	ticks := guard.reaped // orphans, which became its children
	for _, s := range tree(guard.pid) {
		ticks += s.own + s.reaped
		peakBytes += peakRSS(s.pid)
	}
	return ticks * tickNS, peakBytes, true
}

// peakRSS is the most memory that a process had, 0 where it has gone.
func peakRSS(pid int) int64 {
	text, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	_, rest, found := strings.Cut(string(text), "\nVmHWM:")
	f := strings.Fields(rest)
	if !found || len(f) == 0 {
		return 0
	}
	kib, _ := strconv.ParseInt(f[0], 10, 64) // 0 where it is no number
	return kib << 10
}

// oomKills counts the processes that the kernel has killed for lack of memory, of the machine or of a cgroup; -1 where it does not say.
func oomKills() int64 {
	text, err := os.ReadFile("/proc/vmstat")
	if err != nil {
		return -1
	}
	_, rest, found := strings.Cut(string(text), "\noom_kill ")
	line, _, _ := strings.Cut(rest, "\n")
	n, err := strconv.ParseInt(line, 10, 64)
	if !found || err != nil {
		return -1
	}
	return n
}
