package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"
	"text/template"

	"github.com/assaylab/assay/engine/internal/llamacpp"
)

//go:embed document.md.tmpl
var page string

// notes are written by hand: what explains a target that is missed, and what was tried.
//
//go:embed notes.md
var notes string

// document is the results as docs/benchmarks.md shows them.
func (r *Results) document() ([]byte, error) {
	t, err := template.New("benchmarks").Funcs(template.FuncMap{
		"figure":    figure,
		"share":     func(s Speed) string { return shareOf(s) },
		"gigabytes": func(n int64) string { return fmt.Sprintf("%.0f GB", float64(n)/1e9) },
		"join":      func(list []string, by string) string { return strings.Join(list, by) },
		"cell":      func(s string) string { return strings.NewReplacer("|", "\\|", "\n", " ").Replace(s) },
		"known":     func(s Speed) bool { return s.Rate.Known() },
		"times": func(a, b Speed) string {
			if x := ratio(a, b); x > 0 {
				return fmt.Sprintf("%.2fx", x)
			}
			return "-"
		},
	}).Parse(page)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, map[string]any{
		"Machines": r.sections(), "Requirement": llamacpp.Requirement, "OverOther": overOther, "OpenVINO": openvinoRequirement,
		"Large": largeInWords(), "Notes": strings.TrimSpace(notes), "Default": llamaDefault,
	})
	return b.Bytes(), err
}

func largeInWords() string {
	return fmt.Sprintf("%d layers of %d columns, %d heads on %d, %d wide in between, a vocabulary of %d",
		llamaLayers, llamaDim, llamaHeads, llamaKVHeads, llamaFFN, llamaVocab)
}

// figure is a speed with its range.
func figure(s Speed) string {
	f := s.Rate
	if !f.Known() {
		return "-"
	}
	return fmt.Sprintf("%s [%s-%s]", digits(f.Median), digits(f.Min), digits(f.Max))
}

func digits(x float64) string {
	if x >= 100 {
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%.1f", x)
}

func shareOf(s Speed) string {
	if !s.Share.Known() {
		return ""
	}
	return fmt.Sprintf("%.0f %% (%s)", 100*s.Share.Median, s.Bound)
}

// section is a machine's part of the document.
type section struct {
	*Machine
	Parts []part
	Date  string
}

// part is a column's.
type part struct {
	Column   column
	Verdicts []verdictLine
	Met, Of  int
	Missing  int // not measured
	Measured []Measured
}

type verdictLine struct {
	verdict
	Wanted, Words string
}

func (r *Results) sections() []section {
	var all []section
	for _, m := range r.Machines {
		s := section{Machine: m, Date: m.Date}
		for _, c := range columns(m.Class) {
			p := part{Column: c}
			for _, row := range rows {
				v := judge(m, c, row)
				p.Verdicts = append(p.Verdicts, verdictLine{v, v.wanted(), v.words()})
				p.Of++
				switch {
				case v.met():
					p.Met++
				case !v.measured():
					p.Missing++
				}
			}
			for _, x := range m.Measured {
				if x.Column == c.Name {
					p.Measured = append(p.Measured, x)
				}
			}
			s.Parts = append(s.Parts, p)
		}
		all = append(all, s)
	}
	return all
}

// Title says what a column is.
func (p part) Title() string {
	if p.Column.Name == "native" {
		return "As it is: " + string(p.Column.Class)
	}
	return "Held down to " + string(p.Column.Class)
}

// Lines are a measurement's engines and tests, flat.
func (m Measured) Lines() []detail {
	var all []detail
	for _, e := range m.Engines {
		if e.Error != "" {
			all = append(all, detail{Engine: e.Engine, Configuration: e.Configuration, Error: e.Error})
		}
		for _, s := range e.Speeds {
			all = append(all, detail{e.Engine, e.words(), "", s})
		}
	}
	return all
}

// words are a configuration, with what is unusual about its rounds.
func (t Tested) words() string {
	if t.Rounds == 0 {
		return t.Configuration
	}
	return fmt.Sprintf("%s, %d rounds", t.Configuration, t.Rounds)
}

type detail struct {
	Engine, Configuration, Error string
	Speed                        Speed
}
