package host

import (
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"
)

// Pressure is what kept processes from running, so far; the difference of two is what did in between.
type Pressure struct {
	Throttled   int64         // periods in which a control group's CPU quota was used up
	ThrottledBy time.Duration // time that its processes were stopped for it
	Thermal     int64         // times that a core or package was slowed down for its heat
	CPUs        int           // processors that this process may run on
	CPUsBusy    time.Duration // their time in use, by whomever; 0 where unknown
}

// readPressure reads the counters; what the system does not have is 0.
func readPressure(root fs.FS, cpus []int) Pressure {
	g := readCgroup(root)
	p := Pressure{Throttled: g.throttled, ThrottledBy: g.stopped, Thermal: thermal(root), CPUs: len(cpus)}
	for _, c := range cpus {
		if t, ok := cpuTimesOf(root, "cpu"+strconv.Itoa(c)); ok {
			p.CPUsBusy += t.busy
		}
	}
	return p
}

// Sub is what happened since an earlier reading.
func (p Pressure) Sub(earlier Pressure) Pressure {
	return Pressure{
		Throttled:   max(0, p.Throttled-earlier.Throttled),
		ThrottledBy: max(0, p.ThrottledBy-earlier.ThrottledBy),
		Thermal:     max(0, p.Thermal-earlier.Thermal),
		CPUs:        p.CPUs,
		CPUsBusy:    max(0, p.CPUsBusy-earlier.CPUsBusy),
	}
}

// thermal adds up the counters of Intel's thermal interrupts: of every core, and of every package once for each of its
// processors, so that only whether the sum rises means something.
func thermal(root fs.FS) int64 {
	sum := int64(0)
	for _, name := range []string{"core_throttle_count", "package_throttle_count"} {
		files, _ := fs.Glob(root, path.Join("sys/devices/system/cpu/cpu*/thermal_throttle", name)) // the pattern is well-formed
		for _, f := range files {
			if n, ok := number(line(root, f)); ok {
				sum += n
			}
		}
	}
	return sum
}

// stoppedTime reads the time that a control group's quota stopped it, in microseconds or, in version 1, nanoseconds.
func stoppedTime(stat string) time.Duration {
	for _, f := range []struct {
		name string
		unit time.Duration
	}{{"throttled_usec", time.Microsecond}, {"throttled_time", time.Nanosecond}} {
		if n, ok := number(field(stat, f.name, " ")); ok && n < 1<<50 {
			return time.Duration(n) * f.unit
		}
	}
	return 0
}

// cpuTimesOf is cpuTimes of the line that begins with name: "cpu" for the machine, "cpu3" for one processor.
func cpuTimesOf(root fs.FS, name string) (times, bool) {
	return parseTimes(strings.Fields(field(read(root, "proc/stat"), name, " ")))
}
