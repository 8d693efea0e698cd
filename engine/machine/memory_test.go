package machine

import "testing"

func TestAvailable(t *testing.T) {
	info := "MemTotal:  24000 kB\nMemAvailable:    12000 kB"
	for _, x := range []struct {
		name  string
		files []string
		want  int64
	}{
		{"nothing is known", nil, 0},
		{"no groups", []string{"proc/meminfo", info}, 12000 << 10},
		{"no limit", []string{"proc/meminfo", info, "proc/self/cgroup", "0::/a/b", "sys/fs/cgroup/a/b/memory.max", "max"}, 12000 << 10},
		{"a limit", []string{"proc/meminfo", info, "proc/self/cgroup", "0::/a/b", "sys/fs/cgroup/a/b/memory.max", "5000000",
			"sys/fs/cgroup/a/b/memory.current", "3000000"}, 2000000},
		{"of the parent, whose files are not counted", []string{"proc/meminfo", info, "proc/self/cgroup", "0::/a/b", "sys/fs/cgroup/a/b/memory.max", "5000000",
			"sys/fs/cgroup/a/memory.max", "4000000", "sys/fs/cgroup/a/memory.current", "3000000",
			"sys/fs/cgroup/a/memory.stat", "anon 7\ninactive_file 1000000"}, 2000000},
		{"above what there is", []string{"proc/meminfo", info, "proc/self/cgroup", "0::/", "sys/fs/cgroup/memory.max", "999999999999"}, 12000 << 10},
		{"used up", []string{"proc/meminfo", info, "proc/self/cgroup", "0::/", "sys/fs/cgroup/memory.max", "9", "sys/fs/cgroup/memory.current", "10"}, 1},
		{"the older files", []string{"proc/meminfo", info, "proc/self/cgroup", "5:cpu:/x\n4:memory:/y", "sys/fs/cgroup/memory/y/memory.limit_in_bytes", "6000000",
			"sys/fs/cgroup/memory/y/memory.usage_in_bytes", "2000000", "sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712"}, 4000000},
		{"the limit alone", []string{"proc/self/cgroup", "0::/", "sys/fs/cgroup/memory.max", "600"}, 600},
	} {
		if got := Available(tree(x.files...)); got != x.want {
			t.Errorf("%s: %d bytes, want %d", x.name, got, x.want)
		}
	}
}
