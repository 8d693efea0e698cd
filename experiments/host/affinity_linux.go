package host

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// mostCPUs is the size of the kernel's mask as x/sys has it.
const mostCPUs = 1024

// Allowed lists the CPUs that the calling thread may run on, in order.
func Allowed() ([]int, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil, fmt.Errorf("read the CPU affinity: %w", err)
	}
	var cpus []int
	for c := range mostCPUs {
		if set.IsSet(c) {
			cpus = append(cpus, c)
		}
	}
	return cpus, nil
}

// PinProcess confines every thread of this process to the CPUs, those included that
// it starts later.
func PinProcess(cpus ...int) error { return PinPID(os.Getpid(), cpus...) }

// PinPID confines every thread of another process of this user.
func PinPID(pid int, cpus ...int) error {
	set, err := mask(cpus)
	if err != nil {
		return err
	}
	// A thread that is started while this runs inherits its parent's mask, which may
	// be the old one: repeat until a pass meets no new thread.
	pinned := map[int]bool{}
	for {
		threads, err := threads(pid)
		if err != nil {
			return err
		}
		news := false
		for _, tid := range threads {
			if pinned[tid] {
				continue
			}
			pinned[tid], news = true, true
			if err := unix.SchedSetaffinity(tid, set); err != nil && !errors.Is(err, unix.ESRCH) {
				return fmt.Errorf("pin thread %d of process %d to CPUs %v: %w", tid, pid, cpus, err)
			}
		}
		if !news {
			return nil
		}
	}
}

// PinThread confines the calling thread. The caller locks its goroutine to the
// thread first (runtime.LockOSThread).
func PinThread(cpu int) error {
	set, err := mask([]int{cpu})
	if err != nil {
		return err
	}
	if err := unix.SchedSetaffinity(0, set); err != nil {
		return fmt.Errorf("pin the thread to CPU %d: %w", cpu, err)
	}
	return nil
}

// OnCPUs calls f on a thread that is confined to the CPUs, so that a process that f starts begins with them, and the runtime
// of one in Go counts them. nil leaves the thread as it is.
func OnCPUs(cpus []int, f func() error) error {
	if cpus == nil {
		return f()
	}
	set, err := mask(cpus)
	if err != nil {
		return err
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("read the CPU affinity: %w", err)
	}
	if err := unix.SchedSetaffinity(0, set); err != nil {
		return fmt.Errorf("pin to CPUs %v: %w", cpus, err)
	}
	err = f()
	if back := unix.SchedSetaffinity(0, &before); back != nil {
		return errors.Join(err, fmt.Errorf("put the CPU affinity back: %w", back))
	}
	return err
}

func mask(cpus []int) (*unix.CPUSet, error) {
	if len(cpus) == 0 {
		return nil, errors.New("pin: no CPU named")
	}
	var set unix.CPUSet
	for _, c := range cpus {
		if c < 0 || c >= mostCPUs {
			return nil, fmt.Errorf("pin: CPU %d, expected 0 to %d", c, mostCPUs-1)
		}
		set.Set(c)
	}
	return &set, nil
}

func threads(pid int) ([]int, error) {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return nil, fmt.Errorf("list the threads of process %d: %w", pid, err)
	}
	var ids []int
	for _, e := range entries {
		if id, err := strconv.Atoi(e.Name()); err == nil {
			ids = append(ids, id)
		}
	}
	return ids, nil
}
