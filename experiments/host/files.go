package host

import (
	"io/fs"
	"strconv"
	"strings"
)

// read returns a file's text, "" where it cannot be read: on most systems most of
// these files do not exist.
func read(root fs.FS, path string) string {
	text, err := fs.ReadFile(root, path)
	if err != nil {
		return ""
	}
	return string(text)
}

// line returns a file's only line.
func line(root fs.FS, path string) string { return strings.TrimSpace(read(root, path)) }

// field returns the value of the first "key<separator>value" line, "" where none is.
func field(text, key, separator string) string {
	for l := range strings.Lines(text) {
		k, v, ok := strings.Cut(l, separator)
		if ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// number reads a whole number of at least 0; ok is false for anything else.
func number(text string) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	return n, err == nil && n >= 0
}

// cpuModel is the processor's name, or on ARM, which has none, its implementer and part.
func cpuModel(root fs.FS) string {
	info := read(root, "proc/cpuinfo")
	for _, key := range []string{"model name", "Model", "cpu model", "uarch"} {
		if name := field(info, key, ":"); name != "" {
			return strings.Join(strings.Fields(name), " ")
		}
	}
	if part := field(info, "CPU part", ":"); part != "" {
		return "ARM implementer " + field(info, "CPU implementer", ":") + " part " + part
	}
	return "unknown"
}

// kilobytes reads a value such as "16318480 kB" in bytes.
func kilobytes(text string) int64 {
	n, ok := number(strings.TrimSuffix(text, " kB"))
	if !ok || n > 1<<52 {
		return 0
	}
	return n << 10
}

// totalMemory is the physical memory in bytes, 0 where it is unknown.
func totalMemory(root fs.FS) int64 {
	return kilobytes(field(read(root, "proc/meminfo"), "MemTotal", ":"))
}
