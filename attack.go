package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/strict"
	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/store"
	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/reports"
)

type loadOptions struct {
	tokenizer string
	slos      []string
	classes   string              // file of them
	mixture   *scenario.ClassFile // what it says; nil without one
	given     func(flag string) bool
	stops     []string // texts that end an answer
	ownSample bool     // sampling is left to the server
	unpriced  bool     // no price is known
	consent   consent
	out       string
	seed      uint64
	json      bool
	stop      bool
	keys      map[string]*string // of the tables of the load and of the target, by flag
}

// tableKey is a key of a scenario's table that has a flag, with the value that a flag that is not given has.
type tableKey struct{ flag, key, usage, def string }

// targetKeys are those of [target].
var targetKeys = []tableKey{
	{"model", "model", "model as the server calls it (default: the first that it lists)", ""},
	{"dialect", "dialect", "how the server is spoken to (default chat)", ""},
	{"usage", "usage", "token counts that are asked for: final (default), continuous or none", ""},
	{"api-key-env", "key_env", "environment variable with the API key (default: by dialect)", ""},
	{"api-key-file", "key_file", "file with the API key alone in it, that nobody else can read", ""},
	{"body", "body", "further members of requests' bodies, a table: '{reasoning = {effort = \"low\"}}'", ""},
	{"region", "region", "where the server is, for the report", ""},
	{"timezone", "timezone", "whose clock is kept there, as America/New_York, for the report", ""},
	{"budget-requests", "budget_requests", "send no more than so many, warm-up included", ""},
	{"budget-tokens", "budget_tokens", "ask for no more, prompts and answers together", ""},
	{"budget", "budget", "spend no more by the price list, as 'USD 5.00'; for paid APIs", ""},
	{"prices", "prices", "file of prices, whose rows replace those of the catalogue", ""},
	{"price", "price", "row that prices the server (default: by its provider and model)", ""},
}

// loadKeys are those of [[load]].
var loadKeys = []tableKey{
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
		Long: `Load sends requests to a server by a schedule that its answers cannot delay, and reports
time to first token, time per output token, gaps, throughput and failures. It writes a
run directory, of which report makes a page and compare and gate can read.

` + wrapped("Dialects: "+strings.Join(dialect.Names(), ", ")+".", 88) + `
Those of paid APIs need --budget: what the run may cost at the worst is computed from the
price list before anything is sent, refused where it is more, and asked about; --yes
answers. Where no price is known, --unpriced with --budget-tokens says so.

First it measures answers that it knows, for a second and a half and not from the server,
to say how exact it is.

The server's settings and machine are not known and nothing is claimed about them.
Prompts are counted with --tokenizer; where the server's own differs, so do lengths.

With --classes requests are of several kinds, each with weight, lengths, prompts, team,
priority and limits of its own, as the [[load.class]] tables of a file say. What a class
does not say it has from the flags, and a flag that holds for no class is refused.

Exit code 0: every limit, of --slo and of classes, is met, or there is none. 1: one is
missed. 3: undecided.`,
		Example: `  assay load http://127.0.0.1:8000 --rate 4 --requests 120
  assay load http://127.0.0.1:8000 --rate 4 --slo "p95 ttft=500ms" --slo "p95 tpot=50ms"
  assay load http://127.0.0.1:8000 --rate 6 --requests 240 --classes classes.toml
  assay load http://127.0.0.1:8000 --arrival closed --concurrency 8 \
    --output-tokens '{distribution = "uniform", min = 16, max = 256}'
  assay load https://api.anthropic.com --dialect anthropic --model NAME \
    --budget 'USD 0.50' --yes`,
		Args: arguments("URL"),
		RunE: func(c *cobra.Command, args []string) error {
			o.consent, o.given = o.consent.of(c), c.Flags().Changed
			return loadServer(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), args[0], o, ignoreEOS)
		},
	}
	f := c.Flags()
	for _, k := range slices.Concat(targetKeys, loadKeys) {
		o.keys[k.flag] = f.String(k.flag, k.def, k.usage)
	}
	f.BoolVar(&ignoreEOS, "ignore-eos", false, "ask for answers of exactly the length asked for, an extension that some servers refuse")
	o.flags(f)
	return c
}

