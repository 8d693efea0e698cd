//go:build unix

package ledger

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// childVariable has the test binary be a process that ingests: LEDGER, a newline, FILE.
const childVariable = "ASSAY_TEST_INGEST"

// compiledVariable names the directory in which such processes find SQLite compiled.
const compiledVariable = "ASSAY_TEST_COMPILED"

func TestMain(m *testing.M) {
	if job := os.Getenv(childVariable); job != "" {
		KeepCompiled(os.Getenv(compiledVariable))
		ledger, path, _ := strings.Cut(job, "\n")
		l, err := Open(context.Background(), ledger)
		if err == nil {
			_, err = l.Ingest(context.Background(), []File{{Path: path}}, Options{Progress: func(_ string, rows int64) { fmt.Println(rows) }})
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println("done")
		os.Exit(0)
	}
	dir, err := os.MkdirTemp("", "compiled")
	if err != nil {
		panic(err)
	}
	os.Setenv(compiledVariable, dir)
	KeepCompiled(dir)
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// TestKilledWhileItIngests: at any moment of it, the ledger has all of a file or nothing, and what was
// there before.
func TestKilledWhileItIngests(t *testing.T) {
	if testing.Short() {
		t.Skip("ingests the same file many times, in processes of their own")
	}
	const n = 6000
	path, p := filepath.Join(t.TempDir(), "costs.db"), november(t)
	before := opened(t, path)
	ingest(t, before, file(t, usageLog(t, n, 5)))
	before.Close()
	f := file(t, usageLog(t, 0, n))
	rng := rand.New(rand.NewPCG(5, 6))
	for kill := range 2 {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), childVariable+"="+path+"\n"+f.Path)
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for range 1 + rng.IntN(2) {
			lines.Scan()
		}
		time.Sleep(time.Duration(rng.IntN(20)) * time.Millisecond)
		c.Process.Kill() //nolint:errcheck // it may have ended
		c.Wait()         //nolint:errcheck // it was killed
		l := opened(t, path)
		u, err := l.Uses(t.Context(), p)
		if err != nil {
			t.Fatalf("after kill %d: %v", kill, err)
		}
		rows := int64(0)
		for _, use := range u.Uses {
			rows += use.Requests
		}
		if rows != 5 && rows != n+5 {
			t.Fatalf("after kill %d there are %d rows", kill, rows)
		}
		l.Close()
	}
	l, whole := opened(t, path), fresh(t)
	ingest(t, l, f)
	ingest(t, whole, file(t, usageLog(t, 0, n+5)))
	if got, want := totals(t, l, p), totals(t, whole, p); got != want {
		t.Errorf("after all kills %s, want %s", got, want)
	}
}
