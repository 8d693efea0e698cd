package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/assaylab/assay/engine/kernel"
)

// bench is what comparisons need.
type bench struct {
	root    string // of the repository
	cache   string // root of the model cache, "" for the user's
	work    string // for files that are made, kept by an interrupted run
	tools   tools
	kernels *kernel.Set
	threads int
	log     io.Writer
	today   string
	results *Results
}

// job is one comparison. It puts what it finds into the results.
type job struct {
	name string
	run  func(ctx context.Context) error
}

func (b *bench) jobs() []job {
	var all []job
	for _, s := range subjects {
		for _, row := range s.rows() {
			all = append(all, job{row.job(), func(ctx context.Context) (err error) {
				if row, err = b.compare(ctx, s, row); err == nil {
					b.results.Rows = put(b.results.Rows, row)
				}
				return err
			}})
		}
		if s.greedy {
			all = append(all, job{Greedy{Model: s.name}.job(), func(ctx context.Context) error {
				g, err := b.greedy(ctx, s)
				if err == nil {
					b.results.Greedy = put(b.results.Greedy, g)
				}
				return err
			}})
		}
		for _, f := range s.search {
			all = append(all, job{Search{Model: s.name, Format: f}.job(), func(ctx context.Context) error {
				v, err := b.searched(ctx, s, f)
				if err == nil {
					b.results.Search = put(b.results.Search, v)
				}
				return err
			}})
		}
	}
	return all
}

// all runs the jobs that are asked for and not done yet, and writes the results after
// each.
func (b *bench) all(ctx context.Context, o options) error {
	version, err := b.tools.version(ctx)
	if err != nil {
		return err
	}
	wanted := slices.DeleteFunc(b.jobs(), func(j job) bool { return o.only != nil && !o.only.MatchString(j.name) })
	if len(wanted) == 0 {
		return fmt.Errorf("-only: no comparison has such a name; -list prints them")
	}
	p, err := b.openProgress(version)
	if err != nil {
		return err
	}
	for i, j := range wanted {
		if !o.again && slices.Contains(p.Done, j.name) {
			fmt.Fprintf(b.log, "[%d/%d] %s: done already\n", i+1, len(wanted), j.name)
			continue
		}
		start := time.Now()
		fmt.Fprintf(b.log, "[%d/%d] %s", i+1, len(wanted), j.name)
		if err := j.run(ctx); err != nil {
			fmt.Fprintln(b.log)
			return fmt.Errorf("%s: %w", j.name, err)
		}
		fmt.Fprintf(b.log, ": %s, %v\n", b.results.words(j.name), time.Since(start).Round(time.Second))
		b.results.Theirs = version + ", from " + requirement
		p.Done = append(p.Done, j.name)
		if err := errors.Join(b.write(), b.saveProgress(p)); err != nil {
			return err
		}
	}
	return b.write()
}

// write puts results and document in place.
func (b *bench) write() error {
	r, names := b.results, jobs()
	r.Machine, r.Kernels, r.Date = runtime.GOOS+"/"+runtime.GOARCH, b.kernels.Name, b.today
	r.Rows, r.Greedy, r.Search = arrange(r.Rows, names), arrange(r.Greedy, names), arrange(r.Search, names)
	text, err := r.encode()
	if err != nil {
		return err
	}
	page, err := r.document()
	if err != nil {
		return err
	}
	return errors.Join(replace(filepath.Join(b.root, resultsFile), text), replace(filepath.Join(b.root, documentFile), page))
}

// words sum up a job's result for the log.
func (r *Results) words(name string) string {
	for _, row := range r.Rows {
		if row.job() == name {
			return fmt.Sprintf("perplexity %.4f, llama.cpp's %.4f (%+.3f %%), KL %.2g", row.Ours, row.Theirs, 100*row.difference(), row.MeanKL)
		}
	}
	for _, g := range r.Greedy {
		if g.job() == name {
			return fmt.Sprintf("%d of %d the same", g.Same(), len(g.Continuations))
		}
	}
	for _, s := range r.Search {
		if s.job() == name {
			return fmt.Sprintf("perplexity %.4f, searched %.4f, KL %.3g and %.3g", s.Plain, s.Searched, s.PlainKL, s.SearchedKL)
		}
	}
	return "nothing"
}

// progress is what a run has done, for the next one if it is interrupted. It is good
// for the same build of both engines only.
type progress struct {
	Build string   `json:"build"`
	Done  []string `json:"done"`
}

func (b *bench) progressFile() string { return filepath.Join(b.work, "progress.json") }

func (b *bench) openProgress(version string) (progress, error) {
	self, err := os.Executable()
	if err != nil {
		return progress{}, err
	}
	sum, _, err := hash(self)
	if err != nil {
		return progress{}, err
	}
	fresh := progress{Build: sum + " " + version}
	text, err := os.ReadFile(b.progressFile())
	var old progress
	if err == nil {
		err = json.Unmarshal(text, &old)
	}
	if err != nil || old.Build != fresh.Build { // what other builds made is made again
		return fresh, errors.Join(os.RemoveAll(b.work), os.MkdirAll(b.work, 0o755))
	}
	return old, nil
}

func (b *bench) saveProgress(p progress) error {
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return replace(b.progressFile(), text)
}
