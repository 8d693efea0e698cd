package task

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Check judges a completion by running a command on it. It passes where the command
// exits with 0.
//
// This is no sandbox. The command runs with the rights of its caller on text that a
// model wrote: run it only where that is wanted, and in a container where the text is
// run as a program.
type Check struct {
	Command []string // program and arguments, "{file}" in them replaced by the file's path; none for no check
	Before  string   // comes before the completion in the file and on standard input
	After   string   // comes after it
	File    string   // name of the file, in an empty directory that is the working directory
}

// DefaultFile is what the file is called where nobody says.
const DefaultFile = "completion.txt"

// Verdict is what a check found.
type Verdict struct {
	Passed   bool
	TimedOut bool
	Output   string // the end of what the command printed
}

// keptOutput is how much of a command's output a Verdict keeps, in bytes.
const keptOutput = 2000

// waitDelay is how long a killed command's output may stay open.
const waitDelay = time.Second

// Run writes the file and runs the command until the timeout, then kills it with all
// that it started. An error means that the command could not be run at all.
//
// Of the caller's environment the command sees PATH only; HOME and TMPDIR are the
// file's directory, which is removed.
func (c Check) Run(ctx context.Context, completion string, timeout time.Duration, path string) (Verdict, error) {
	dir, err := os.MkdirTemp("", "assay-check-")
	if err != nil {
		return Verdict{}, err
	}
	defer os.RemoveAll(dir)
	text := c.Before + completion + c.After
	file := filepath.Join(dir, c.File)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return Verdict{}, err
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	args := make([]string, len(c.Command))
	for i, a := range c.Command {
		args[i] = strings.ReplaceAll(a, "{file}", file)
	}
	cmd := exec.CommandContext(limited, args[0], args[1:]...)
	cmd.Dir, cmd.Stdin, cmd.WaitDelay = dir, strings.NewReader(text), waitDelay
	cmd.Env = []string{"PATH=" + path, "HOME=" + dir, "TMPDIR=" + dir}
	var out tail
	cmd.Stdout, cmd.Stderr = &out, &out
	leadGroup(cmd)
	if err := cmd.Start(); err != nil {
		return Verdict{}, fmt.Errorf("check %q: %w", c.Command[0], err)
	}
	err = cmd.Wait()
	killRest(cmd)
	switch {
	case ctx.Err() != nil:
		return Verdict{}, ctx.Err()
	case cmd.ProcessState == nil:
		return Verdict{}, fmt.Errorf("check %q: %w", c.Command[0], err)
	}
	passed := cmd.ProcessState.Success()
	return Verdict{Passed: passed, TimedOut: !passed && limited.Err() != nil, Output: out.String()}, nil
}

// tail keeps the end of what is written to it.
type tail struct{ bytes.Buffer }

func (t *tail) Write(p []byte) (int, error) {
	n, err := t.Buffer.Write(p)
	if over := t.Len() - 2*keptOutput; over > 0 {
		t.Next(t.Len() - keptOutput)
	}
	return n, err
}

func (t *tail) String() string {
	b := t.Bytes()
	return strings.ToValidUTF8(string(b[max(0, len(b)-keptOutput):]), "\uFFFD")
}
