package host

import (
	"encoding/binary"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// beat calls at every multiple of TickEvery until stop is closed, woken by a timer of the kernel through the runtime's network
// poller, as what reads the answers is. Where there is no such timer it does not call at all.
func beat(stop <-chan struct{}, at func(due, now time.Time)) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return
	}
	timer := os.NewFile(uintptr(fd), "clock of the lab")
	defer timer.Close()
	every := unix.NsecToTimespec(int64(TickEvery))
	due := time.Now().Add(TickEvery)
	if unix.TimerfdSettime(fd, 0, &unix.ItimerSpec{Interval: every, Value: every}, nil) != nil {
		return
	}
	for {
		var times uint64
		if binary.Read(timer, binary.NativeEndian, &times) != nil {
			return
		}
		select {
		case <-stop:
			return
		default:
		}
		due = missed(due, time.Now(), at)
	}
}
