package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/assaylab/assay/analysis/near"
	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/system"
	"github.com/assaylab/assay/experiments/target"
)

func newTarget() *cobra.Command {
	c := &cobra.Command{
		Use:   "target",
		Short: "List the systems that can be measured, and check what is missing of one",
		Long: `Target is about what a scenario's [[target]] tables name: systems that are started beside
the included engine, and servers that are there. docs/targets.md says what they are and
what of them has been run where.`,
		Example: `  assay target list
  assay target check vllm
  assay target check http://127.0.0.1:8000`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newTargetList(), newTargetCheck())
	return c
}

func newTargetList() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "list [SCENARIO]",
		Short: "List systems, whether they are installed, and their dialects",
		Long: `List prints every system that can be a target: whether it is installed here, in which
version, and the dialects that it is spoken to in. With a scenario it prints that one's
targets. Nothing is started.`,
		Example: `  assay target list
  assay target list scenarios/quickstart.toml --json`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError(c, "unexpected argument %q", args[1])
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return listTargets(c.Context(), c.OutOrStdout(), args, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "everything as JSON")
	c.ValidArgsFunction = completeScenarios
	return c
}

// checkOptions are the flags of target check.
type checkOptions struct {
	dialect, model, path, keyVariable string
	set                               []string
	yes, json                         bool
}

func newTargetCheck() *cobra.Command {
	var o checkOptions
	c := &cobra.Command{
		Use:   "check NAME|SCENARIO[:TARGET]|URL",
		Short: "Say what is installed of a target, what would be run, and what is missing",
		Long: `Check looks for one target, or all of a scenario, and says what is installed, in which
version, what would be run and which files would be written, and what is missing and how
to get it. NAME is a system of target list; SCENARIO:TARGET one target of a file.

A server that is there is asked what it is and what it serves, and gets up to ten short
requests that show what it supports: streaming, token counts, ignore_eos, seeds and
log-probabilities. One that may cost money gets them with --yes alone.

Exit code 4: something is missing, or the server does not answer.`,
		Example: `  assay target check vllm --path models/qwen
  assay target check scenarios/quickstart.toml
  assay target check http://127.0.0.1:8000 --dialect completions --json`,
		Args: arguments("NAME|SCENARIO[:TARGET]|URL"),
		RunE: func(c *cobra.Command, args []string) error {
			return checkTarget(c.Context(), c.OutOrStdout(), args[0], o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.path, "path", "", "with NAME: what the system would load")
	f.StringArrayVar(&o.set, "set", nil, "with NAME: KEY=VALUE, a setting of the system; may be repeated")
	f.StringVar(&o.dialect, "dialect", "chat", "with URL: how the server is spoken to")
	f.StringVar(&o.model, "model", "", "with URL: model to ask (default: the first that is listed)")
	f.StringVar(&o.keyVariable, "api-key-env", "", "with URL: environment variable with the API key (default: by dialect)")
	f.BoolVar(&o.yes, "yes", false, "send the short requests although they may cost money")
	f.BoolVar(&o.json, "json", false, "everything as JSON")
	c.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return startedSystems(), cobra.ShellCompDirectiveDefault
	}
	return c
}

func completeScenarios(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"toml"}, cobra.ShellCompDirectiveFilterFileExt
}

// startedSystems are the names of systems that the lab starts.
func startedSystems() (names []string) {
	for _, k := range system.Kinds() {
		if k.Started {
			names = append(names, k.Name)
		}
	}
	return names
}

// checkTarget decides what is meant, and checks it.
func checkTarget(ctx context.Context, w io.Writer, what string, o checkOptions) error {
	all, err := examined(ctx, what, o)
	if err != nil {
		return err
	}
	if o.json {
		err = printJSON(w, all)
	} else {
		err = printTargetsChecked(w, all)
	}
	var short []string
	for _, c := range all {
		if len(c.Missing) > 0 {
			short = append(short, fmt.Sprintf("%s: %s missing", c.Target, map[bool]string{true: "something is", false: fmt.Sprintf("%d things are", len(c.Missing))}[len(c.Missing) == 1]))
		}
	}
	if err == nil && short != nil {
		err = environment(fmt.Errorf("target check: %s", strings.Join(short, "; ")))
	}
	return err
}

