//go:build vllm || triton

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// pythonEnv is a Python environment that is kept from one run to the next in the user's cache: what is in it takes minutes to fetch.
type pythonEnv struct {
	name      string   // of its folder
	packages  []string // to install, with their versions
	overrides []string // versions in place of those that they pin
	stub      string   // "NAME VERSION" of a distribution that they look for, and that is there by another name; "" for none
}

// install makes the environment, or takes it as it is, and returns its folder of programs.
func (e pythonEnv) install(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(cache, "assay", "systems")
	dir := filepath.Join(root, e.name)
	bin, stamp := filepath.Join(dir, "bin"), filepath.Join(dir, "installed")
	if _, err := os.Stat(stamp); err == nil {
		return bin
	}
	t.Logf("installing %s into %s, once", strings.Join(e.packages, " "), dir)
	uv := installer(t, root)
	tool(t, ".", nil, uv, "venv", "--quiet", "--clear", dir)
	overrides := filepath.Join(dir, "overrides.txt")
	if err := os.WriteFile(overrides, []byte(strings.Join(e.overrides, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"pip", "install", "--quiet", "--compile-bytecode", "--python", filepath.Join(bin, "python"), "--override", overrides}, e.packages...)
	tool(t, ".", nil, uv, args...)
	e.addStub(t, dir)
	if err := os.WriteFile(stamp, []byte(strings.Join(e.packages, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return bin
}

// installer is uv, which is many times faster than pip. It comes from the package index too.
func installer(t *testing.T, root string) string {
	t.Helper()
	dir := filepath.Join(root, "uv")
	uv := filepath.Join(dir, "bin", "uv")
	if _, err := os.Stat(uv); err == nil {
		return uv
	}
	tool(t, ".", nil, "python3", "-m", "venv", dir)
	tool(t, ".", nil, filepath.Join(dir, "bin", "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv")
	return uv
}

// addStub says that a distribution is installed which is there by another name.
func (e pythonEnv) addStub(t *testing.T, dir string) {
	t.Helper()
	name, version, ok := strings.Cut(e.stub, " ")
	if !ok {
		return
	}
	site, err := filepath.Glob(filepath.Join(dir, "lib", "python3*", "site-packages"))
	if err != nil || len(site) != 1 {
		t.Fatalf("%d folders of packages in %s, expected 1", len(site), dir)
	}
	info := filepath.Join(site[0], name+"-"+version+".dist-info")
	if err := os.MkdirAll(info, 0o755); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("Metadata-Version: 2.1\nName: %s\nVersion: %s\n", name, version)
	if err := os.WriteFile(filepath.Join(info, "METADATA"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
