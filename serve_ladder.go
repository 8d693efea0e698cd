package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/engine/server"
	"github.com/assaylab/assay/experiments/gateway"
	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/target"
)

// ladderOptions are those of serve --ladder.
type ladderOptions struct {
	file   string
	rungs  []string
	trace  string
	dryRun bool
	wait   bool
}

func (o *ladderOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.file, "ladder", "", "ladder file: serve a ladder of deployments, see docs/ladder.md")
	f.StringSliceVar(&o.rungs, "rungs", nil, "with --ladder: of its rungs these alone, with commas between them")
	f.StringVar(&o.trace, "ladder-trace", "", "with --ladder: file that gets a line of JSON for every request")
	f.BoolVar(&o.wait, "wait", false, "with --ladder: refuse nobody for being late, so that queues grow instead")
	f.BoolVar(&o.dryRun, "dry-run", false, "with --ladder: print it and what would be started, and start nothing")
}

// ladderFlags are those of serve that hold for a gateway, too. All others are of one engine.
var ladderFlags = []string{"ladder", "rungs", "ladder-trace", "dry-run", "wait", "listen", "supervised", "api-key-file", "max-request-bytes", "log-format", "log-level", "help"}

// check holds the flags that were given against each other.
func (o *ladderOptions) check(f *pflag.FlagSet) (err error) {
	f.Visit(func(flag *pflag.Flag) {
		switch of := slices.Contains(ladderFlags, flag.Name); {
		case o.file != "" && !of:
			err = errors.Join(err, fmt.Errorf("serve: --%s is a setting of one engine: with --ladder, say it in a [[rung]] of %s", flag.Name, o.file))
		case o.file == "" && slices.Contains(ladderFlags[1:5], flag.Name):
			err = errors.Join(err, fmt.Errorf("serve: --%s is for --ladder", flag.Name))
		}
	})
	return err
}

// readLadder reads a ladder file, and what the run that it names says of its rungs.
func readLadder(file string, rungs []string) (*scenario.Ladder, []record.LadderRung, []gateway.Speed, error) {
	l, err := scenario.LoadLadder(file)
	if err != nil {
		return nil, nil, nil, err
	}
	if len(rungs) > 0 {
		if l, err = l.Keep(rungs); err != nil {
			return nil, nil, nil, err
		}
	}
	if !slices.ContainsFunc(l.Rungs, func(r scenario.Rung) bool { return r.Arm != "" }) {
		return l, gateway.DeclaredFacts(l), make([]gateway.Speed, len(l.Rungs)), nil
	}
	dir := l.Measured
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(filepath.Dir(file), dir)
	}
	set, err := record.Read(dir)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("%w; %w", l.Problem("measured", fmt.Sprintf("%q", l.Measured), "a run directory, relative to the file", ""), err)
	}
	study, err := analysis.Analyse(set, analysis.Options{Seed: set.Run.Seed})
	if err != nil {
		return nil, nil, nil, err
	}
	facts, speeds, err := gateway.Measured(l, set, study)
	return l, facts, speeds, err
}

// serveLadder runs a gateway until ctx ends.
func serveLadder(ctx context.Context, w, werr io.Writer, o serveOptions) (err error) {
	l, facts, speeds, err := readLadder(o.ladder.file, o.ladder.rungs)
	if err != nil {
		return err
	}
	if err := checkModels(l); err != nil {
		return err
	}
	if o.ladder.wait {
		l = l.Waiting()
	}
	if o.ladder.dryRun {
		return printLadder(w, l, facts)
	}
	keys, err := o.apiKeys(os.Getenv(keysVariable))
	if err != nil {
		return err
	}
	executable, err := os.Executable()
	if err != nil {
		return environment(err)
	}
	listener, err := net.Listen("tcp", o.address)
	if err != nil {
		return environment(fmt.Errorf("serve: %w", err))
	}
	defer listener.Close()
	trace, closeTrace, err := ladderTrace(o.ladder.trace)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeTrace()) }()
	log := newLogger(werr, o.logFormat, o.logLevel)
	g, err := gateway.New(l, gateway.Config{Facts: facts, Teams: teams(keys), Version: version(), MaxBody: o.maxBody, Logger: log, Trace: trace})
	if err != nil {
		return err
	}
	for i, s := range speeds {
		if s.Step > 0 {
			g.Seed(i, s.Step, s.Prefill)
		}
	}
	fmt.Fprintf(w, "%shttp://%s\n", target.Announcement, listener.Addr())
	return runLadder(ctx, g, gateway.Servers{Executable: executable, Key: os.Getenv, Log: werr, Client: gateway.NewClient(), Patience: readyPatience}, listener, log)
}

// readyPatience is how long a ladder's process may take to be ready before others are served without it.
const readyPatience = time.Minute

