package scenario

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/assaylab/assay/analysis/strict"
)

// largestFile bounds what is read of a file that is written by hand.
const largestFile = 1 << 20

// Load reads a scenario file and gives keys of it other values first: edits are KEY=VALUE, see Edit. The error
// holds every problem of the file; Problems unpacks it. Lines are those of the text after the edits.
func Load(path string, edits ...string) (*Scenario, error) {
	text, err := readText(path, "a scenario")
	if err != nil {
		return nil, err
	}
	edited := string(text)
	for _, e := range edits {
		key, value, ok := strings.Cut(e, "=")
		if !ok {
			return nil, fmt.Errorf("%q, expected KEY=VALUE, such as engine.threads=2", e)
		}
		if edited, err = Edit(edited, strings.TrimSpace(key), value); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	s, err := Parse(path, []byte(edited))
	if err != nil {
		return nil, err
	}
	if err := s.ReadFiles(); err != nil {
		return nil, err
	}
	return s, nil
}

// readText reads a file that is written by hand; what says what it is to hold, as in "a scenario".
func readText(path, what string) ([]byte, error) {
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &strict.Problem{File: path, Found: "no such file", Expected: what + " in TOML"}
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", strings.TrimPrefix(what, "a "), err)
	case len(text) > largestFile:
		return nil, &strict.Problem{File: path, Found: fmt.Sprintf("%d bytes", len(text)), Expected: fmt.Sprintf("at most %d", largestFile)}
	}
	return text, nil
}

// ReadFiles reads the traces, the observed lengths, the prices and the ladder that the scenario names, which Load does and Parse does not.
func (s *Scenario) ReadFiles() error {
	return errors.Join(s.readTraces(), s.readLengths(), s.readPrices(), s.readLadder())
}

// Parse reads a scenario from text; file names it in messages and is what relative
// paths are relative to.
func Parse(file string, text []byte) (*Scenario, error) {
	t, err := decode(file, text)
	if err != nil {
		return nil, err
	}
	r := t.reader
	sum := sha256.Sum256(text)
	s := &Scenario{File: file, Text: text, SHA256: hex.EncodeToString(sum[:]), where: r.where}
	r.scenario(s, t)
	if len(r.problems) > 0 {
		return nil, strict.Join(r.problems)
	}
	return s, nil
}

// decode is the tables of a text, to be read; file names it in messages.
func decode(file string, text []byte) (*table, error) {
	values, where, err := strict.Decode(file, text)
	if err != nil {
		return nil, err
	}
	return &table{reader: &reader{file: file, where: where}, values: values}, nil
}

// CheckFiles reports the texts and models that the scenario names and that cannot
// be opened. It is apart from Load, because a model may be fetched later; what targets load, which may be made later still, is
// held against the disk by CheckTargets.
func (s *Scenario) CheckFiles() error {
	var problems []*strict.Problem
	check := func(key, path string) {
		if path == "" || byName(path) {
			return
		}
		full := s.Resolve(path)
		info, err := os.Stat(full)
		switch {
		case err != nil:
			problems = append(problems, s.Problem(key, fmt.Sprintf("no readable file %q", full), "a file, relative to the scenario's directory", ""))
		case info.IsDir():
			problems = append(problems, s.Problem(key, fmt.Sprintf("directory %q", full), "a file", ""))
		}
	}
	check("model.path", s.Model)
	check("engine.draft_model", s.Engine.DraftModel)
	s.eachDraft(check)
	for i, l := range s.Loads {
		check(strict.Element("load", i)+".text", l.Text)
		problems = append(problems, s.checkCorpora(strict.Element("load", i), l)...)
	}
	if s.Quality != nil {
		check("quality.text", s.Quality.Text)
	}
	if s.Outputs != nil {
		check("outputs.text", s.Outputs.Text)
	}
	for _, k := range s.Tasks {
		check(k.Key+".file", k.File)
	}
	return strict.Join(problems)
}

// eachDraft visits the draft models of axes and listed arms with their keys.
func (s *Scenario) eachDraft(visit func(key, path string)) {
	for _, a := range s.Sweep.Axes {
		for i, o := range a.Values {
			if a.Name == "draft_model" {
				visit(strict.Element("sweep.axes.draft_model", i), o.Value)
			}
		}
	}
	for i, a := range s.Sweep.Arms {
		for _, o := range a.Overrides {
			if o.Setting.Name == "draft_model" {
				visit(strict.Element("sweep.arm", i)+".draft_model", o.Value)
			}
		}
	}
}

// DraftModels lists the distinct draft models that the scenario names, as written.
func (s *Scenario) DraftModels() []string {
	seen := map[string]bool{"": true}
	var all []string
	visit := func(_, path string) {
		if !seen[path] {
			seen[path] = true
			all = append(all, path)
		}
	}
	visit("", s.Engine.DraftModel)
	s.eachDraft(visit)
	return all
}
