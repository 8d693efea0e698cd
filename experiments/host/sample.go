package host

import (
	"fmt"
	"io/fs"
	"os"
	"time"
)

// tick is the unit of /proc/stat: USER_HZ is 100 on every architecture that Go
// runs on.
const tick = 10 * time.Millisecond

// Usage is CPU time used so far; the difference of two is what happened in between.
type Usage struct {
	Process time.Duration // user and system time of this process
	Steal   time.Duration // of the whole machine: wanted, and given to other guests; 0 where unknown
	Busy    time.Duration // of the whole machine, all processes and interrupts; 0 where unknown
}

// Sample reads the counters. Steal and Busy have a resolution of 10 ms.
func Sample() (Usage, error) {
	process, err := processTime()
	if err != nil {
		return Usage{}, fmt.Errorf("read this process's CPU time: %w", err)
	}
	t, _ := cpuTimes(os.DirFS("/"))
	return Usage{Process: process, Steal: t.steal, Busy: t.busy}, nil
}

// Sub is the usage since an earlier sample. The kernel's steal counter may step back
// a little; a difference is never negative.
func (u Usage) Sub(earlier Usage) Usage {
	return Usage{
		Process: max(0, u.Process-earlier.Process),
		Steal:   max(0, u.Steal-earlier.Steal),
		Busy:    max(0, u.Busy-earlier.Busy),
	}
}

// times are the machine's totals since boot.
type times struct{ busy, steal, total time.Duration }

// cpuTimes reads the first line of /proc/stat: user, nice, system, idle, iowait, irq,
// softirq, steal, then guest times that user and nice include already.
func cpuTimes(root fs.FS) (times, bool) { return cpuTimesOf(root, "cpu") }

func parseTimes(text []string) (times, bool) {
	if len(text) < 4 {
		return times{}, false
	}
	var t times
	for i, f := range text[:min(8, len(text))] {
		n, ok := number(f)
		if !ok || n > 1<<50 {
			return times{}, false
		}
		d := time.Duration(n) * tick
		t.total += d
		switch i {
		case 3, 4: // idle, iowait
		case 7:
			t.steal = d
		default:
			t.busy += d
		}
	}
	return t, true
}