// runLadder serves while the ladder's processes run. They end after the last answer.
func runLadder(ctx context.Context, g *gateway.Gateway, s gateway.Servers, l net.Listener, log *slog.Logger) error {
	h := &http.Server{Handler: g, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}
	processes, stop := context.WithCancel(context.WithoutCancel(ctx))
	serving, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	wait := make(chan func(), 1)
	go func() {
		w, err := s.Run(processes, g)
		wait <- w
		if err != nil {
			fail(environment(err))
		}
	}()
	err := gateway.Serve(serving, h, func() error { return h.Serve(l) }, drainTime)
	stop()
	(<-wait)()
	if cause := context.Cause(serving); err == nil && cause != nil && ctx.Err() == nil {
		return cause
	}
	return err
}

// teams are those of API keys, nil where none are asked for.
func teams(keys []server.APIKey) map[string]string {
	if len(keys) == 0 {
		return nil
	}
	all := map[string]string{}
	for _, k := range keys {
		all[k.Key] = k.Client.Tenant
	}
	return all
}

func ladderTrace(path string) (io.Writer, func() error, error) {
	if path == "" {
		return nil, func() error { return nil }, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, nil, environment(fmt.Errorf("serve: --ladder-trace: %w", err))
	}
	return f, f.Close, nil
}

// checkModels opens the models of a ladder, so that one that is not there is known before anything is started.
func checkModels(l *scenario.Ladder) error {
	var errs []error
	for i, r := range l.Rungs {
		for key, path := range map[string]string{"model": r.Model, "engine.draft_model": r.Engine.DraftModel} {
			if path == "" || r.Model == "" {
				continue
			}
			f, err := openFile(l.Resolve(path))
			if err != nil {
				errs = append(errs, l.Problem(l.Key(i, key), err.Error(), "a model that can be opened", ""))
				continue
			}
			errs = append(errs, f.Close())
		}
	}
	return errors.Join(errs...)
}

// printLadder says what a ladder is and what would be started.
func printLadder(w io.Writer, l *scenario.Ladder, facts []record.LadderRung) error {
	fmt.Fprintf(w, "%s: %s, first token within %v", l.Name, count(len(l.Rungs), "rung"), l.SLO.TTFT)
	if l.SLO.TPOT > 0 {
		fmt.Fprintf(w, ", %v per token", l.SLO.TPOT)
	}
	if l.SLO.E2E > 0 {
		fmt.Fprintf(w, ", all of it within %v", l.SLO.E2E)
	}
	fmt.Fprintln(w)
	for i, r := range l.Rungs {
		fmt.Fprintf(w, "\n%3d  %s: %s\n", i+1, r.Name, facts[i].Deployment)
		fmt.Fprintf(w, "     %s\n", factsText(facts[i], l.Currency))
		switch {
		case r.Model != "":
			fmt.Fprintf(w, "     starts assay serve %s\n", strings.Join(gateway.Args(l, r), " "))
		case r.Like == "":
			fmt.Fprintf(w, "     starts nothing; asks %s\n", strings.Join(r.URLs, ", "))
		}
	}
	fmt.Fprintf(w, "\n%3d  refuse, with Retry-After of %v to %v\n", len(l.Rungs)+1, l.Refuse.Least, l.Refuse.Most)
	for _, t := range l.Teams {
		fmt.Fprintf(w, "\nteam %s: degraded %s, no lower than %s; late requests: %s", t.Name, t.Degrade, l.Rungs[t.Floor].Name, t.Late)
	}
	if len(l.Teams) > 0 {
		fmt.Fprintln(w)
	}
	if s := l.Spend; s.PerHour != "" || s.PerDay != "" {
		fmt.Fprintf(w, "\nspend cap: %s an hour, %s a day, in %s\n", orNone(s.PerHour), orNone(s.PerDay), l.Currency)
	}
	return nil
}

func orNone(s string) string {
	if s == "" {
		return "no bound"
	}
	return s
}

// factsText words what is known of a rung, and by whom.
func factsText(f record.LadderRung, currency string) string {
	var parts []string
	if f.QualityLoss != nil {
		parts = append(parts, fmt.Sprintf("quality loss %.2g%% (%s)", 100**f.QualityLoss, f.Loss))
	}
	if f.Rate > 0 {
		parts = append(parts, fmt.Sprintf("holds %.3g requests/s", f.Rate))
	}
	source := "nothing of it is measured"
	switch {
	case f.Declared && len(parts) > 0:
		source = "declared: " + f.Source
	case len(parts) > 0:
		source = "measured in " + f.Source
	}
	parts = append(parts, source)
	if f.PriceOutput != "" {
		parts = append(parts, fmt.Sprintf("costs %s in and %s %s out per million tokens", f.PriceInput, f.PriceOutput, currency))
	}
	return strings.Join(parts, "; ")
}
