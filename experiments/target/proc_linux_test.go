package target

import (
	"os"
	"os/exec"
	"slices"
	"testing"
)

// The name of a process may have anything in it.
func TestParseStat(t *testing.T) {
	const rest = " 42 42 1 0 -1 4194560 100 0 0 0 11 22 33 44 20 0 1 0 9 1 1"
	for _, c := range []struct {
		text string
		want procStat
		ok   bool
	}{
		{"7 (vllm) S" + rest, procStat{7, 42, 33, 77}, true},
		{"7 (a) b) (c 1 2) R" + rest, procStat{7, 42, 33, 77}, true},
		{"7 (x) Z" + rest, procStat{7, 42, 33, 77}, true},
		{"7 (x) S 42", procStat{}, false},
		{"7 x S" + rest, procStat{}, false},
		{"7 (x) S p" + rest, procStat{}, false},
		{"", procStat{}, false},
	} {
		got, ok := parseStat(7, []byte(c.text))
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%q: %+v, %v", c.text, got, ok)
		}
	}
}

// The tree below this process has its children, and nobody else.
func TestTree(t *testing.T) {
	child := exec.Command("sleep", "60")
	if err := child.Start(); err != nil {
		t.Skip(err)
	}
	defer func() { _ = child.Process.Kill(); _ = child.Wait() }()
	pids := descendants(os.Getpid())
	if !slices.Contains(pids, child.Process.Pid) || slices.Contains(pids, os.Getpid()) || slices.Contains(pids, os.Getppid()) {
		t.Errorf("%v, the child is %d", pids, child.Process.Pid)
	}
	if peakRSS(child.Process.Pid) == 0 || peakRSS(-1) != 0 {
		t.Error("memory of a process that is there, and of one that is not")
	}
}
