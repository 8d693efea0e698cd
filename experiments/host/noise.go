package host

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Thresholds above which a state is worth a warning.
const (
	// busyPerCore is the load average per core above which other work competes: at
	// 0.3 a request finds its core taken about three times in ten.
	busyPerCore = 0.3
	// stolenShare of CPU time, since boot, is what a quiet hypervisor stays below.
	stolenShare = 0.01
)

// noise lists the states of the machine that make timings doubtful, one sentence
// fragment each.
func noise(root fs.FS, g cgroup, cores int) []string {
	var all []string
	for _, s := range []string{loadNoise(root, cores), governorNoise(root), turboNoise(root), virtualNoise(root), stealNoise(root), g.noise(cores)} {
		if s != "" {
			all = append(all, s)
		}
	}
	return all
}

func loadNoise(root fs.FS, cores int) string {
	fields := strings.Fields(read(root, "proc/loadavg"))
	if len(fields) == 0 {
		return ""
	}
	load, err := strconv.ParseFloat(fields[0], 64)
	if err != nil || load <= busyPerCore*float64(cores) {
		return ""
	}
	return fmt.Sprintf("load average %s on %d cores: other work is running", fields[0], cores)
}

func governorNoise(root fs.FS) string {
	files, _ := fs.Glob(root, "sys/devices/system/cpu/cpu*/cpufreq/scaling_governor") // the pattern is well-formed
	var others []string
	for _, f := range files {
		if g := line(root, f); g != "" && g != "performance" && !slices.Contains(others, g) {
			others = append(others, g)
		}
	}
	if len(others) == 0 {
		return ""
	}
	slices.Sort(others)
	return "frequency governor is " + strings.Join(others, " and ") + ", not performance"
}

func turboNoise(root fs.FS) string {
	const cpu = "sys/devices/system/cpu"
	if line(root, path.Join(cpu, "intel_pstate/no_turbo")) == "0" || line(root, path.Join(cpu, "cpufreq/boost")) == "1" {
		return "turbo is on: the clock depends on load and temperature"
	}
	return ""
}

func virtualNoise(root fs.FS) string {
	if slices.Contains(strings.Fields(field(read(root, "proc/cpuinfo"), "flags", ":")), "hypervisor") {
		return "virtual machine: other guests may share its cores"
	}
	return ""
}

func stealNoise(root fs.FS) string {
	t, ok := cpuTimes(root)
	if !ok || t.total == 0 || float64(t.steal) <= stolenShare*float64(t.total) {
		return ""
	}
	return fmt.Sprintf("%.1f %% of CPU time since boot was stolen by the hypervisor", 100*float64(t.steal)/float64(t.total))
}

// noise words a CPU quota: it stops the process for the rest of a period once it is
// used up, which looks like a slow request.
func (g cgroup) noise(cores int) string {
	if g.cpus >= float64(cores) {
		return ""
	}
	s := fmt.Sprintf("CPU quota of %s on %d cores", strconv.FormatFloat(g.cpus, 'f', -1, 64), cores)
	if g.throttled > 0 {
		s += fmt.Sprintf(", throttled in %d periods so far", g.throttled)
	}
	return s
}
