//go:build sdk || lmeval || dialects || vllm || hf || triton

package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// tool runs a program in dir, with env beside its environment, and fails the test when it does.
func tool(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, name, args...)
	c.Dir, c.Env = dir, append(os.Environ(), env...)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// virtualEnv makes a Python environment with a file of pinned requirements, and returns its
// directory of programs.
func virtualEnv(t *testing.T, requirements string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "venv")
	tool(t, ".", nil, "python3", "-m", "venv", dir)
	bin := filepath.Join(dir, "bin")
	tool(t, ".", nil, filepath.Join(bin, "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements)
	return bin
}
