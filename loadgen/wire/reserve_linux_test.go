package wire

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// room is how many descriptors the kernel's table of this process has room for.
func room(t *testing.T) (n int) {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip(err)
	}
	_, rest, _ := strings.Cut(string(status), "\nFDSize:")
	if _, err := fmt.Sscan(rest, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// There is room for as many connections as were asked for, and no more descriptors are open than before.
func TestReserve(t *testing.T) {
	tr := New(time.Minute, &http.Transport{})
	defer tr.Close()
	open := func() int {
		all, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip(err)
		}
		return len(all)
	}
	before, wanted := open(), min(2*room(t), mostReserved)
	tr.Reserve(wanted)
	if got := room(t); got < wanted {
		t.Errorf("room for %d, want %d", got, wanted)
	}
	tr.Reserve(1 << 40) // more than may be: as many as may be
	if after := open(); after > before {
		t.Errorf("%d descriptors are open, %d were", after, before)
	}
}
