package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/assaylab/assay/engine/bench"
	"github.com/assaylab/assay/engine/machine"
)

// contest is the comparison and what it works with.
type contest struct {
	files    *files
	program  string            // this engine's
	llama    map[string]string // directories of llama.cpp's tools, by variant
	python   string            // with OpenVINO GenAI, "" where it does not install
	script   string
	work     string
	threads  int
	rounds   int
	log      io.Writer
	results  *Results
	machine  *Machine
	columns  []column
	build    string // what the measurements are of: results of another one are made again
	today    string
	original string // the repository's root
}

// unit is a job in a column.
type unit struct {
	column column
	job    job
	tests  []bench.Test
}

func (u unit) name() string { return u.column.Name + "/" + u.job.String() }

// units are all of them, the machine's own column first.
func units(columns []column) []unit {
	all, tests := jobs()
	var out []unit
	for _, c := range columns {
		for _, j := range all {
			out = append(out, unit{c, j, tests[j]})
		}
	}
	return out
}

func names(all []unit) []string {
	var out []string
	for _, u := range all {
		out = append(out, u.name())
	}
	return out
}

// all runs the units that are wanted and not done, and writes the results after each.
func (c *contest) all(ctx context.Context, o options) error {
	every := units(c.columns)
	wanted := slices.DeleteFunc(slices.Clone(every), func(u unit) bool { return o.only != nil && !o.only.MatchString(u.name()) })
	if len(wanted) == 0 {
		return errors.New("-only: no job has such a name; -list prints them")
	}
	done, err := c.openProgress()
	if err != nil {
		return err
	}
	for i, u := range wanted {
		head := fmt.Sprintf("[%d/%d] %s", i+1, len(wanted), u.name())
		if !o.again && slices.Contains(done, u.name()) {
			fmt.Fprintln(c.log, head+": done already")
			continue
		}
		began := time.Now()
		fmt.Fprintln(c.log, head)
		x, err := c.measure(ctx, u)
		if err != nil {
			return fmt.Errorf("%s: %w", u.name(), err)
		}
		c.machine.put(x, names(every))
		c.machine.Date = c.today
		done = append(done, u.name())
		if err := errors.Join(c.write(), c.saveProgress(done)); err != nil {
			return err
		}
		fmt.Fprintf(c.log, "    %v\n", time.Since(began).Round(time.Second))
	}
	return c.write()
}

// engines are those that run in a column, this one first.
func (c *contest) engines(col column) []engine {
	all := []engine{
		assay{program: c.program, kernel: col.Kernel, threads: c.threads},
		assay{program: c.program, kernel: col.Kernel, threads: c.threads, kv: "q8_0"},
	}
	for _, l := range []llamaTools{{flash: true, kv: "f16"}, {flash: false, kv: "f16"}, {flash: true, kv: "q8_0"}} {
		l.dir, l.threads = c.llama[col.Variant], c.threads
		all = append(all, l)
	}
	if c.python != "" && col.Name == "native" { // it cannot be held down to fewer instructions
		all = append(all, &genai{python: c.python, script: c.script, threads: c.threads})
	}
	return all
}

// measure runs a unit: round after round, every engine once, each round another first.
func (c *contest) measure(ctx context.Context, u unit) (Measured, error) {
	file, err := c.files.model(ctx, u.job.Model, u.job.Format)
	if err != nil {
		return Measured{}, err
	}
	engines := c.engines(u.column)
	defer func() {
		for _, e := range engines {
			_ = e.close() // what it had to say has been read
		}
	}()
	runs := make([]runsOf, len(engines))
	for round := range c.rounds {
		for i := range engines {
			k := (i + round) % len(engines)
			if runs[k].err != nil || hopeless(engines, runs, k) {
				continue
			}
			speeds, err := engines[k].once(ctx, file, u.tests)
			if ctx.Err() != nil {
				return Measured{}, ctx.Err()
			}
			runs[k].take(speeds, err)
			name, configuration := engines[k].identity()
			fmt.Fprintf(c.log, "    round %d of %d, %s, %s: %s\n", round+1, c.rounds, name, configuration, runs[k].last(u.tests))
		}
	}
	x := Measured{Column: u.column.Name, Job: u.job.String(), Rounds: c.rounds, Date: c.today}
	for i, e := range engines {
		name, configuration := e.identity()
		tested := runs[i].tested(name, configuration, u.tests)
		if n := runs[i].rounds(); runs[i].err == nil && n < c.rounds {
			tested.Rounds = n
		}
		x.Engines = append(x.Engines, tested)
	}
	return x, nil
}

