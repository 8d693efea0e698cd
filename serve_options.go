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
	if err := o.usage.check(); err != nil {
		return err
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
