package target

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func init() { fakes["sharing"] = fakeSharing }

// fakeSharing makes a file of shared memory and maps it, maps and keeps open those that are there, and does not mind SIGTERM.
func fakeSharing(args []string) error {
	for i, path := range args {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return err
		}
		if err := f.Truncate(4096); err != nil {
			return err
		}
		if _, err := syscall.Mmap(int(f.Fd()), 0, 4096, syscall.PROT_READ, syscall.MAP_SHARED); err != nil {
			return err
		}
		if i%2 == 0 {
			f.Close() // what is mapped needs no descriptor
		}
	}
	fmt.Println("sharing")
	return fakeStubborn([]string{"0"})
}

// Of a command that had to be killed, what it left in shared memory is removed: not what was there before, what somebody else
// has, and what it never had.
func TestGuardRemovesSharedMemory(t *testing.T) {
	if _, err := os.Stat(sharedDir); err != nil {
		t.Skip(err)
	}
	name := func(n string) string {
		path := filepath.Join(sharedDir, fmt.Sprintf("assay-test-%d-%s", os.Getpid(), n))
		t.Cleanup(func() { _ = os.Remove(path) })
		return path
	}
	mapped, open, before, others, never := name("mapped"), name("open"), name("before"), name("others"), name("never")
	if err := os.WriteFile(before, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var log safe
	p := begin(t, command{Args: fake("sharing", mapped, open, before, others)}, &log)
	waitFor(t, "it has them", func() bool { return strings.Contains(log.String(), "stubborn") })
	held, err := os.Open(others)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if err := os.WriteFile(never, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	for path, stays := range map[string]bool{mapped: false, open: false, before: true, others: true, never: true} {
		if _, err := os.Stat(path); (err == nil) != stays {
			t.Errorf("%s: %v; it should stay: %v\n%s", filepath.Base(path), err, stays, log.String())
		}
	}
}
