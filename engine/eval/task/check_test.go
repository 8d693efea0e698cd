//go:build unix

package task_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/engine/eval/task"
)

func runCheck(t *testing.T, c task.Check, completion string, timeout time.Duration) task.Verdict {
	t.Helper()
	if c.File == "" {
		c.File = task.DefaultFile
	}
	v, err := c.Run(t.Context(), completion, timeout, os.Getenv("PATH"))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestCheck(t *testing.T) {
	t.Setenv("SECRET_KEY", "hidden")
	for _, c := range []struct {
		name   string
		check  task.Check
		passed bool
		says   string
	}{
		{"on standard input", task.Check{Command: []string{"sh", "-c", `test "$(cat)" = "before middle after"`}, Before: "before ", After: " after"}, true, ""},
		{"in a file", task.Check{Command: []string{"grep", "-q", "middle", "{file}"}, File: "x.go"}, true, ""},
		{"the file's name", task.Check{Command: []string{"sh", "-c", "ls; pwd"}, File: "x.go"}, true, "x.go"},
		{"exit 1", task.Check{Command: []string{"sh", "-c", "echo no; exit 1"}}, false, "no"},
		{"no secrets", task.Check{Command: []string{"sh", "-c", `test -z "$SECRET_KEY" && test -n "$PATH" && test "$HOME" = "$PWD"`}}, true, ""},
		{"input not read", task.Check{Command: []string{"true"}, After: strings.Repeat("x", 1<<20)}, true, ""},
		{"much output", task.Check{Command: []string{"sh", "-c", "yes | head -c 100000; echo end"}}, true, "end"},
		{"a child left behind", task.Check{Command: []string{"sh", "-c", "sleep 60 & echo started"}}, true, "started"},
	} {
		v := runCheck(t, c.check, "middle", 20*time.Second)
		if v.Passed != c.passed || v.TimedOut || !strings.Contains(v.Output, c.says) || len(v.Output) > 2000 {
			t.Errorf("%s: passed %v, timed out %v, %d bytes: %.60q", c.name, v.Passed, v.TimedOut, len(v.Output), v.Output)
		}
	}
}

func TestCheckTimesOut(t *testing.T) {
	v := runCheck(t, task.Check{Command: []string{"sh", "-c", "sleep 60 & wait"}}, "", 50*time.Millisecond)
	if v.Passed || !v.TimedOut {
		t.Errorf("found %+v", v)
	}
}

func TestCheckThatCannotRun(t *testing.T) {
	c := task.Check{Command: []string{"no-such-program-here"}, File: task.DefaultFile}
	if _, err := c.Run(t.Context(), "", time.Second, ""); err == nil || !strings.Contains(err.Error(), "no-such-program-here") {
		t.Errorf("no such program: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c.Command = []string{"sleep", "60"}
	if _, err := c.Run(ctx, "", time.Minute, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}
