package host

import (
	"io/fs"
	"math"
	"path"
	"slices"
	"strings"
	"time"
)

// cgroup holds the limits that the process's control groups, of either version, put
// on it. A limit of an enclosing group holds too, so the lowest counts.
type cgroup struct {
	cpus      float64       // CPU seconds per second; +Inf for no limit
	bytes     int64         // memory; math.MaxInt64 for no limit
	throttled int64         // periods in which the CPU limit stopped the process
	stopped   time.Duration // how long it did
}

func readCgroup(root fs.FS) cgroup {
	g := cgroup{cpus: math.Inf(1), bytes: math.MaxInt64}
	for l := range strings.Lines(read(root, "proc/self/cgroup")) {
		parts := strings.SplitN(strings.TrimSpace(l), ":", 3)
		if len(parts) != 3 {
			continue
		}
		for _, mount := range mounts(parts[1]) {
			for _, dir := range upwards(mount, parts[2]) {
				g.limit(root, dir)
			}
		}
	}
	return g
}

// mounts lists where the hierarchy with these controllers may be mounted: version 2
// has an empty list and is alone or beside version 1.
func mounts(controllers string) []string {
	if controllers == "" {
		return []string{"sys/fs/cgroup", "sys/fs/cgroup/unified"}
	}
	all := []string{path.Join("sys/fs/cgroup", controllers)}
	for _, c := range strings.Split(controllers, ",") {
		all = append(all, path.Join("sys/fs/cgroup", c))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// upwards lists the group's directory and those of the groups around it. In a
// container the path may be the host's: then only the root exists.
func upwards(mount, group string) []string {
	dirs := []string{mount}
	dir := mount
	for _, name := range strings.Split(path.Clean("/"+group), "/") {
		if name != "" && name != ".." {
			dir = path.Join(dir, name)
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// limit lowers the limits to those of one directory.
func (g *cgroup) limit(root fs.FS, dir string) {
	if quota, period, ok := strings.Cut(line(root, path.Join(dir, "cpu.max")), " "); ok {
		g.limitCPU(quota, period)
	}
	g.limitCPU(line(root, path.Join(dir, "cpu.cfs_quota_us")), line(root, path.Join(dir, "cpu.cfs_period_us")))
	for _, name := range []string{"memory.max", "memory.limit_in_bytes"} {
		if n, ok := number(line(root, path.Join(dir, name))); ok {
			g.bytes = min(g.bytes, n)
		}
	}
	stat := read(root, path.Join(dir, "cpu.stat"))
	if n, ok := number(field(stat, "nr_throttled", " ")); ok {
		g.throttled = max(g.throttled, n)
	}
	g.stopped = max(g.stopped, stoppedTime(stat))
}

// limitCPU takes microseconds per period; "max" and -1 are no limit.
func (g *cgroup) limitCPU(quota, period string) {
	q, ok := number(quota)
	p, okPeriod := number(period)
	if ok && okPeriod && q > 0 && p > 0 {
		g.cpus = min(g.cpus, float64(q)/float64(p))
	}
}

// usable is the number of cores that the process can keep busy: those in its
// affinity mask, or the whole ones of its quota.
func (g cgroup) usable(affinity int) int {
	if g.cpus >= float64(affinity) {
		return affinity
	}
	return max(1, int(g.cpus))
}

// memory is the physical memory or the limit, whichever is less.
func (g cgroup) memory(physical int64) int64 {
	if physical == 0 && g.bytes == math.MaxInt64 {
		return 0
	}
	if physical == 0 {
		return g.bytes
	}
	return min(physical, g.bytes)
}
