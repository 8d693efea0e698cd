package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/assaylab/assay/engine/checkpoint"
	"github.com/assaylab/assay/experiments/exam"
	"github.com/assaylab/assay/experiments/target"
	"github.com/assaylab/assay/loadgen/dialect"
)

// serverHelp is what the verbs say of servers as subjects.
const serverHelp = `
A SUBJECT may be a server: URL[,dialect=NAME][,model=NAME][,key_env=VARIABLE], by default
text completions and the first model that it lists. Its items are asked one at a time,
greedily. One that is paid for needs --budget-requests or --budget-tokens.`

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
	if !key.Given() && remote.Provider() {
		return nil, environment(fmt.Errorf("%s answers nobody without a key, and %s is not set", remote.Base, s.keyVariable))
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

// serverBudget bounds what each server is asked.
type serverBudget struct {
	requests, tokens int
	tokenizer        string
}

func (o *evalOptions) serverFlags(f *pflag.FlagSet) {
	o.servers = true
	f.IntVar(&o.budget.requests, "budget-requests", 0, "send a server no more than so many; 0 is no bound")
	f.IntVar(&o.budget.tokens, "budget-tokens", 0, "ask a server for no more, prompts and answers together; 0 is no bound")
	f.StringVar(&o.budget.tokenizer, "tokenizer", defaultModel, "GGUF file, embedded:NAME or cache:NAME that counts and cuts a server's prompts")
}

// text is the tokenizer by which prompts of servers are counted.
func (b serverBudget) text() (*checkpoint.Checkpoint, error) {
	kernels, err := selectKernels()
	if err != nil {
		return nil, err
	}
	return openModel(b.tokenizer, "", kernels)
}

// bound refuses a server whose worst case exceeds the budget, or that is paid for and has none, and
// holds it to the budget from then on.
func (b serverBudget) bound(s *exam.Server, worst func(count exam.Counter) (requests, tokens int)) error {
	c, err := b.text()
	if err != nil {
		return err
	}
	defer c.Close()
	known := map[string]int{} // each prompt is counted once before it is sent, and again when it is
	count := func(text string) int {
		n, ok := known[text]
		if !ok {
			n = len(c.Tokenizer.Encode(text, true))
			known[text] = n
		}
		return n
	}
	if b.requests < 0 || b.tokens < 0 {
		return fmt.Errorf("eval: --budget-requests and --budget-tokens: found %d and %d, expected 0 or more", b.requests, b.tokens)
	}
	purse := &exam.Purse{Requests: b.requests, Tokens: b.tokens, Count: count}
	requests, tokens := worst(count)
	if paid := s.Kind.Managed || provider(s); paid && b.requests <= 0 && b.tokens <= 0 {
		return fmt.Errorf("eval: %s is paid for and has no bound: it may be sent %d requests and up to %d tokens of prompts and answers; give --budget-requests, --budget-tokens or both", s.Base, requests, tokens)
	}
	if err := purse.Afford(requests, tokens); err != nil {
		return fmt.Errorf("eval: %s: %w", s.Base, err)
	}
	s.Spend, s.Spent = purse.Spend, purse.Spent
	return nil
}

func provider(s *exam.Server) bool {
	remote, err := target.NewRemote(s.Base, s.Kind, dialect.Key{})
	return err != nil || remote.Provider()
}
