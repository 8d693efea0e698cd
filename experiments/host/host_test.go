package host

import (
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/assaylab/assay/analysis/record"
)

// tree makes a file system out of path, text pairs.
func tree(pairs ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return m
}

const xeon = "processor\t: 0\nmodel name\t: Intel(R)  Xeon(R) Processor\nflags\t\t: fpu avx2 hypervisor\n\nprocessor\t: 1\nmodel name\t: other\n"

func TestDescribe(t *testing.T) {
	root := tree(
		"proc/sys/kernel/osrelease", "6.1.0-test\n",
		"proc/cpuinfo", xeon,
		"proc/meminfo", "MemTotal:        8123456 kB\nMemFree:  1 kB\n",
		"proc/self/cgroup", "0::/a/b\n",
		"sys/fs/cgroup/a/cpu.max", "250000 100000\n",
		"sys/fs/cgroup/a/b/cpu.max", "max 100000\n",
		"sys/fs/cgroup/a/b/memory.max", "1073741824\n",
		"proc/loadavg", "0.10 0.20 0.30 1/2 3\n",
		"proc/stat", "cpu  100 0 100 800 0 0 0 0 0 0\n",
	)
	got := describe(root, facts{OS: "linux", Arch: "amd64", Cores: 8, Features: []string{"avx2"}, Kernels: "avx2"})
	want := record.Host{OS: "linux", Kernel: "6.1.0-test", Arch: "amd64", CPU: "Intel(R) Xeon(R) Processor", Cores: 2,
		MemoryBytes: 1 << 30, Features: []string{"avx2"}, Kernels: "avx2",
		Noise: []string{"virtual machine: other guests may share its cores", "CPU quota of 2.5 on 8 cores"}}
	if len(got.Fingerprint) != 32 {
		t.Errorf("fingerprint %q", got.Fingerprint)
	}
	got.Fingerprint = ""
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestDescribeNothing(t *testing.T) {
	got := describe(tree(), facts{OS: "plan9", Arch: "mips", Cores: 3})
	if got.CPU != "unknown" || got.Cores != 3 || got.MemoryBytes != 0 || got.Kernel != "" || len(got.Noise) != 0 {
		t.Errorf("got %+v", got)
	}
}

// TestFingerprint holds which facts make two machines different.
func TestFingerprint(t *testing.T) {
	base := record.Host{OS: "linux", Kernel: "6.1", Arch: "amd64", CPU: "x", Cores: 2, MemoryBytes: 8 << 30, Features: []string{"a", "b"}, Kernels: "avx2"}
	same := map[string]func(*record.Host){
		"noise":             func(h *record.Host) { h.Noise = []string{"busy"} },
		"order of features": func(h *record.Host) { h.Features = []string{"b", "a"} },
		"a little memory":   func(h *record.Host) { h.MemoryBytes -= 1 << 20 },
		"the fingerprint":   func(h *record.Host) { h.Fingerprint = "f" },
	}
	differ := map[string]func(*record.Host){
		"OS": func(h *record.Host) { h.OS = "darwin" }, "kernel": func(h *record.Host) { h.Kernel = "6.2" },
		"architecture": func(h *record.Host) { h.Arch = "arm64" }, "CPU": func(h *record.Host) { h.CPU = "y" },
		"cores": func(h *record.Host) { h.Cores = 4 }, "memory": func(h *record.Host) { h.MemoryBytes /= 2 },
		"features": func(h *record.Host) { h.Features = []string{"a"} }, "kernels": func(h *record.Host) { h.Kernels = "generic" },
	}
	check := func(name string, change func(*record.Host), want bool) {
		h := base
		change(&h)
		if got := fingerprint(h) == fingerprint(base); got != want {
			t.Errorf("another %s: equal is %v", name, got)
		}
	}
	for name, change := range same {
		check(name, change, true)
	}
	for name, change := range differ {
		check(name, change, false)
	}
}

func TestCPUModel(t *testing.T) {
	for _, c := range []struct{ name, info, want string }{
		{"x86", xeon, "Intel(R) Xeon(R) Processor"},
		{"arm server", "processor : 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n", "ARM implementer 0x41 part 0xd0c"},
		{"raspberry", "processor : 0\nCPU part : 0xd08\nModel\t: Raspberry Pi 4\n", "Raspberry Pi 4"},
		{"riscv", "hart : 0\nuarch : sifive,u74\n", "sifive,u74"},
		{"empty name", "model name\t:\n", "unknown"},
		{"binary", "\x00\xff:\n:", "unknown"},
	} {
		if got := cpuModel(tree("proc/cpuinfo", c.info)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestCgroup(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		name  string
		files []string
		want  cgroup
	}{
		{"none", nil, cgroup{inf, math.MaxInt64, 0, 0}},
		{"v2", []string{"proc/self/cgroup", "0::/x\n", "sys/fs/cgroup/x/cpu.max", "150000 100000\n", "sys/fs/cgroup/x/memory.max", "4096\n",
			"sys/fs/cgroup/x/cpu.stat", "usage_usec 5\nnr_throttled 7\n"}, cgroup{1.5, 4096, 7, 0}},
		{"v2 no limits", []string{"proc/self/cgroup", "0::/x\n", "sys/fs/cgroup/x/cpu.max", "max 100000\n", "sys/fs/cgroup/x/memory.max", "max\n"},
			cgroup{inf, math.MaxInt64, 0, 0}},
		{"v2 parent is stricter", []string{"proc/self/cgroup", "0::/p/c\n", "sys/fs/cgroup/p/cpu.max", "50000 100000\n",
			"sys/fs/cgroup/p/c/cpu.max", "400000 100000\n", "sys/fs/cgroup/p/c/memory.max", "10\n", "sys/fs/cgroup/memory.max", "20\n"}, cgroup{0.5, 10, 0, 0}},
		{"v2 path of the host", []string{"proc/self/cgroup", "0::/../docker/abc\n", "sys/fs/cgroup/cpu.max", "200000 100000\n"}, cgroup{2, math.MaxInt64, 0, 0}},
		{"v1", []string{"proc/self/cgroup", "5:cpu,cpuacct:/d\n4:memory:/d\n", "sys/fs/cgroup/cpu,cpuacct/d/cpu.cfs_quota_us", "300000\n",
			"sys/fs/cgroup/cpu,cpuacct/d/cpu.cfs_period_us", "100000\n", "sys/fs/cgroup/memory/d/memory.limit_in_bytes", "99\n"}, cgroup{3, 99, 0, 0}},
		{"v1 linked names", []string{"proc/self/cgroup", "5:cpu,cpuacct:/\n", "sys/fs/cgroup/cpu/cpu.cfs_quota_us", "100000\n",
			"sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"}, cgroup{1, math.MaxInt64, 0, 0}},
		{"v1 no limit", []string{"proc/self/cgroup", "5:cpu:/\n", "sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n",
			"sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"}, cgroup{inf, math.MaxInt64, 0, 0}},
		{"hybrid", []string{"proc/self/cgroup", "1:memory:/\n0::/h\n", "sys/fs/cgroup/unified/h/cpu.max", "100000 50000\n"}, cgroup{2, math.MaxInt64, 0, 0}},
		{"nonsense", []string{"proc/self/cgroup", "x\n::\n0::/..//.\n", "sys/fs/cgroup/cpu.max", "1 0\n"}, cgroup{inf, math.MaxInt64, 0, 0}},
	} {
		if got := readCgroup(tree(c.files...)); got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestUsableCores(t *testing.T) {
	for _, c := range []struct {
		quota          float64
		affinity, want int
	}{{math.Inf(1), 4, 4}, {8, 4, 4}, {4, 4, 4}, {2.5, 4, 2}, {0.5, 4, 1}} {
		if got := (cgroup{cpus: c.quota}).usable(c.affinity); got != c.want {
			t.Errorf("quota %v of %d: got %d, want %d", c.quota, c.affinity, got, c.want)
		}
	}
}

func TestMemory(t *testing.T) {
	for _, c := range []struct{ limit, physical, want int64 }{
		{math.MaxInt64, 100, 100}, {50, 100, 50}, {200, 100, 100}, {math.MaxInt64, 0, 0}, {50, 0, 50},
	} {
		if got := (cgroup{bytes: c.limit}).memory(c.physical); got != c.want {
			t.Errorf("limit %d of %d: got %d, want %d", c.limit, c.physical, got, c.want)
		}
	}
	if got := totalMemory(tree("proc/meminfo", "MemTotal: 99999999999999999 kB\n")); got != 0 {
		t.Errorf("an absurd size: got %d", got)
	}
}

func TestNoise(t *testing.T) {
	none := cgroup{cpus: math.Inf(1)}
	const governor = "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"
	for _, c := range []struct {
		name  string
		files []string
		g     cgroup
		want  string
	}{
		{"quiet", []string{"proc/loadavg", "0.59 9 9 1/1 1\n", governor, "performance\n", "proc/stat", "cpu 50 0 0 49 0 0 0 1\n", "proc/cpuinfo", "flags : fpu\n"}, none, ""},
		{"busy", []string{"proc/loadavg", "0.61 0 0 1/1 1\n"}, none, "load average 0.61 on 2 cores: other work is running"},
		{"governor", []string{governor, "powersave\n", strings.Replace(governor, "cpu0", "cpu1", 1), "ondemand\n"}, none,
			"frequency governor is ondemand and powersave, not performance"},
		{"turbo on intel", []string{"sys/devices/system/cpu/intel_pstate/no_turbo", "0\n"}, none, "turbo is on: the clock depends on load and temperature"},
		{"turbo on amd", []string{"sys/devices/system/cpu/cpufreq/boost", "1\n"}, none, "turbo is on: the clock depends on load and temperature"},
		{"turbo off", []string{"sys/devices/system/cpu/intel_pstate/no_turbo", "1\n", "sys/devices/system/cpu/cpufreq/boost", "0\n"}, none, ""},
		{"steal", []string{"proc/stat", "cpu  500 0 0 450 0 0 0 50 0 0\n"}, none, "5.0 % of CPU time since boot was stolen by the hypervisor"},
		{"throttled", nil, cgroup{cpus: 1.5, throttled: 9}, "CPU quota of 1.5 on 2 cores, throttled in 9 periods so far"},
		{"unreadable", []string{"proc/loadavg", "x\n", "proc/stat", "cpu a b c d\n"}, none, ""},
	} {
		if got := strings.Join(noise(tree(c.files...), c.g, 2), "; "); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// TestCPUTimes counts by hand: guest times are inside user and nice already.
func TestCPUTimes(t *testing.T) {
	got, ok := cpuTimes(tree("proc/stat", "cpu  1 2 3 40 5 6 7 8 100 200\ncpu0 9 9 9 9\n"))
	want := times{busy: (1 + 2 + 3 + 6 + 7) * tick, steal: 8 * tick, total: 72 * tick}
	if !ok || got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for _, text := range []string{"", "cpu 1 2\n", "cpu 1 2 3 -4\n", "intr 5\n", "cpu 9999999999999999999 1 1 1\n"} {
		if _, ok := cpuTimes(tree("proc/stat", text)); ok {
			t.Errorf("%q is accepted", text)
		}
	}
}

func TestUsageSub(t *testing.T) {
	a := Usage{Process: 5 * time.Second, Steal: 2 * time.Second, Busy: 9 * time.Second}
	b := Usage{Process: 7 * time.Second, Steal: time.Second, Busy: 12 * time.Second}
	if got, want := b.Sub(a), (Usage{Process: 2 * time.Second, Busy: 3 * time.Second}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestRead looks at this machine.
func TestRead(t *testing.T) {
	h := Read("generic")
	if h.OS != runtime.GOOS || h.Arch != runtime.GOARCH || h.Cores < 1 || h.Cores > runtime.NumCPU() || h.Kernels != "generic" {
		t.Errorf("got %+v", h)
	}
	if h.Fingerprint == "" || h.Fingerprint != Read("generic").Fingerprint {
		t.Error("two readings of one machine have different fingerprints")
	}
	if runtime.GOOS != "linux" {
		return
	}
	if h.Kernel == "" || h.CPU == "" || h.MemoryBytes < 1<<20 {
		t.Errorf("got %+v", h)
	}
}

// FuzzFiles holds that no content of any file makes the reader fail.
func FuzzFiles(f *testing.F) {
	f.Add(xeon, "0::/a\n", "100000 100000", "cpu 1 2 3 4 5 6 7 8", "1.0 2 3")
	f.Add("model name:", "5:cpu,cpuacct:/../x\n", "max 1", "cpu", "nan")
	f.Fuzz(func(t *testing.T, info, groups, limit, stat, load string) {
		h := describe(tree("proc/cpuinfo", info, "proc/meminfo", info, "proc/self/cgroup", groups, "sys/fs/cgroup/cpu.max", limit,
			"sys/fs/cgroup/memory.max", limit, "sys/fs/cgroup/cpu.stat", limit, "proc/stat", stat, "proc/loadavg", load), facts{Cores: 4})
		if h.Cores < 1 || h.Cores > 4 || h.MemoryBytes < 0 || h.CPU == "" {
			t.Errorf("got %+v", h)
		}
	})
}
