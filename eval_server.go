package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/assaylab/assay/experiments/exam"
	"github.com/assaylab/assay/experiments/target"
	"github.com/assaylab/assay/loadgen/dialect"
)

// serverHelp is what the verbs say of servers as subjects.
const serverHelp = `
A SUBJECT may be a server: URL[,dialect=NAME][,model=NAME][,key_env=VARIABLE], by default
text completions and the first model that it lists. Items are asked one at a time,
greedily. One that is paid for is asked in a scenario, which bounds what is spent.`

// serverSubject is a server as one argument of eval.
type serverSubject struct{ url, dialect, model, keyVariable string }

func isServer(text string) bool {
	return strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://")
}

func anyServer(args []string) bool { return slices.ContainsFunc(args, isServer) }

// parseServer reads URL[,KEY=VALUE...].
func parseServer(text string) (serverSubject, error) {
	parts := strings.Split(text, ",")
	s := serverSubject{url: parts[0], dialect: "completions"}
	for _, p := range parts[1:] {
		key, value, ok := strings.Cut(p, "=")
		to := map[string]*string{"dialect": &s.dialect, "model": &s.model, "key_env": &s.keyVariable}[key]
		if !ok || to == nil || value == "" {
			return s, fmt.Errorf("eval: subject %q: found %q, expected dialect=NAME, model=NAME or key_env=VARIABLE", text, p)
		}
		*to = value
	}
	if _, ok := dialect.Named(s.dialect); !ok {
		return s, fmt.Errorf("eval: subject %q: dialect: found %q, expected one of %s", text, s.dialect, strings.Join(dialect.Names(), ", "))
	}
	return s, nil
}

func (s serverSubject) String() string {
	model := s.model
	if model == "" {
		model = "the first model"
	}
	return model + " at " + s.url + ", dialect " + s.dialect
}

// open reads the key and asks the server for its models.
func (s *serverSubject) open(ctx context.Context) (*exam.Server, error) {
	kind, _ := dialect.Named(s.dialect)
	if s.keyVariable == "" {
		s.keyVariable = kind.KeyVariable
	}
	key, err := dialect.NewKey(os.Getenv(s.keyVariable))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.keyVariable, err)
	}
	remote, err := target.NewRemote(s.url, kind, key)
	if err != nil {
		return nil, err
	}
	if remote.Paid() {
		return nil, fmt.Errorf("eval: %s is paid for: ask it by [[task]] of a scenario, which bounds what is spent", remote.Base)
	}
	if s.model == "" {
		names, err := remote.Models(ctx)
		if err != nil {
			return nil, environment(err)
		}
		if len(names) == 0 {
			return nil, fmt.Errorf("%s does not list its models: name one, as %s,model=NAME", remote.Base, s.url)
		}
		s.model = names[0]
	}
	return &exam.Server{Base: remote.Base, Kind: kind, Options: dialect.Options{Model: s.model, Key: key, Usage: dialect.UsageFinal},
		Client: &http.Client{CheckRedirect: target.SameServer}}, nil
}

func refuseServers(names []subject) error {
	for _, s := range names {
		if s.server != (serverSubject{}) {
			return fmt.Errorf("eval: %s: a server does not give what is measured here: ask it by choice, generate or code", s)
		}
	}
	return nil
}