const (
	// enoughRounds show whether a configuration can be its engine's best.
	enoughRounds = 2
	// hopelessShare of the slowest run of another configuration is what one that can still be
	// the best reaches in its fastest.
	hopelessShare = 0.75
)

// hopeless reports whether engine k's configuration is, in every test, so much slower than another
// of the same engine that more rounds would only take time: some take a minute each. What is
// compared by itself, an engine's default, never is.
func hopeless(engines []engine, runs []runsOf, k int) bool {
	name, configuration := engines[k].identity()
	if configuration == "default" || configuration == llamaDefault || runs[k].rounds() < enoughRounds {
		return false
	}
	return slices.ContainsFunc(indices(engines), func(i int) bool {
		other, _ := engines[i].identity()
		return i != k && other == name && runs[i].rounds() >= enoughRounds && runs[k].behind(&runs[i])
	})
}

func indices(engines []engine) (all []int) {
	for i := range engines {
		all = append(all, i)
	}
	return all
}

// behind reports whether r's fastest run of every test is far from o's slowest.
func (r *runsOf) behind(o *runsOf) bool {
	for test, all := range r.speeds {
		if rateOf(all, slices.MaxFunc) >= hopelessShare*rateOf(o.speeds[test], slices.MinFunc) {
			return false
		}
	}
	return true
}

func rateOf(all []speed, pick func([]speed, func(a, b speed) int) speed) float64 {
	if len(all) == 0 {
		return 0
	}
	return pick(all, func(a, b speed) int { return cmp.Compare(a.Rate, b.Rate) }).Rate
}

// runsOf are one engine's speeds so far, by test.
type runsOf struct {
	speeds map[string][]speed
	err    error
}

func (r *runsOf) take(speeds []speed, err error) {
	if r.err = err; err != nil {
		return
	}
	if r.speeds == nil {
		r.speeds = map[string][]speed{}
	}
	for _, s := range speeds {
		r.speeds[s.Name] = append(r.speeds[s.Name], s)
	}
}

// rounds is how often it ran.
func (r *runsOf) rounds() (n int) {
	for _, all := range r.speeds {
		n = max(n, len(all))
	}
	return n
}

// last words the latest round.
func (r *runsOf) last(tests []bench.Test) string {
	if r.err != nil {
		return r.err.Error()
	}
	words := ""
	for _, t := range tests {
		if all := r.speeds[t.Name()]; len(all) > 0 {
			words += fmt.Sprintf("%s %.1f tok/s  ", t.Name(), all[len(all)-1].Rate)
		}
	}
	return words
}

// tested sums up the rounds. An engine that failed once has no speeds.
func (r *runsOf) tested(engine, configuration string, tests []bench.Test) Tested {
	t := Tested{Engine: engine, Configuration: configuration}
	if r.err != nil {
		t.Error = r.err.Error()
		return t
	}
	for _, test := range tests {
		var rates, shares []float64
		bound := ""
		for _, s := range r.speeds[test.Name()] {
			rates = append(rates, s.Rate)
			if s.Share > 0 {
				shares, bound = append(shares, s.Share), s.Bound
			}
		}
		if len(rates) > 0 {
			t.Speeds = append(t.Speeds, Speed{test.Name(), machine.FigureOf(rates), machine.FigureOf(shares), bound})
		}
	}
	return t
}

// write puts results and document in place.
func (c *contest) write() error {
	text, err := c.results.encode()
	if err != nil {
		return err
	}
	page, err := c.results.document()
	if err != nil {
		return err
	}
	return errors.Join(replace(filepath.Join(c.original, resultsFile), text), replace(filepath.Join(c.original, documentFile), page))
}

// progress is what a run has done, for the next one if it is interrupted.
type progress struct {
	Build string   `json:"build"`
	Done  []string `json:"done"`
}

func (c *contest) progressFile() string { return filepath.Join(c.work, "progress.json") }

// openProgress is what an earlier run of the same build has done.
func (c *contest) openProgress() ([]string, error) {
	text, err := os.ReadFile(c.progressFile())
	var old progress
	if err == nil {
		err = json.Unmarshal(text, &old)
	}
	if err != nil || old.Build != c.build { // none, or of something else
		return nil, nil
	}
	return old.Done, nil
}

func (c *contest) saveProgress(done []string) error {
	text, err := json.Marshal(progress{c.build, done})
	if err != nil {
		return err
	}
	return replace(c.progressFile(), text)
}
