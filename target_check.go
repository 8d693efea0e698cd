package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis/near"
	"github.com/assaylab/assay/experiments/offers"
	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/system"
	"github.com/assaylab/assay/experiments/target"
	"github.com/assaylab/assay/loadgen/dialect"
)

// checked is what was found of one target.
type checked struct {
	Target    string   `json:"target"`
	System    string   `json:"system"`
	Title     string   `json:"title"`
	Installed string   `json:"installed,omitempty"` // the executable, of what the lab starts
	Version   string   `json:"version"`             // "" where it is not known
	Dialects  []string `json:"dialects"`
	Would     []string `json:"would_run,omitempty"`
	Swept     []string `json:"swept,omitempty"` // settings that have other values in other arms
	Missing   []string `json:"missing"`
	Notes     []string `json:"notes"`

	URL    string         `json:"url,omitempty"`
	Server *offers.Report `json:"server,omitempty"` // of what is there
}

// started looks for what the lab starts.
func started(ctx context.Context, name string, l target.Launch, swept []string) checked {
	f := target.Probe(ctx, l)
	c := checked{Target: name, System: l.Kind.Name, Title: l.Kind.Title, Installed: f.Executable, Version: f.Version, Dialects: dialectsOf(l.Kind),
		Would: f.Would, Swept: swept, Missing: noneOf(f.Missing), Notes: noneOf(f.Notes)}
	if c.Would == nil {
		c.Would = l.CommandLine()
	}
	if why := l.Kind.Refuses(l.Values, f.Version); why != "" && len(swept) == 0 { // a sweep may give other values
		c.Missing = append(c.Missing, why)
	}
	if l.Model == "" {
		c.Notes = append(c.Notes, "what it loads is not named: give --path, or check the target of a scenario")
	}
	return c
}

// noneOf is a list that is written as [] where it is empty.
func noneOf(all []string) []string {
	if all == nil {
		return []string{}
	}
	return all
}

func dialectsOf(k system.Kind) []string {
	if k.Dialects == nil {
		return dialect.Names()
	}
	return k.Dialects
}

// checkURL asks a server that no scenario names.
func checkURL(ctx context.Context, address string, o checkOptions) (checked, error) {
	k, ok := dialect.Named(o.dialect)
	if !ok {
		hint := near.Suggestion(o.dialect, dialect.Names())
		return checked{}, fmt.Errorf("target check: --dialect: found %q, expected one of %s%s", o.dialect, strings.Join(dialect.Names(), ", "), beginWith("; ", hint))
	}
	variable := o.keyVariable
	if variable == "" {
		variable = k.KeyVariable
	}
	key, err := dialect.NewKey(os.Getenv(variable))
	if err != nil {
		return checked{}, fmt.Errorf("target check: %s: %w", variable, err)
	}
	r, err := target.NewRemote(address, k, key)
	if err != nil {
		return checked{}, fmt.Errorf("target check: %w", err)
	}
	return asked(ctx, r.Base, r, o.model, o.yes), nil
}

// checkStanding asks the server that a scenario's target names.
func checkStanding(ctx context.Context, x *scenario.Target, o checkOptions) (checked, error) {
	key, err := keyOf(x)
	if err != nil {
		return checked{}, err
	}
	r, err := target.NewRemote(x.URL, x.Dialect, key)
	if err != nil {
		return checked{}, err
	}
	return asked(ctx, x.Name, r, x.Model, o.yes), nil
}

// asked asks a server what it is, and, where that costs nothing or is agreed to, what it supports.
func asked(ctx context.Context, name string, r *target.Remote, model string, yes bool) checked {
	c := checked{Target: name, System: system.Server, Title: "a server that is there", Dialects: []string{r.Kind.Name}, URL: r.Base, Missing: []string{}, Notes: []string{}}
	s := offers.Server{Base: r.Base, Kind: r.Kind, Key: r.Key, Model: model, Client: &http.Client{CheckRedirect: target.SameServer}}
	report, err := offers.Identify(ctx, s, r.Provider())
	if err != nil {
		c.Missing = append(c.Missing, err.Error())
		return c
	}
	if s.Framed() {
		c.Notes = append(c.Notes, "a gRPC port tells nothing of itself: check the server's HTTP port, with another dialect of its")
		return c
	}
	c.Server, c.Version = report, report.Version
	if report.Title != "" {
		c.Title = report.Title
	}
	if model != "" && len(report.Models) > 0 && !slices.ContainsFunc(report.Models, func(m offers.Model) bool { return m.Name == model }) {
		c.Missing = append(c.Missing, fmt.Sprintf("it does not list the model %q", model))
		return c
	}
	if (r.Paid() || report.Forwards) && !yes {
		c.Notes = append(c.Notes, fmt.Sprintf("no text was asked for, because it may cost money: --yes sends up to %d requests for %d tokens in all", offers.MostRequests, offers.MostTokens))
		return c
	}
	if err := offers.Try(ctx, s, report); err != nil {
		c.Missing = append(c.Missing, err.Error())
	}
	return c
}
