package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strings"
	"text/template"
	"time"
)

// Where results go, below the repository's root.
const (
	resultsFile  = "loadgen/rivals/testdata/results.json"
	documentFile = "docs/cross-check.md"
)

// results is what the latest runs of both subcommands found.
type results struct {
	Streams struct {
		Date  string          `json:"date"`
		GapMS float64         `json:"gap_ms"`
		Rows  []streamsResult `json:"rows"`
	} `json:"streams"`
	Agree struct {
		Date string      `json:"date"`
		Rows []agreement `json:"rows"`
	} `json:"agree"`
}

// load reads the results; there are none at first.
func loadResults() (r results, err error) {
	raw, err := os.ReadFile(resultsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &r)
	}
	if err != nil {
		return r, fmt.Errorf("%s: %w", resultsFile, err)
	}
	return r, nil
}

// keep changes the results and writes the document anew.
func keep(change func(*results)) error {
	r, err := loadResults()
	if err != nil {
		return err
	}
	change(&r)
	if err := writeJSON(resultsFile, r); err != nil {
		return err
	}
	return write(r)
}

// page writes the document from the results that are there.
func page(_ context.Context, _ io.Reader, _, werr io.Writer, args []string) error {
	if err := parse(flag.NewFlagSet("page", flag.ContinueOnError), werr, args, 0); err != nil {
		return err
	}
	r, err := loadResults()
	if err != nil {
		return err
	}
	return write(r)
}

//go:embed document.md.tmpl
var document string

func write(r results) error {
	text, err := render(r)
	if err != nil {
		return err
	}
	return os.WriteFile(documentFile, []byte(text), 0o644)
}

// threeDigits has as many significant digits, and all before the point.
func threeDigits(x float64) string {
	if math.Abs(x) >= 100 {
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%.3g", x)
}

func render(r results) (string, error) {
	var b strings.Builder
	t, err := template.New("document").Funcs(template.FuncMap{
		"ms":      func(ns float64) string { return threeDigits(ns / ms) },
		"percent": func(share float64) string { return fmt.Sprintf("%+.1f %%", 100*share) },
		"share":   func(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) },
		"kib":     func(bytes int64) string { return fmt.Sprintf("%d KiB", bytes>>10) },
		"number":  func(x float64) string { return fmt.Sprintf("%.2f", x) },
		"digits":  threeDigits,
		"kept": func(row streamsResult) string {
			if row.kept(time.Duration(r.Streams.GapMS * ms)) {
				return "yes"
			}
			return "no"
		},
		"versions": func() (all []tool) { return tools() },
		"lines":    agreement.lines,
	}).Parse(document)
	if err != nil {
		return "", err
	}
	err = t.Execute(&b, r)
	return b.String(), err
}
