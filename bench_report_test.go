//go:build bigreport && unix

package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/experiments/testkit"
)

var bigRequests = flag.Int("big-requests", 10_000_000, "requests of the run that is made up")

// TestBenchReport makes up a long run, through the codec and the layout of a real one, and prints how long the verbs that
// read it take, and with how much memory. It needs about 8 GB of disk for ten million requests.
func TestBenchReport(t *testing.T) {
	dir := t.TempDir()
	run, budgets := filepath.Join(dir, "run"), filepath.Join(dir, "budgets.toml")
	if err := recordtest.Write(run, recordtest.Big(*bigRequests)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(budgets, []byte("[[budget]]\nmetric = \"p95 ttft\"\nlimit = \"100ms\"\n\n[[budget]]\nmetric = \"p99 itl\"\nlimit = \"10ms\"\n\n[[budget]]\nmetric = \"throughput\"\nlimit = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	columns := func(each func(path string) error) {
		trials, err := filepath.Glob(filepath.Join(run, record.TrialsDir, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, trial := range trials {
			if err := each(trial); err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
		}
	}
	columns(record.PackTrial)
	for _, args := range [][]string{
		{"report", run}, {"report", run}, {"compare", run, run}, {"gate", run, "--budget", budgets},
	} {
		measureVerb(t, args)
	}
	columns(func(trial string) error { return os.Remove(filepath.Join(trial, record.ColumnsFile)) })
	t.Log("without columns, as a run of an earlier version:")
	measureVerb(t, []string{"report", run})
}

func measureVerb(t *testing.T, args []string) {
	t.Helper()
	c := exec.Command(testkit.Assay(t), args...)
	start := time.Now()
	out, err := c.CombinedOutput()
	if code := c.ProcessState.ExitCode(); code != exitOK && code != exitBad && code != exitUndecided {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	usage := c.ProcessState.SysUsage().(*syscall.Rusage)
	t.Logf("%-8s %6.1f s, %5.1f s of processor time, peak memory %d MiB", args[0], time.Since(start).Seconds(),
		(c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds(), usage.Maxrss>>10)
}
