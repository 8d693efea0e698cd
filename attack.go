package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/experiments"
	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/store"
	"github.com/assaylab/assay/experiments/target"
	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/reports"
	"github.com/assaylab/assay/scenarios/data"
)

type loadOptions struct {
	model, endpoint, usage string
	tokenizer              string
	keyVariable            string
	slos                   []string
	out                    string
	seed                   uint64
	json                   bool
	stop                   bool
	keys                   map[string]*string // of the load's table, by flag
}

// loadKeys are the keys of a [[load]] table that have a flag, with the value that a flag that is not given has.
var loadKeys = []struct{ flag, key, usage, def string }{
	{"arrival", "arrival", "how requests arrive: poisson, constant, gamma or closed", "poisson"},
	{"rate", "rates", "requests per second (default 1, but for --arrival closed)", ""},
	{"concurrency", "concurrencies", "with --arrival closed: requests in flight", ""},
	{"requests", "requests", "measured requests (default 62, or what --duration makes)", ""},
	{"duration", "duration", "in place of --requests: as many as come in this time", ""},
	{"warmup", "warmup", "requests before the measured ones", "2"},
	{"prompt-tokens", "prompt_tokens", "length of prompts, a number or a table as in scenarios (default 128)", ""},
	{"output-tokens", "output_tokens", "length of answers, likewise (default 64, or what rows of a corpus say)", ""},
	{"cv", "cv", "with --arrival gamma: coefficient of variation of the gaps", ""},
	{"shape", "shape", "how the rate moves, a table as in scenarios: '{ramp = [1, 3]}'", ""},
	{"think", "think", "with --arrival closed: pause before the next request", ""},
	{"temperature", "temperature", "of sampling", ""},
	{"trim", "trim", "auto leaves the warm-up, as far as a test finds it, out of all figures but failures", ""},
	{"timeout", "timeout", "a request that takes longer is a failure", "60s"},
	{"text", "text", "text file that prompts are cut from (default: English prose that comes with assay)", ""},
	{"corpus", "corpus", "prompts are rows of a file, a table as in scenarios: '{file = \"x.jsonl\", ...}'", ""},
	{"shared-prefix", "shared_prefix", "prompts begin alike, a table as in scenarios: '{groups = 4, tokens = 64}'", ""},
	{"cache", "cache", "state of its prefix cache, held against what it counts: cold (default), warm or declared", ""},
	{"cached-share", "cached_share", "with --cache declared: least and largest share of prompt tokens: '[0.3, 0.6]'", ""},
	{"team", "team", "whose requests they are: sent as their user", ""},
	{"priority", "priority", "that the server is asked for, an extension that some servers refuse", ""},
}

func newLoad() *cobra.Command {
	o := loadOptions{keys: map[string]*string{}}
	var ignoreEOS bool
	c := &cobra.Command{
		Use:   "load URL",
		Short: "Load a server that is there, and say how it fared",
		Long: `Load sends requests to an OpenAI-compatible server by a schedule that its answers cannot
delay, and reports time to first token, time per output token, gaps, throughput and
failures. It writes a run directory, of which report makes a page and compare and gate
can read.

First it measures answers that it knows, for a second and a half and not from the server,
to say how exact it is.

The server's settings and machine are not known and nothing is claimed about them.
Prompts are counted with --tokenizer; where the server's own differs, so do lengths.

Exit code 0: every --slo is met, or there is none. 1: one is missed. 3: undecided.`,
		Example: `  assay load http://127.0.0.1:8000 --rate 4 --requests 120
  assay load http://127.0.0.1:8000 --rate 4 --slo "p95 ttft=500ms" --slo "p95 tpot=50ms"
  assay load http://127.0.0.1:8000 --arrival closed --concurrency 8 \
    --output-tokens '{distribution = "uniform", min = 16, max = 256}'`,
		Args: arguments("URL"),
		RunE: func(c *cobra.Command, args []string) error {
			return loadServer(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), args[0], o, ignoreEOS)
		},
	}
	f := c.Flags()
	for _, k := range loadKeys {
		o.keys[k.flag] = f.String(k.flag, k.def, k.usage)
	}
	f.BoolVar(&ignoreEOS, "ignore-eos", false, "ask for answers of exactly the length asked for, an extension that some servers refuse")
	o.flags(f)
	return c
}

