package main

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/server"
)

func TestServeOptions(t *testing.T) {
	for _, c := range []struct{ name, flag, value, want string }{
		{"format", "--log-format", "xml", `--log-format: found "xml", expected one of text, json`},
		{"level", "--log-level", "verbose", `--log-level: found "verbose", expected one of debug, info, warn, error`},
		{"profiles", "--pprof", "on", `--pprof: found "on", expected one of off, loopback, any`},
		{"body", "--max-request-bytes", "0", "--max-request-bytes: found 0, expected at least 1"},
		{"no keys", "--api-key-file", "missing", "--api-key-file: open missing"},
		{"teams from elsewhere", "--team-from", "key,name", `--team-from: found "name", expected some of key, header, user`},
		{"header that is none", "--team-header", "X Team", `--team-header: found "X Team"`},
		{"usage log's bound", "--usage-log-bytes", "-1", "--usage-log-bytes: found -1, expected 0 or more"},
		{"no usage log", "--usage-log", "missing/usage.jsonl", "--usage-log: usage log: open missing/usage.jsonl"},
		{"no template", "--chat-template", "missing", "--chat-template: open missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, stderr, code := assay(t, "serve", "--listen", "127.0.0.1:0", "--model", "embedded:gopherling-2m", c.flag+"="+c.value)
			if code != exitUsage || !strings.Contains(stderr, c.want) {
				t.Errorf("code %d: %s", code, stderr)
			}
		})
	}
}

// Who cannot draft is said before anything is served.
func TestServeRefusesBadDrafts(t *testing.T) {
	for _, c := range []struct{ name, model, flags, want string }{
		{"no draft model", "7m", "--drafter=model", `drafter: found "model", expected a draft_model`},
		{"missing", "7m", "--draft-model=nope.gguf", "draft model: open GGUF file: open nope.gguf"},
		{"larger", "2m", "--draft-model=embedded:gopherling-7m", "parameters, more than the"},
		{"nothing to draft", "7m", "--drafter=ngram --draft-length=0", `--draft-length: found "0", expected a whole number from 1`},
		{"beyond the context", "7m", "--drafter=ngram --draft-length=16 --context=17", "draft_length: found 16, expected at most context - 2 (15)"},
		{"no layers", "7m", "--drafter=self", "draft_layers: found 0, expected at least 1"},
		{"all layers", "7m", "--drafter=self --draft-layers=8", "draft_layers is 8, want 1 to 7"},
		{"two drafters", "7m", "--drafter=self --draft-layers=1 --draft-model=embedded:gopherling-2m", `drafter: found "self", expected "auto" or "model"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := []string{"serve", "--listen", "127.0.0.1:0", "--model", "embedded:gopherling-" + c.model}
			_, stderr, code := assay(t, append(args, strings.Fields(c.flags)...)...)
			if code != exitUsage || !strings.Contains(stderr, c.want) {
				t.Errorf("code %d: %s", code, stderr)
			}
		})
	}
}

func TestProfilesStayOnLoopback(t *testing.T) {
	for _, c := range []struct {
		pprof, address string
		ok             bool
	}{
		{pprofOff, "0.0.0.0", true}, {pprofLoopback, "127.0.0.1", true}, {pprofLoopback, "::1", true},
		{pprofLoopback, "0.0.0.0", false}, {pprofLoopback, "192.0.2.1", false}, {pprofAny, "192.0.2.1", true},
	} {
		o := serveOptions{pprof: c.pprof}
		if err := o.checkAddress(&net.TCPAddr{IP: net.ParseIP(c.address), Port: 80}); (err == nil) != c.ok {
			t.Errorf("%s on %s: %v", c.pprof, c.address, err)
		}
	}
}

func TestAPIKeys(t *testing.T) {
	for _, c := range []struct {
		name, file, environment string
		supervised              bool
		want                    []string
		err                     string
	}{
		{name: "none"},
		{name: "file", file: "# ours\nsk-1 # alice\n\n  sk-2\n", want: []string{"sk-1", "sk-2"}},
		{name: "environment", environment: " sk-3,sk-4 ", want: []string{"sk-3", "sk-4"}},
		{name: "both", file: "sk-1", environment: "sk-3", want: []string{"sk-1", "sk-3"}},
		{name: "supervised", file: "sk-1", environment: "sk-3", supervised: true, want: []string{"sk-1"}},
		{name: "nothing in it", file: "# none yet\n", err: "has no key"},
		{name: "two on a line", file: "sk-1\nsk-2 sk-3\n", err: "keys:2: expected one key"},
		{name: "not ASCII", file: "clé\n", err: "keys:1: expected one key"},
		{name: "no such word", file: "sk-1 wieght=2\n", err: "keys:1: expected one key, and after it name="},
		{name: "weight", file: "sk-1\nsk-2 weight=0\n", err: `keys:2: weight: found "0", expected a whole number from 1 to 1000`},
		{name: "priority", file: "sk-1 priority=high\n", err: `keys:1: priority: found "high", expected a whole number`},
		{name: "no name", file: "sk-1 name=\n", err: "keys:1: name: expected"},
		{name: "two weights", file: "sk-1 name=a weight=2\nsk-2 name=a\n", err: `keys:2: weight: found 1, expected 2 as for the other keys of "a"`},
		{name: "environment not ASCII", environment: "clé", err: "ASSAY_API_KEYS has a key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := serveOptions{supervised: c.supervised}
			if c.file != "" {
				o.keyFile = filepath.Join(t.TempDir(), "keys")
				if err := os.WriteFile(o.keyFile, []byte(c.file), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			got, err := o.apiKeys(c.environment)
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Fatalf("error %v, want %q", err, c.err)
			}
			var texts []string
			for _, k := range got {
				texts = append(texts, k.Key)
			}
			if !slices.Equal(texts, c.want) {
				t.Errorf("got %q, want %q", texts, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "sk-") {
				t.Errorf("the error shows a key: %v", err)
			}
		})
	}
}

func TestKeysSayWhoseTheyAre(t *testing.T) {
	o := serveOptions{keyFile: filepath.Join(t.TempDir(), "keys")}
	file := "sk-1 name=batch priority=10\nsk-2 weight=4 # paying\nsk-3 name=batch team=search\n"
	if err := os.WriteFile(o.keyFile, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := o.apiKeys("sk-4")
	want := []server.APIKey{{Key: "sk-1", Client: server.Client{Tenant: "batch", Team: "batch", Weight: 1, Priority: 10}},
		{Key: "sk-2", Client: server.Client{Tenant: "key-2", Weight: 4}},
		{Key: "sk-3", Client: server.Client{Tenant: "batch", Team: "search", Weight: 1}}, {Key: "sk-4", Client: server.Client{Tenant: "key-4", Weight: 1}}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
}
