package machine

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Facts are what the system shows about itself. What it does not show is 0 or empty.
type Facts struct {
	Caches          []Cache  `json:"caches"` // of the first CPU, instruction caches left out
	Nodes           int      `json:"numa_nodes"`
	ThreadsPerCore  int      `json:"threads_per_core"`
	MemoryBytes     int64    `json:"memory_bytes"`
	AvailableBytes  int64    `json:"memory_available_bytes"`
	TransparentHuge string   `json:"transparent_huge_pages"` // always, madvise or never
	HugePages       int64    `json:"huge_pages"`             // reserved ones
	HugePageBytes   int64    `json:"huge_page_bytes"`        // size of one
	Governors       []string `json:"governors"`              // those that differ, sorted
	MaxMHz          float64  `json:"max_mhz"`
}

// Cache is one level of the first CPU's caches.
type Cache struct {
	Level int   `json:"level"`
	Bytes int64 `json:"bytes"`
	CPUs  int   `json:"cpus"` // that share it, of those the system shows
}

// Find is the size of a level's cache in bytes, 0 where it is not known.
func (f Facts) Find(level int) int64 {
	for _, c := range f.Caches {
		if c.Level == level {
			return c.Bytes
		}
	}
	return 0
}

// Read collects the facts from a file tree that is rooted where / is.
func Read(root fs.FS) Facts {
	info := text(root, "proc/meminfo")
	return Facts{
		Caches:          caches(root),
		Nodes:           count(root, "sys/devices/system/node/node[0-9]*"),
		ThreadsPerCore:  listed(text(root, cpuDir+"/cpu0/topology/thread_siblings_list")),
		MemoryBytes:     kilobytes(info, "MemTotal"),
		AvailableBytes:  kilobytes(info, "MemAvailable"),
		TransparentHuge: chosen(text(root, "sys/kernel/mm/transparent_hugepage/enabled")),
		HugePages:       field(info, "HugePages_Total"),
		HugePageBytes:   kilobytes(info, "Hugepagesize"),
		Governors:       governors(root),
		MaxMHz:          float64(number(text(root, cpuDir+"/cpu0/cpufreq/cpuinfo_max_freq"))) / 1000,
	}
}

const cpuDir = "sys/devices/system/cpu"

func caches(root fs.FS) []Cache {
	dirs, _ := fs.Glob(root, cpuDir+"/cpu0/cache/index*") // the pattern is well-formed
	var all []Cache
	for _, d := range dirs {
		if text(root, path.Join(d, "type")) == "Instruction" {
			continue
		}
		c := Cache{
			Level: int(number(text(root, path.Join(d, "level")))),
			Bytes: size(text(root, path.Join(d, "size"))),
			CPUs:  listed(text(root, path.Join(d, "shared_cpu_list"))),
		}
		if c.Level > 0 && c.Bytes > 0 {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b Cache) int { return a.Level - b.Level })
	return all
}

func governors(root fs.FS) []string {
	files, _ := fs.Glob(root, cpuDir+"/cpu[0-9]*/cpufreq/scaling_governor")
	var all []string
	for _, f := range files {
		if g := text(root, f); g != "" {
			all = append(all, g)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// text is a file's text without the space around it, "" where it cannot be read: most
// of these files exist on some systems only.
func text(root fs.FS, name string) string {
	b, err := fs.ReadFile(root, name)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

func count(root fs.FS, pattern string) int {
	names, _ := fs.Glob(root, pattern)
	return len(names)
}

// number is 0 for what is none.
func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// field is the number of a "key: value" line, the unit dropped.
func field(info, key string) int64 {
	for line := range strings.Lines(info) {
		if value, ok := strings.CutPrefix(line, key+":"); ok {
			return number(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
		}
	}
	return 0
}

func kilobytes(info, key string) int64 { return min(field(info, key), 1<<52) << 10 }

// size reads "2048K" and "32M" in bytes.
func size(s string) int64 {
	for suffix, shift := range map[string]int{"K": 10, "M": 20, "G": 30} {
		if digits, ok := strings.CutSuffix(s, suffix); ok {
			return min(number(digits), 1<<30) << shift
		}
	}
	return number(s)
}

// chosen is the word in brackets, as in "always [madvise] never".
func chosen(s string) string {
	_, rest, _ := strings.Cut(s, "[")
	word, _, _ := strings.Cut(rest, "]")
	return word
}

// listed is how many numbers a list such as "0-3,8" has.
func listed(s string) int {
	n := 0
	for part := range strings.SplitSeq(s, ",") {
		var from, to int
		switch got, _ := fmt.Sscanf(part, "%d-%d", &from, &to); {
		case got == 2 && to >= from:
			n += to - from + 1
		case got == 1:
			n++
		}
	}
	return n
}
