//go:build sdk || dialects

package main

import (
	"path/filepath"
	"testing"

	"github.com/assaylab/assay/experiments/testkit"
)

const sdkKey = "sk-of-the-test"

// sdkDir holds the scripts that drive the server through OpenAI's own clients.
func sdkDir(t *testing.T) string {
	t.Helper()
	return filepath.Join(testkit.Root(t), "engine", "server", "testdata", "sdk")
}

// startForClients serves the larger embedded model with an API key and a template that shows
// tools.
func startForClients(t *testing.T) string {
	t.Helper()
	keys := testkit.WriteFile(t, filepath.Join(t.TempDir(), "keys"), "# of the test\n"+sdkKey+"\n")
	p := testkit.Start(t, t.TempDir(), "serve", "--model", "embedded:gopherling-7m", "--name", "gopher", "--listen", "127.0.0.1:0",
		"--api-key-file", keys, "--chat-template", filepath.Join(sdkDir(t), "chat.jinja"), "--log-format", "json")
	return address(t, p)
}
