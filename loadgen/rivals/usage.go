package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/assaylab/assay/experiments/host"
)

// cpuTime is the user and system time of this process so far, 0 where that is unknown.
func cpuTime() time.Duration {
	u, err := host.Sample()
	if err != nil {
		return 0
	}
	return u.Process
}

// resident is the memory of this process in bytes, 0 where Linux's /proc is missing.
func resident() int64 {
	raw, err := os.ReadFile("/proc/self/statm")
	var size, pages int64
	if err == nil {
		_, err = fmt.Sscan(string(raw), &size, &pages)
	}
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

// waited is how long each thread of this process could run and did not, by its number.
func waited() map[string]time.Duration {
	files, _ := filepath.Glob("/proc/self/task/*/schedstat")
	out := map[string]time.Duration{}
	for _, f := range files {
		var ran, queued int64
		raw, err := os.ReadFile(f)
		if err != nil {
			continue // the thread has ended
		}
		if _, err := fmt.Sscan(string(raw), &ran, &queued); err == nil {
			out[f] = time.Duration(queued)
		}
	}
	return out
}

// waitedSince is how much longer that has become.
func waitedSince(before map[string]time.Duration) (sum time.Duration) {
	for f, now := range waited() {
		sum += now - before[f]
	}
	return sum
}
