//go:build sdk

package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestPythonSDK(t *testing.T) {
	dir := filepath.Join(sdkDir(t), "python")
	bin := virtualEnv(t, filepath.Join(dir, "requirements.txt"))
	t.Log(tool(t, dir, []string{"PYTHONDONTWRITEBYTECODE=1"}, filepath.Join(bin, "python"), "check.py", startForClients(t), "gopher", sdkKey))
}

func TestJavaScriptSDK(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(sdkDir(t), "js"))); err != nil {
		t.Fatal(err)
	}
	tool(t, dir, nil, "npm", "install", "--no-audit", "--no-fund", "--silent")
	t.Log(tool(t, dir, nil, "node", "check.mjs", startForClients(t), "gopher", sdkKey))
}
