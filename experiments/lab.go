package experiments

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/engine/checkpoint"
	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/experiments/exam"
	"github.com/assaylab/assay/experiments/host"
	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/sweep"
	"github.com/assaylab/assay/loadgen/dialect"
)

// Lab runs scenarios on this machine.
type Lab struct {
	Executable string                                // the assay binary: engine and quality run as processes of it
	Version    record.Build                          // of the binary, without its hash
	Open       func(path string) (*gguf.File, error) // opens a model file; knows embedded and cached ones
	Kernels    *kernel.Set
	Progress   Progress

	Texts map[string]string                           // texts that are not files, by what loads name
	Key   func(*scenario.Target) (dialect.Key, error) // of a server that is there; nil for none
}

// Progress hears what a run is doing. Calls come from one goroutine.
type Progress interface {
	// Phase announces a part of the run that takes a while.
	Phase(sentence string)
	// Trial announces trial k of n, k from 1, and what is left of the run.
	Trial(t Running)
	// Finished says how the announced trial ended, in a few words.
	Finished(t Running, words string)
	// Note is something a person should know.
	Note(sentence string)
}

// Plan is a scenario ready to run.
type Plan struct {
	Scenario *scenario.Scenario
	Matrix   *sweep.Matrix

	model   *checkpoint.Checkpoint
	textSum string

	papers    []exam.Paper // that all arms are asked
	papersSum string
	versions  map[string]string // of systems that targets start, by the targets' names, as far as they were looked for
}

// Close releases the model file.
func (p *Plan) Close() error { return p.model.Close() }

