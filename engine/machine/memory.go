package machine

import (
	"io/fs"
	"path"
	"strings"
)

// Available is how much memory a process can still take, in bytes: what the system says, or what
// the limits of the process's control groups leave, whichever is less. It is 0 where the system
// does not say. Root is a file tree that is rooted where / is.
func Available(root fs.FS) int64 {
	least := kilobytes(text(root, "proc/meminfo"), "MemAvailable")
	for line := range strings.Lines(text(root, "proc/self/cgroup")) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, group, ok := strings.Cut(rest, ":")
		if !ok || controllers != "" && controllers != "memory" {
			continue
		}
		names := unified
		if controllers == "memory" {
			names = legacy
		}
		for dir := path.Clean("/" + group); ; dir = path.Dir(dir) {
			if left, limited := names.left(root, dir); limited && (least == 0 || left < least) {
				least = left
			}
			if dir == "/" {
				break
			}
		}
	}
	return least
}

// groupFiles are where a hierarchy of control groups lies, and what its files are called.
type groupFiles struct{ dir, limit, usage, cold string }

var (
	unified = groupFiles{"sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"}
	legacy  = groupFiles{"sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"}
)

// left is what a group's limit leaves. Of what is used, files that nobody reads are given up on
// demand. A limit above all memory is none.
func (f groupFiles) left(root fs.FS, group string) (bytes int64, limited bool) {
	const none = 1 << 52
	dir := path.Join(f.dir, group)
	limit := number(text(root, path.Join(dir, f.limit))) // "max" is 0
	if limit == 0 || limit >= none {
		return 0, false
	}
	used := number(text(root, path.Join(dir, f.usage)))
	for line := range strings.Lines(text(root, path.Join(dir, "memory.stat"))) {
		if value, ok := strings.CutPrefix(line, f.cold+" "); ok {
			used -= number(strings.TrimSpace(value))
		}
	}
	return max(1, limit-max(0, used)), true
}
