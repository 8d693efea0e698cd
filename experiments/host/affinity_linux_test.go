package host

import (
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestPinProcess(t *testing.T) {
	before, err := Allowed()
	if err != nil || len(before) == 0 {
		t.Fatalf("%v, %v", before, err)
	}
	defer func() {
		if err := PinProcess(before...); err != nil {
			t.Error(err)
		}
	}()
	last := before[len(before)-1]
	if err := PinProcess(last); err != nil {
		t.Fatal(err)
	}
	ids, err := threads(unix.Getpid())
	if err != nil || len(ids) < 2 {
		t.Fatalf("threads %v, %v: expected the runtime's own", ids, err)
	}
	for _, tid := range ids {
		var set unix.CPUSet
		if err := unix.SchedGetaffinity(tid, &set); err == nil && (set.Count() != 1 || !set.IsSet(last)) {
			t.Errorf("thread %d may run on %d CPUs", tid, set.Count())
		}
	}
}

// TestPinThread pins one thread, which then ends with its goroutine: it is never unlocked.
func TestPinThread(t *testing.T) {
	all, err := Allowed()
	if err != nil {
		t.Fatal(err)
	}
	pinned := make(chan []int)
	go func() {
		runtime.LockOSThread()
		if err := PinThread(all[0]); err != nil {
			t.Error(err)
		}
		now, err := Allowed()
		if err != nil {
			t.Error(err)
		}
		pinned <- now
	}()
	if got := <-pinned; !slices.Equal(got, all[:1]) {
		t.Errorf("pinned to %v, want %v", got, all[:1])
	}
	if now, err := Allowed(); err != nil || !slices.Equal(now, all) {
		t.Errorf("other threads may run on %v, %v", now, err)
	}
}

func TestPinErrors(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{PinProcess(), "pin: no CPU named"},
		{PinProcess(-1), "pin: CPU -1, expected 0 to 1023"},
		{PinThread(1024), "pin: CPU 1024, expected 0 to 1023"},
		{PinThread(1023), "pin the thread to CPU 1023"},
		{PinPID(1<<30, 0), "list the threads of process 1073741824"},
	} {
		if c.err == nil || !strings.HasPrefix(c.err.Error(), c.want) {
			t.Errorf("got %v, want %s", c.err, c.want)
		}
	}
}

func TestSample(t *testing.T) {
	a, err := Sample()
	if err != nil {
		t.Fatal(err)
	}
	work := 0
	for b := a; b.Process == a.Process; work++ { // until the kernel counts some of it
		if b, err = Sample(); err != nil {
			t.Fatal(err)
		}
	}
	b, err := Sample()
	if err != nil {
		t.Fatal(err)
	}
	if d := b.Sub(a); d.Process <= 0 || d.Steal < 0 || d.Busy < 0 || a.Busy == 0 {
		t.Errorf("%+v after %d samples, first %+v", d, work, a)
	}
}
