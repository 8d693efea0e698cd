package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/assaylab/assay/engine/chat"
	"github.com/assaylab/assay/engine/tokenizer"
)

// keysVariable holds API keys, apart from those of a file.
const keysVariable = "ASSAY_API_KEYS"

// Values of --pprof.
const (
	pprofOff      = "off"
	pprofLoopback = "loopback"
	pprofAny      = "any"
)

var (
	logFormats = []string{"text", "json"}
	logLevels  = []string{"debug", "info", "warn", "error"}
)

// check holds what of the options can be wrong before anything is opened.
func (o *serveOptions) check() error {
	for _, f := range []struct {
		name, found string
		allowed     []string
	}{
		{"log-format", o.logFormat, logFormats},
		{"log-level", o.logLevel, logLevels},
		{"pprof", o.pprof, []string{pprofOff, pprofLoopback, pprofAny}},
	} {
		if !slices.Contains(f.allowed, f.found) {
			return fmt.Errorf("serve: --%s: found %q, expected one of %s", f.name, f.found, strings.Join(f.allowed, ", "))
		}
	}
	if o.maxBody < 1 {
		return fmt.Errorf("serve: --max-request-bytes: found %d, expected at least 1", o.maxBody)
	}
	return o.checkOffload()
}

func newLogger(w io.Writer, format, level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		panic(err) // check allows levels only
	}
	o := &slog.HandlerOptions{Level: l}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// checkAddress holds what depends on the address that the server listens on.
func (o *serveOptions) checkAddress(a net.Addr) error {
	tcp, ok := a.(*net.TCPAddr)
	if o.pprof == pprofLoopback && !(ok && tcp.IP.IsLoopback()) {
		return fmt.Errorf("serve: --pprof: %s is not a loopback address, and profiles tell a lot; --pprof=%s serves them all the same", a, pprofAny)
	}
	return nil
}

// apiKeys are the keys of the file and of the environment. A supervised server's environment
// is its supervisor's, who would have to know the keys.
func (o *serveOptions) apiKeys(environment string) (keys []string, err error) {
	if o.keyFile != "" {
		if keys, err = readKeys(o.keyFile); err != nil {
			return nil, err
		}
	}
	if o.supervised {
		return keys, nil
	}
	for _, key := range strings.FieldsFunc(environment, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' }) {
		if !printable(key) {
			return nil, fmt.Errorf("serve: %s has a key that is not printable ASCII", keysVariable)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// readKeys reads a file of keys. One without any would leave the server open, which cannot
// be what was meant. Errors do not show a key.
func readKeys(path string) (keys []string, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("serve: --api-key-file: %w", err)
	}
	number := 0
	for line := range strings.Lines(string(data)) {
		number++
		key, _, _ := strings.Cut(line, "#")
		if key = strings.TrimSpace(key); key == "" {
			continue
		}
		if !printable(key) {
			return nil, fmt.Errorf("serve: --api-key-file: %s:%d: expected one key of printable ASCII without spaces", path, number)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("serve: --api-key-file: %s has no key", path)
	}
	return keys, nil
}

// printable reports whether a header can carry key.
func printable(key string) bool {
	return !strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' })
}

func readTemplate(path string, t *tokenizer.Tokenizer) (template *chat.Template, source string, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, "", fmt.Errorf("serve: --chat-template: %w", err)
	}
	template, err = chat.New(string(text), string(t.TokenBytes(t.BOS())), string(t.TokenBytes(t.EOS())))
	if err != nil {
		return nil, "", fmt.Errorf("serve: --chat-template: %s: %w", path, err)
	}
	return template, string(text), nil
}