// Plan expands a scenario after a look at its models and texts. It starts and writes
// nothing.
func (l *Lab) Plan(s *scenario.Scenario) (*Plan, error) {
	if err := s.CheckFiles(); err != nil {
		return nil, err
	}
	f, err := l.Open(s.Resolve(s.Model))
	if err != nil {
		return nil, fmt.Errorf("%s: model: %w", s.File, err)
	}
	model, err := checkpoint.New(f, l.Kernels)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	p := &Plan{Scenario: s, model: model, versions: map[string]string{}}
	if p.papers, p.papersSum, err = readPapers(s); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	if err := p.expand(l); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

func (p *Plan) expand(l *Lab) error {
	s := p.Scenario
	can, err := l.capabilities(s, p.model)
	if err != nil {
		return err
	}
	can.Versions, can.Tasks = p.versions, p.papersSum
	if p.Matrix, err = sweep.Expand(s, can); err != nil {
		return err
	}
	for i := range p.Matrix.Arms {
		if a := &p.Matrix.Arms[i]; a.Target != nil && a.Target.System.Started {
			a.Record.Command = sweep.CommandLine(l.launch(s, a.Target, "").CommandLine())
		}
	}
	if s.Quality != nil {
		p.textSum, err = fileSum(s.Resolve(s.Quality.Text))
	}
	return err
}

// capabilities are what the model files decide about the sweep.
func (l *Lab) capabilities(s *scenario.Scenario, m *checkpoint.Checkpoint) (sweep.Capabilities, error) {
	c := sweep.Capabilities{Shipped: checkpoint.Format(m.File), Mixed: checkpoint.Mixed(m.File), Context: m.Model.Context,
		Layers: m.Model.Layers, Windowed: m.Model.Window > 0, Drafts: map[string]string{}, Contexts: map[string]int{}, DraftFormats: map[string]string{}}
	if !s.Included {
		c.Context = math.MaxInt32 // the model only counts tokens: what a target can hold is not known
	}
	for _, d := range s.DraftModels() {
		why, context, format, err := l.whyNoDraft(s.Resolve(d), m)
		if err != nil {
			return c, fmt.Errorf("%s: draft model: %w", s.File, err)
		}
		c.Drafts[d], c.Contexts[d], c.DraftFormats[d] = why, context, format
	}
	return c, nil
}

// whyNoDraft says why a whole model cannot draft for m, "" where it can, how long its
// context is and the format of its weights. A model that cannot be read is an error.
func (l *Lab) whyNoDraft(path string, m *checkpoint.Checkpoint) (why string, context int, format string, err error) {
	f, err := l.Open(path)
	if err != nil {
		return "", 0, "", err
	}
	defer f.Close()
	d, err := checkpoint.New(f, l.Kernels)
	if err != nil {
		return "", 0, "", err
	}
	if d.Model.WeightBytes() >= m.Model.WeightBytes() {
		why = fmt.Sprintf("it is no smaller than the model: %d bytes of weights against %d", d.Model.WeightBytes(), m.Model.WeightBytes())
	} else if err := m.Compatible(d); err != nil {
		why = err.Error()
	}
	return why, d.Model.Context, checkpoint.Format(f), nil
}

// describe makes run.json of a plan.
func (l *Lab) describe(p *Plan, now time.Time) (record.Run, error) {
	build, err := l.Version, error(nil)
	if build.SHA256, err = fileSum(l.Executable); err != nil {
		return record.Run{}, err
	}
	files, err := l.files(p)
	if err != nil {
		return record.Run{}, err
	}
	machine := host.Read(l.Kernels.Name)
	return p.Matrix.Run(sweep.Circumstances{Created: now, Build: build, Files: files, Host: machine, TextSHA256: p.textSum}), nil
}

// files identifies the models and texts of the scenario, without what the binary and
// the quality plan identify already.
func (l *Lab) files(p *Plan) ([]record.File, error) {
	s := p.Scenario
	all := named{paths: map[string]string{}}
	all.add(s.Model, p.model.File.Name)
	for _, draft := range s.DraftModels() {
		f, err := l.Open(s.Resolve(draft))
		if err != nil {
			return nil, err
		}
		all.add(draft, f.Name)
		if err := f.Close(); err != nil {
			return nil, err
		}
	}
	for _, name := range inputs(s) {
		all.add(name, s.Resolve(name))
	}
	return all.sums()
}

// inputs are the files that a scenario names beside models of the engine.
func inputs(s *scenario.Scenario) (names []string) {
	elsewhere := func(text string) bool { return s.Quality != nil && text == s.Quality.Text }
	for _, load := range s.Loads {
		if load.Trace.File != "" {
			names = append(names, load.Trace.File)
		}
		names = append(names, slices.DeleteFunc(slices.Clone(load.Files()), elsewhere)...)
	}
	for _, x := range s.Targets {
		if x.Path != "" {
			names = append(names, x.Path)
		}
	}
	if s.Ladders != nil {
		names = append(names, s.Ladders.File)
	}
	for _, k := range s.Tasks {
		names = append(names, k.File)
	}
	if o := s.Outputs; o != nil && !elsewhere(o.Text) {
		names = append(names, o.Text)
	}
	return names
}

// named are files by the names that a scenario has for them.
type named struct {
	names []string
	paths map[string]string
}

func (n *named) add(name, path string) {
	n.names, n.paths[name] = append(n.names, name), path
}

// sums identify each file once, but for embedded ones, which the binary does.
func (n *named) sums() (all []record.File, err error) {
	for i, name := range n.names {
		if strings.HasPrefix(name, scenario.EmbeddedPrefix) || slices.Contains(n.names[:i], name) {
			continue
		}
		sum, err := sumOf(n.paths[name])
		if err != nil {
			return nil, err
		}
		all = append(all, record.File{Name: name, SHA256: sum})
	}
	return all, nil
}

// sumOf is fileSum, or for a folder that of the sums of all files in it, with their names.
func sumOf(path string) (string, error) {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return fileSum(path)
	}
	h := sha256.New()
	err := filepath.WalkDir(path, func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		if info, err := os.Stat(file); err == nil && info.IsDir() {
			return fmt.Errorf("%s links to a folder, expected files", file)
		}
		sum, err := fileSum(file)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(path, file)
		fmt.Fprintf(h, "%s %q\n", sum, filepath.ToSlash(name))
		return err
	})
	return hex.EncodeToString(h.Sum(nil)), err
}

// fileSum is the hex SHA-256 of a file.
func fileSum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