func (o *loadOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.model, "model", "", "model as the server calls it (default: the first that it lists)")
	f.StringVar(&o.endpoint, "endpoint", "chat", "chat or completions")
	f.StringVar(&o.usage, "usage", "final", "token counts that the server is asked for: final, continuous (exact per message, an extension) or none")
	f.StringVar(&o.tokenizer, "tokenizer", defaultModel, "GGUF file, embedded:NAME or cache:NAME that counts the tokens of prompts")
	f.StringVar(&o.keyVariable, "api-key-env", "OPENAI_API_KEY", "environment variable with the API key, if the server wants one")
	f.StringArrayVar(&o.slos, "slo", nil, `limit, as "p95 ttft=500ms"; may be repeated`)
	f.StringVar(&o.out, "out", "", "run directory (default: runs/load-TIME)")
	f.Uint64Var(&o.seed, "seed", 1, "of arrivals and prompts")
	f.BoolVar(&o.stop, "stop-oversaturated", false, "send no more once the queue only grows and a limit is missed")
	f.BoolVar(&o.json, "json", false, "print the summary as JSON")
}

func loadServer(ctx context.Context, w, werr io.Writer, address string, o loadOptions, ignoreEOS bool) error {
	remote, err := o.remote(address)
	if err != nil {
		return err
	}
	s, err := o.scenario(ignoreEOS)
	if err != nil {
		return err
	}
	l, err := newLab(werr)
	if err != nil {
		return err
	}
	p, err := l.Plan(s)
	if err != nil {
		return err
	}
	defer p.Close()
	if err := o.findModel(ctx, &remote); err != nil {
		return environment(err)
	}
	p.AsRemote(o.model + " at " + remote.Server.Base)
	if o.out == "" {
		o.out = filepath.Join("runs", "load-"+time.Now().Format("20060102-150405"))
	}
	view := l.Progress.(*progress)
	view.panel = loadPanel
	study, err := l.LoadRemote(ctx, p, remote, o.out)
	view.close()
	if err != nil {
		if store.Environment(err) {
			return environment(err)
		}
		return err
	}
	if err := writeReports(o.out, study); err != nil {
		return err
	}
	return o.conclude(w, study)
}

// remote is the server, asked as the flags say.
func (o *loadOptions) remote(address string) (r experiments.Remote, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return r, fmt.Errorf("server is %q, expected a URL such as http://127.0.0.1:8000", address)
	}
	header := http.Header{}
	if key := os.Getenv(o.keyVariable); key != "" {
		header.Set("Authorization", "Bearer "+key)
	}
	r.Server = target.NewRemote(address, header, &http.Client{Timeout: 30 * time.Second})
	r.Options, r.Texts = dialect.Options{Header: header}, map[string]string{builtInText: data.Prose}
	switch o.endpoint {
	case "chat":
		r.Dialect = dialect.Chat{}
	case "completions":
		r.Dialect = dialect.Completions{}
	default:
		return r, fmt.Errorf("--endpoint is %q, expected chat or completions", o.endpoint)
	}
	usages := map[string]dialect.UsageWanted{"final": dialect.UsageFinal, "continuous": dialect.UsageContinuous, "none": dialect.UsageNone}
	wanted, ok := usages[o.usage]
	if !ok {
		return r, fmt.Errorf("--usage is %q, expected final, continuous or none", o.usage)
	}
	r.Options.Usage = wanted
	return r, nil
}

// findModel asks the server what it serves, which is also the first sign of life.
func (o *loadOptions) findModel(ctx context.Context, r *experiments.Remote) error {
	names, err := r.Server.Models(ctx)
	switch {
	case err != nil:
		return err
	case o.model == "" && len(names) == 0:
		return fmt.Errorf("%s does not list its models: name one with --model", r.Server.Base)
	case o.model == "":
		o.model = names[0]
	}
	r.Options.Model = o.model
	return nil
}

// builtInText names data.Prose.
const builtInText = "embedded:prose"