func (o *loadOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.tokenizer, "tokenizer", defaultModel, "GGUF file, embedded:NAME or cache:NAME that counts the tokens of prompts")
	f.StringArrayVar(&o.stops, "stop", nil, "text that ends an answer; may be repeated")
	f.BoolVar(&o.ownSample, "server-sampling", false, "send no temperature: some models refuse to be told one")
	f.BoolVar(&o.unpriced, "unpriced", false, "no price is known: --budget-tokens bounds what is spent")
	yesFlag(f, &o.consent)
	f.StringArrayVar(&o.slos, "slo", nil, `limit, as "p95 ttft=500ms"; may be repeated`)
	f.StringVar(&o.classes, "classes", "", "TOML file of [[load.class]] tables as in scenarios: requests of several kinds")
	f.StringVar(&o.out, "out", "", "run directory (default: runs/load-TIME)")
	f.Uint64Var(&o.seed, "seed", 1, "of arrivals and prompts")
	f.BoolVar(&o.stop, "stop-oversaturated", false, "send no more once the queue only grows and a limit is missed")
	f.BoolVar(&o.json, "json", false, "print the summary as JSON")
}

func loadServer(ctx context.Context, w, werr io.Writer, address string, o loadOptions, ignoreEOS bool) error {
	s, err := o.scenario(address, ignoreEOS)
	if err != nil {
		return err
	}
	l, err := newLab(werr)
	if err != nil {
		return err
	}
	p, err := l.Plan(s)
	if err != nil {
		return o.worded(err)
	}
	defer p.Close()
	for _, n := range append(o.divided(s.Loads[0].Classes), undecidable(p)...) {
		l.Progress.Note(n)
	}
	if o.out == "" {
		o.out = filepath.Join("runs", "load-"+time.Now().Format("20060102-150405"))
	}
	if err := o.consent.spend(ctx, werr, p); err != nil {
		return err
	}
	view := l.Progress.(*progress)
	view.panel, view.byClass = loadPanel, true
	study, err := l.Run(ctx, p, o.out, store.Options{New: true})
	view.close()
	if err != nil {
		return asEnvironment(err)
	}
	if err := writeReports(o.out, study); err != nil {
		return err
	}
	return o.conclude(w, study)
}

// builtInText names data.Prose.
const builtInText = "embedded:prose"

// scenario is what the flags say, as a scenario: kept in the run directory, and read by the same rules.
func (o *loadOptions) scenario(address string, ignoreEOS bool) (*scenario.Scenario, error) {
	if err := o.readClasses(); err != nil {
		return nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "name = \"load\"\n[model]\npath = %q\n[run]\nseed = %d\nconfirm = false\nstop_oversaturated = %t\n", o.tokenizer, o.seed, o.stop)
	for _, slo := range o.slos {
		text, err := limitTable(slo)
		if err != nil {
			return nil, err
		}
		b.WriteString(text)
	}
	fmt.Fprintf(&b, "[target]\nurl = %s\nserver_sampling = %t\n", quoted(address), o.ownSample)
	if o.unpriced {
		b.WriteString("unpriced = true\n")
	}
	if len(o.stops) > 0 {
		stops, _ := json.Marshal(o.stops) // every JSON array of strings is one of TOML
		fmt.Fprintf(&b, "stop = %s\n", stops)
	}
	o.table(&b, targetKeys)
	o.defaults()
	b.WriteString("[[load]]\n")
	o.table(&b, loadKeys)
	fmt.Fprintf(&b, "ignore_eos = %t\n", ignoreEOS)
	if o.mixture != nil {
		b.WriteString(o.mixture.Text())
	}
	s, err := scenario.Parse("flags", []byte(b.String()))
	if err != nil {
		return nil, o.worded(err)
	}
	if err := s.ReadFiles(); err != nil {
		return nil, o.worded(err)
	}
	return s, o.allHold()
}

