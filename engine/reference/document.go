package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"
	"text/template"
)

//go:embed document.md.tmpl
var page string

// document is the results as docs/reference.md shows them.
func (r *Results) document() ([]byte, error) {
	t, err := template.New("reference").Funcs(template.FuncMap{
		"percent":   func(v float64) string { return fmt.Sprintf("%.2f", 100*v) },
		"signed":    func(v float64) string { return fmt.Sprintf("%+.3f", 100*v) },
		"fixed":     func(v float64) string { return fmt.Sprintf("%.4f", v) },
		"small":     func(v float64) string { return fmt.Sprintf("%.1e", v) },
		"change":    func(v float64) string { return fmt.Sprintf("%+.4f", v) },
		"relative":  func(now, then float64) string { return fmt.Sprintf("%+.0f", 100*(now/then-1)) },
		"thousands": thousands,
		"same": func(b *bool) string {
			switch {
			case b == nil:
				return ""
			case *b:
				return "yes"
			}
			return "no"
		},
	}).Parse(page)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, map[string]any{
		"Results": r, "Sections": r.sections(), "Requirement": requirement, "Broken": r.broken(),
		"GreedyTokens": greedyTokens, "Length": chunkTokens, "Scored": chunkTokens - 1 - chunkTokens/2,
		"FloatPerplexity": 100 * floatPerplexity, "QuantizedPerplexity": 100 * quantizedPerplexity,
		"ExactKL": exactKL, "HalfKL": halfKL, "QuantizedKL": quantizedKL, "MinGreedy": minGreedyPrompts,
	})
	return b.Bytes(), err
}

// section is a model's rows.
type section struct {
	Model, Text    string
	Chunks, Scored int
	Rows           []documentRow
	Search         []Search
}

type documentRow struct {
	Row
	Label      string
	Difference float64
	Redo       string // the name that -only takes
}

func (r *Results) sections() []section {
	var all []section
	for _, s := range subjects {
		out := section{Model: s.name, Text: s.text, Chunks: s.chunks, Scored: s.chunks * (chunkTokens - 1 - chunkTokens/2)}
		for _, row := range r.Rows {
			if row.Model == s.name {
				out.Rows = append(out.Rows, documentRow{row, row.label(), row.difference(), row.job()})
			}
		}
		for _, v := range r.Search {
			if v.Model == s.name {
				out.Search = append(out.Search, v)
			}
		}
		if len(out.Rows)+len(out.Search) > 0 {
			all = append(all, out)
		}
	}
	return all
}

// label names a row's file in a few words.
func (r Row) label() string {
	label := r.Format
	switch {
	case r.Cache != "f32":
		return label + ", llama.cpp's default cache"
	case r.Made == "as shipped":
		return label + " (as shipped)"
	}
	return label
}

// thousands groups digits.
func thousands(n int) string {
	text := fmt.Sprint(n)
	var groups []string
	for len(text) > 3 {
		groups = append([]string{text[len(text)-3:]}, groups...)
		text = text[:len(text)-3]
	}
	return strings.Join(append([]string{text}, groups...), ",")
}
