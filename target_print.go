package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/sweep"
	"github.com/assaylab/assay/experiments/system"
	"github.com/assaylab/assay/experiments/target"
	"github.com/assaylab/assay/reports/table"
)

// listTargets prints all systems, or the targets of a scenario.
func listTargets(ctx context.Context, w io.Writer, args []string, asJSON bool) error {
	if len(args) > 0 {
		s, err := scenario.Load(args[0])
		if err != nil {
			return err
		}
		return listOf(w, s, asJSON)
	}
	all := []checked{}
	for _, k := range system.Kinds() {
		if !k.Started {
			all = append(all, checked{Target: k.Name, System: k.Name, Title: k.Title, Dialects: dialectsOf(k), Missing: []string{}, Notes: []string{"it is given by its URL: assay target check URL"}})
			continue
		}
		all = append(all, started(ctx, k.Name, target.Launch{Kind: k, Dir: trialFiles, Served: servedHere(""), Client: &http.Client{}}, nil))
	}
	if asJSON {
		return printJSON(w, all)
	}
	t := table.Table{Columns: []table.Column{{Title: "system"}, {Title: "is"}, {Title: "installed"}, {Title: "version"}, {Title: "dialects"}}}
	for _, c := range all {
		dialects := strings.Join(c.Dialects, " ")
		if c.System == system.Server {
			dialects = "all"
		}
		t.Rows = append(t.Rows, listRow(c.System, c.Title, installedText(c), cmp.Or(c.Version, "-"), dialects))
	}
	if err := t.Text(w); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, "\nassay target check NAME says what is missing of one, and how to get it.")
	return err
}

func listRow(texts ...string) table.Row {
	var cells []table.Cell
	for _, t := range texts {
		cells = append(cells, table.Text(t))
	}
	return table.Row{Cells: cells}
}

// installedText says whether a system is there and could start.
func installedText(c checked) string {
	switch {
	case c.System == system.Server:
		return "by URL"
	case c.Installed == "":
		return "no"
	case len(c.Missing) > 0:
		return "in part"
	}
	return "yes"
}

// listedTarget is a target as a scenario has it.
type listedTarget struct {
	Target   string        `json:"target"`
	System   string        `json:"system"`
	Dialect  string        `json:"dialect"`
	Path     string        `json:"path,omitempty"`
	URL      string        `json:"url,omitempty"`
	Model    string        `json:"model,omitempty"`
	Settings system.Values `json:"settings,omitempty"`
	Swept    []string      `json:"swept,omitempty"`
}

// listOf prints the targets of a scenario.
func listOf(w io.Writer, s *scenario.Scenario, asJSON bool) error {
	all := []listedTarget{}
	for _, x := range s.Targets {
		all = append(all, listedTarget{x.Name, x.System.Name, x.Dialect.Name, x.Path, x.URL, x.Model, x.Settings, sweptNames(x)})
	}
	if asJSON {
		return printJSON(w, all)
	}
	if s.Included {
		fmt.Fprintln(w, "The included engine is measured, too.")
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(w, "There is no [[target]].")
		return err
	}
	t := table.Table{Columns: []table.Column{{Title: "target"}, {Title: "system"}, {Title: "of"}, {Title: "dialect"}, {Title: "settings"}, {Title: "swept"}}}
	for i, x := range all {
		var settings []string
		for _, name := range x.Settings.Names(s.Targets[i].System) {
			settings = append(settings, name+"="+x.Settings[name])
		}
		t.Rows = append(t.Rows, listRow(x.Target, x.System, x.Path+x.URL, x.Dialect, cmp.Or(strings.Join(settings, " "), "-"), cmp.Or(strings.Join(x.Swept, " "), "-")))
	}
	return t.Text(w)
}

// printTargetsChecked prints what was found, a block for each target.
func printTargetsChecked(w io.Writer, all []checked) error {
	var b strings.Builder
	for i, c := range all {
		if i > 0 {
			b.WriteByte('\n')
		}
		c.print(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (c checked) print(b *strings.Builder) {
	line := func(name, text string) {
		if text != "" {
			fmt.Fprintf(b, "  %-9s  %s\n", name, text)
		}
	}
	fmt.Fprintf(b, "%s: %s\n", c.Target, strings.TrimSpace(c.Title+" "+c.Version))
	line("at", c.URL)
	if c.URL == "" {
		line("installed", cmp.Or(c.Installed, "no"))
		line("version", cmp.Or(c.Version, "not known before it runs"))
	}
	line("dialects", strings.Join(c.Dialects, " "))
	line("would run", sweep.CommandLine(c.Would))
	line("swept", strings.Join(c.Swept, " "))
	if c.Server != nil {
		c.printServer(b, line)
	}
	for _, m := range c.Missing {
		line("missing", m)
	}
	for _, n := range c.Notes {
		line("note", n)
	}
}

func (c checked) printServer(b *strings.Builder, line func(name, text string)) {
	var models []string
	for _, m := range c.Server.Models {
		text := m.Name
		if m.Context > 0 {
			text += fmt.Sprintf(" (%d tokens)", m.Context)
		}
		models = append(models, text)
	}
	line("models", cmp.Or(shortList(models), "none listed"))
	if c.Server.Requests > 0 {
		line("asked", fmt.Sprintf("%s of %s, %d tokens at most", count(c.Server.Requests, "request"), c.Server.Model, c.Server.Tokens))
	}
	for _, f := range c.Server.Features {
		fmt.Fprintf(b, "  %-16s  %-9s  %s\n", f.Name, f.Answer, f.Why)
	}
}

// shortList names the first few.
func shortList(all []string) string {
	const most = 5
	if len(all) > most {
		return strings.Join(all[:most], ", ") + fmt.Sprintf(", and %d more", len(all)-most)
	}
	return strings.Join(all, ", ")
}
