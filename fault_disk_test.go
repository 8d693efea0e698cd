//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaylab/assay/experiments/testkit"
)

// limited starts assay with files that cannot grow beyond a number of bytes, which is
// what a full disk looks like to it.
func limited(t *testing.T, bytes int, dir string, args ...string) *testkit.Process {
	t.Helper()
	const block = 512 // POSIX: the unit of ulimit -f in sh
	return testkit.StartWith(t, dir, []string{"sh", "-c", fmt.Sprintf(`ulimit -f %d && exec "$0" "$@"`, bytes/block)}, args...)
}

// TestDiskRefuses runs into the limit at every kind of file in turn. Each time the
// exit code is the environment's, the message says what to do, and nothing
// half-written stays; with room again the run goes on.
func TestDiskRefuses(t *testing.T) {
	t.Parallel()
	testkit.NeedProc(t)
	const many = 60 // requests: their file is larger than everything written before
	dir := tiny(t, func(s *testkit.Scenario) { s.Requests, s.Rates = many, []int{200} })
	for _, c := range []struct {
		name  string
		bytes int
		at    string // in the message
	}{
		{"the run's own file", 2 << 10, "run.json"},
		{"weights", 512 << 10, "Q8_0-"},
	} {
		t.Run(c.name, func(t *testing.T) {
			refused(t, limited(t, c.bytes, dir, "run", "tiny.toml", "--out", "run"), dir, c.at)
		})
	}

	testkit.Tiny().Write(t, dir)
	s := testkit.Tiny()
	s.Requests, s.Rates, s.Windows, s.Axes = many, []int{200}, 0, []string{"max_batch = [2, 4]"}
	s.Write(t, dir)
	for _, c := range []struct {
		name  string
		bytes int
		at    string
	}{
		{"requests", 16 << 10, "trials"},
		{"report", 64 << 10, htmlFile},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := recordFiles(t, filepath.Join(dir, "run2"))
			refused(t, limited(t, c.bytes, dir, "run", "tiny.toml", "--out", "run2"), dir, c.at)
			kept(t, before, recordFiles(t, filepath.Join(dir, "run2")))
		})
	}
	run := filepath.Join(dir, "run2")
	before := recordFiles(t, run)
	if s := concluded(t, testkit.Run(t, dir, "run", "tiny.toml", "--out", "run2"), run); s.Failed != 0 || s.Finished != 2 {
		t.Errorf("%+v", s)
	}
	kept(t, before, recordFiles(t, run))
	noLeavings(t, run)
}

// refused expects a run to end because the disk does not take a file.
func refused(t *testing.T, p *testkit.Process, dir, at string) {
	t.Helper()
	r := p.Wait()
	noOrphans(t, p)
	expect(t, r, exitEnvironment, "the disk does not take", at, "make room", "resume")
	for _, run := range []string{"run", "run2"} {
		noLeavings(t, filepath.Join(dir, run))
	}
}

// TestDiskRefusesQuantize: no output, or the old one.
func TestDiskRefusesQuantize(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	testkit.WriteFile(t, filepath.Join(dir, "out.gguf"), "what was there before")
	r := limited(t, 64<<10, dir, "quantize", "embedded:gopherling-2m", "out.gguf", "--to", "Q8_0").Wait()
	expect(t, r, exitEnvironment, "out.gguf", "file too large")
	if got := filesBelow(t, dir); len(got) != 1 || got["out.gguf"] != "what was there before" {
		t.Errorf("left behind: %d files", len(got))
	}
}

// TestFullDisk fills a file system of its own, where this process may mount one.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	small := t.TempDir()
	if err := mountSmall(small); err != nil {
		t.Skipf("no small file system: %v", err)
	}
	t.Cleanup(func() {
		if err := unmount(small); err != nil {
			t.Error(err)
		}
	})
	dir := tiny(t, unquantized)
	run := filepath.Join(small, "run")
	filler := filepath.Join(small, "filler")
	fill(t, filler)
	for _, room := range []int64{0, 16 << 10, 36 << 10, 48 << 10} {
		leave(t, filler, room)
		r := testkit.Run(t, dir, "run", "tiny.toml", "--out", run)
		expect(t, r, exitEnvironment, "the disk does not take", "no space left on device", "make room")
		noLeavings(t, run)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	before := recordFiles(t, run)
	if s := concluded(t, testkit.Run(t, dir, "run", "tiny.toml", "--out", run), run); s.Failed != 0 || s.Finished != 2 {
		t.Errorf("%+v", s)
	}
	kept(t, before, recordFiles(t, run))
}

// fill writes a file until the disk is full.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = f.WriteString(strings.Repeat("x", 4096))
	}
}

// leave shortens the filler so that there is room for a number of bytes beside it and
// what has been written since.
func leave(t *testing.T, filler string, room int64) {
	t.Helper()
	info, err := os.Stat(filler)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filler, max(0, info.Size()-room)); err != nil {
		t.Fatal(err)
	}
}