// examined checks a URL, a scenario's targets, or a system by its name.
func examined(ctx context.Context, what string, o checkOptions) ([]checked, error) {
	if strings.Contains(what, "://") {
		c, err := checkURL(ctx, what, o)
		return []checked{c}, err
	}
	if k, ok := system.Named(what); ok {
		c, err := checkSystem(ctx, k, o)
		return []checked{c}, err
	}
	file, name := what, ""
	if _, err := os.Stat(file); err != nil {
		if i := strings.LastIndexByte(what, ':'); i > 0 {
			file, name = what[:i], what[i+1:]
		}
	}
	if _, err := os.Stat(file); err != nil && !strings.HasSuffix(file, ".toml") {
		hint := near.Suggestion(what, startedSystems())
		return nil, fmt.Errorf("target check: %q is neither a system (%s), nor a scenario file, nor a URL%s", what, strings.Join(startedSystems(), ", "), beginWith("; ", hint))
	}
	return checkScenario(ctx, file, name, o)
}

func beginWith(separator, text string) string {
	if text == "" {
		return ""
	}
	return separator + text
}

// checkSystem looks for a system by its name, without a scenario.
func checkSystem(ctx context.Context, k system.Kind, o checkOptions) (checked, error) {
	if !k.Started {
		return checked{}, errors.New("target check: a server that is there is checked by its URL, as http://127.0.0.1:8000")
	}
	values := system.Values{}
	for _, pair := range o.set {
		name, text, ok := strings.Cut(pair, "=")
		if !ok {
			return checked{}, fmt.Errorf("target check: --set: found %q, expected KEY=VALUE", pair)
		}
		value, err := k.ParseText(name, text)
		if err != nil {
			return checked{}, fmt.Errorf("target check: --set: %w", err)
		}
		values[name] = value
	}
	l := target.Launch{Kind: k, Values: values, Model: o.path, Served: servedHere(o.model), Dir: trialFiles, Client: &http.Client{}}
	return started(ctx, k.Name, l, nil), nil
}

// trialFiles stands for the folder of a trial that a system's own files are written to.
const trialFiles = "TRIAL/deployment"

// servedHere is what a started system calls its model where nothing else is said.
func servedHere(name string) string {
	if name == "" {
		return "model"
	}
	return name
}

// checkScenario checks a scenario's targets, or the one of a name.
func checkScenario(ctx context.Context, file, name string, o checkOptions) ([]checked, error) {
	s, err := scenario.Load(file)
	if err != nil {
		return nil, err
	}
	var all []checked
	var names []string
	for _, x := range s.Targets {
		names = append(names, x.Name)
		if name != "" && x.Name != name {
			continue
		}
		if x.System.Started {
			l := target.Launch{Kind: x.System, Values: x.Settings, Model: s.Resolve(x.Path), Served: servedHere(x.Model), Command: x.Command,
				Dir: trialFiles, Client: &http.Client{}}
			all = append(all, started(ctx, x.Name, l, sweptNames(x)))
			continue
		}
		c, err := checkStanding(ctx, x, o)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	switch {
	case len(names) == 0:
		return nil, fmt.Errorf("target check: %s has no [[target]]: it measures the included engine", filepath.Base(file))
	case len(all) == 0:
		return nil, fmt.Errorf("target check: %s has no target %q, expected one of %s%s", file, name, strings.Join(names, ", "), beginWith("; ", near.Suggestion(name, names)))
	}
	return all, nil
}

// sweptNames are the settings that a target's sweep varies.
func sweptNames(x *scenario.Target) (names []string) {
	for _, a := range x.Sweep.Axes {
		names = append(names, a.Name)
	}
	return names
}