// table writes the keys that have a value.
func (o *loadOptions) table(b *strings.Builder, keys []tableKey) {
	for _, k := range keys {
		if value := *o.keys[k.flag]; value != "" {
			b.WriteString(k.key + " = " + tomlValue(k.key, value) + "\n")
		}
	}
}

// lengthDefaults are what requests ask whose prompts are no rows of a corpus.
var lengthDefaults = []struct{ flag, key, value string }{{"prompt-tokens", "prompt_tokens", "128"}, {"output-tokens", "output_tokens", "64"}, {"text", "text", builtInText}}

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
	for _, d := range lengthDefaults {
		switch {
		case o.mixture == nil:
			set(d.flag, d.value)
		case *o.keys[d.flag] == "":
			o.mixture.Default(d.key, tomlValue(d.key, d.value), d.key, "corpus")
		}
	}
	if text := *o.keys["text"]; text != builtInText && text != "" {
		if full, err := filepath.Abs(text); err == nil {
			*o.keys["text"] = full
		}
	}
}

// words are keys whose values are texts, whatever they look like.
var words = []string{"team", "model", "dialect", "usage", "key_env", "key_file", "region", "timezone", "budget", "price"}

// tomlValue writes a flag's value: levels are lists, and what is no number or table is a string.
func tomlValue(key, value string) string {
	switch {
	case key == "rates" || key == "concurrencies":
		return "[" + tomlValue("", value) + "]"
	case key == "prices":
		return "[" + quoted(value) + "]"
	case !slices.Contains(words, key) && (strings.HasPrefix(value, "{") || strings.HasPrefix(value, "[") || strings.Trim(value, "0123456789.-+e") == ""):
		return value
	}
	return quoted(value)
}

// quoted is a string of TOML.
func quoted(value string) string {
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

// worded says problems of the flags' scenario as what they are: of flags, or of the file of classes.
func (o *loadOptions) worded(err error) error {
	problems := strict.Problems(err)
	if problems == nil {
		return err
	}
	var all []error
	for _, p := range problems {
		all = append(all, o.wordedOne(p))
	}
	return errors.Join(all...)
}

func (o *loadOptions) wordedOne(p *strict.Problem) error {
	if o.mixture != nil {
		if own, inherited, ok := o.mixture.Own(p); ok {
			if inherited != "" {
				own.Found = flagOf("load[0]."+inherited) + " " + own.Found
			}
			return own
		}
	}
	q := strict.Problem{File: "load", Key: flagOf(p.Key), Found: p.Found, Expected: p.Expected}
	return errors.New(strings.TrimPrefix(q.Error(), "load: "))
}

// flagOf is the flag behind a key of the scenario, and what follows it in the key.
func flagOf(key string) string {
	name, keys := strings.TrimPrefix(key, "load[0]."), loadKeys
	if rest, ok := strings.CutPrefix(key, "target."); ok {
		name, keys = rest, slices.Concat(targetKeys, []tableKey{{flag: "stop", key: "stop"}, {flag: "server-sampling", key: "server_sampling"}, {flag: "unpriced", key: "unpriced"}})
	}
	for _, k := range slices.Concat(keys, []tableKey{{flag: "ignore-eos", key: "ignore_eos"}}) {
		if rest, ok := strings.CutPrefix(name, k.key); ok && strings.Trim(rest[:min(1, len(rest))], ".[") == "" {
			return "--" + k.flag + rest
		}
	}
	if name == "url" {
		return "URL"
	}
	return name
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
		return &exitError{exitBad, fmt.Errorf("a limit%s is missed", ofClasses(&c))}
	case c.Verdict == analysis.Undecided:
		return &exitError{exitUndecided, fmt.Errorf("a limit%s is undecided", ofClasses(&c))}
	}
	return nil
}

func failedReason(s *analysis.Study) string {
	if len(s.Failed) > 0 {
		return s.Failed[0].Reason
	}
	return "no trial has finished"
}