// scenario is what the flags say, as a scenario: kept in the run directory, and read by the same rules.
func (o *loadOptions) scenario(ignoreEOS bool) (*scenario.Scenario, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "name = \"load\"\n[model]\npath = %q\n[run]\nseed = %d\nconfirm = false\nstop_oversaturated = %t\n", o.tokenizer, o.seed, o.stop)
	for _, slo := range o.slos {
		text, err := limitTable(slo)
		if err != nil {
			return nil, err
		}
		b.WriteString(text)
	}
	b.WriteString("[[load]]\n")
	o.defaults()
	for _, k := range loadKeys {
		if value := *o.keys[k.flag]; value != "" {
			b.WriteString(k.key + " = " + tomlValue(k.key, value) + "\n")
		}
	}
	fmt.Fprintf(&b, "ignore_eos = %t\n", ignoreEOS)
	s, err := scenario.Parse("flags", []byte(b.String()))
	if err != nil {
		return nil, asFlags(err)
	}
	if err := s.ReadFiles(); err != nil {
		return nil, asFlags(err)
	}
	return s, nil
}

// defaults fill in what depends on other flags.
func (o *loadOptions) defaults() {
	set := func(flag, value string) {
		if *o.keys[flag] == "" {
			*o.keys[flag] = value
		}
	}
	if *o.keys["arrival"] != scenario.Closed {
		set("rate", "1")
	}
	if *o.keys["duration"] == "" {
		set("requests", "62")
	}
	if *o.keys["corpus"] != "" {
		return
	}
	set("prompt-tokens", "128")
	set("output-tokens", "64")
	set("text", builtInText)
	if text := *o.keys["text"]; text != builtInText {
		if full, err := filepath.Abs(text); err == nil {
			*o.keys["text"] = full
		}
	}
}

// tomlValue writes a flag's value: levels are lists, and what is no number or table is a string.
func tomlValue(key, value string) string {
	switch {
	case key == "rates" || key == "concurrencies":
		return "[" + tomlValue("", value) + "]"
	case key != "team" && (strings.HasPrefix(value, "{") || strings.HasPrefix(value, "[") || strings.Trim(value, "0123456789.-+e") == ""):
		return value
	}
	text, _ := json.Marshal(value) // every JSON string is one of TOML
	return string(text)
}

// limitTable reads "p95 ttft=500ms".
func limitTable(slo string) (string, error) {
	name, limit, ok := strings.Cut(slo, "=")
	var p float64
	var metric string
	if _, err := fmt.Sscanf(strings.TrimSpace(name), "p%g %s", &p, &metric); !ok || err != nil {
		return "", fmt.Errorf("--slo is %q, expected a percentile, a metric and a limit, as \"p95 ttft=500ms\"", slo)
	}
	return fmt.Sprintf("[[slo.limit]]\nmetric = %q\npercentile = %g\nlimit = %q\n", metric, p/100, strings.TrimSpace(limit)), nil
}

// asFlags words problems of the flags' scenario as what they are.
func asFlags(err error) error {
	var all []error
	for _, p := range scenario.Problems(err) {
		name := strings.TrimPrefix(p.Key, "load[0].")
		for _, k := range loadKeys {
			if rest, ok := strings.CutPrefix(name, k.key); ok {
				name = "--" + k.flag + rest
				break
			}
		}
		q := scenario.Problem{File: "load", Key: name, Found: p.Found, Expected: p.Expected}
		all = append(all, errors.New(strings.TrimPrefix(q.Error(), "load: ")))
	}
	return errors.Join(all...)
}

func (o *loadOptions) conclude(w io.Writer, s *analysis.Study) error {
	if len(s.Cells) == 0 || s.Cells[0].Issued == 0 {
		return environment(fmt.Errorf("no request was measured: %s", failedReason(s)))
	}
	if o.json {
		if err := json.NewEncoder(w).Encode(reports.LoadSummary(s)); err != nil {
			return err
		}
	} else if err := reports.Load(w, s, o.out); err != nil {
		return err
	}
	switch c := s.Cells[0]; {
	case len(c.SLOs) == 0:
		return nil
	case !c.Valid:
		return &exitError{exitUndecided, errors.New("the measurement is not valid, so that it decides nothing")}
	case c.Verdict == analysis.Missed:
		return &exitError{exitBad, errors.New("a limit is missed")}
	case c.Verdict == analysis.Undecided:
		return &exitError{exitUndecided, errors.New("a limit is undecided")}
	}
	return nil
}

func failedReason(s *analysis.Study) string {
	if len(s.Failed) > 0 {
		return s.Failed[0].Reason
	}
	return "no trial has finished"
}
