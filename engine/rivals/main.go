package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"syscall"
	"time"

	"github.com/assaylab/assay/engine/internal/cpu"
	"github.com/assaylab/assay/engine/internal/llamacpp"
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/experiments/host"
	"github.com/assaylab/assay/experiments/modelcache"
)

// Exit codes, the same as the assay command's.
const (
	exitOK          = 0
	exitMissed      = 1
	exitUsage       = 2
	exitEnvironment = 4
	exitInterrupted = 130
)

// Where results go, below the repository's root.
const (
	resultsFile  = "engine/rivals/testdata/results.json"
	documentFile = "docs/benchmarks.md"
)

// options are the command line.
type options struct {
	threads, rounds int
	only            *regexp.Regexp
	again, list     bool
	page            bool // write the document from the results that are there
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal kills
	code := run(ctx, os.Stdout, os.Stderr, os.Args[1:], os.Getenv(modelcache.Variable))
	stop()
	os.Exit(code)
}

// run compares in the repository whose root is the working directory, with the models
// of the cache at root.
func run(ctx context.Context, w, werr io.Writer, args []string, root string) int {
	o, err := parse(werr, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		return exitUsage
	}
	if o.list {
		for _, name := range names(units(columns(classOf(cpu.Detect())))) {
			fmt.Fprintln(w, name)
		}
		return exitOK
	}
	missed, err := compare(ctx, werr, o, root)
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(werr, "rivals: interrupted; what is done is kept, and the same command goes on")
		return exitInterrupted
	case err != nil:
		fmt.Fprintf(werr, "rivals: %v\n", err)
		return exitEnvironment
	}
	for _, line := range missed {
		fmt.Fprintln(w, line)
	}
	fmt.Fprintf(w, "written: %s, %s\n", resultsFile, documentFile)
	if len(missed) > 0 {
		return exitMissed
	}
	return exitOK
}

func parse(werr io.Writer, args []string) (o options, err error) {
	flags := flag.NewFlagSet("rivals", flag.ContinueOnError)
	flags.SetOutput(werr)
	flags.IntVar(&o.threads, "threads", runtime.GOMAXPROCS(0), "threads of each engine")
	flags.IntVar(&o.rounds, "rounds", 5, "repetitions: one of each engine in turn")
	flags.BoolVar(&o.again, "again", false, "do again what an interrupted run of the same build has done")
	flags.BoolVar(&o.list, "list", false, "print the names of all jobs and end")
	flags.BoolVar(&o.page, "page", false, "write the document from the results that are there, and measure nothing")
	flags.Func("only", "REGEX: only the jobs whose names match; the other results stay", func(text string) (err error) {
		o.only, err = regexp.Compile("^(?:" + text + ")$")
		return err
	})
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		err = fmt.Errorf("found %q, expected no arguments", flags.Arg(0))
	case o.threads < 1:
		err = fmt.Errorf("-threads: found %d, expected 1 or more", o.threads)
	case o.rounds < 1:
		err = fmt.Errorf("-rounds: found %d, expected 1 or more", o.rounds)
	}
	if err != nil {
		fmt.Fprintf(werr, "rivals: %v\n", err)
	}
	return o, err
}

// classOf is the class whose targets hold for a processor, "" for one of none.
func classOf(f cpu.Features) class {
	switch {
	case f.AMX:
		return amx
	case f.AVX512 && f.AVX512VNNI:
		return avx512
	case f.AVX2:
		return avx2
	}
	return ""
}

// compare does what is asked for, and lists the targets that are missed on this machine.
func compare(ctx context.Context, log io.Writer, o options, root string) ([]string, error) {
	results, err := load(resultsFile)
	if err != nil {
		return nil, err
	}
	c := &contest{threads: o.threads, rounds: o.rounds, log: log, results: results, today: time.Now().UTC().Format(time.DateOnly), original: "."}
	if o.page {
		return nil, c.write()
	}
	if err := c.prepare(ctx, root); err != nil {
		return nil, err
	}
	if err := c.all(ctx, o); err != nil {
		return nil, err
	}
	return missed(c.machine, c.columns), nil
}

// prepare describes the machine, builds and installs what is compared.
func (c *contest) prepare(ctx context.Context, root string) error {
	best, err := kernel.ForMachine("")
	if err != nil {
		return err
	}
	h := host.Read(best.Name)
	c.machine = c.results.machine(machineID(h.CPU, h.Features, c.threads))
	m := c.machine
	m.CPU, m.Class, m.Features, m.Threads, m.Memory, m.Noise = h.CPU, classOf(cpu.Detect()), h.Features, c.threads, h.MemoryBytes, h.Noise
	m.Kernel, m.Llama = best.Name, llamacpp.Requirement
	if m.Class == "" {
		return fmt.Errorf("no targets are set for %s on %s", h.CPU, h.Arch)
	}
	c.columns = columns(m.Class)
	for _, n := range h.Noise {
		fmt.Fprintln(c.log, "note:", n)
	}
	models, err := modelcache.Dir(root)
	if err != nil {
		return err
	}
	dir := filepath.Join(filepath.Dir(models), "rivals")
	c.work = filepath.Join(dir, "work")
	if err := os.MkdirAll(c.work, 0o755); err != nil {
		return err
	}
	c.files = &files{dir: filepath.Join(dir, "models"), cache: root, log: c.log}
	return c.obtain(ctx, dir)
}

// machineID tells machines apart: the processor's name alone may be the hypervisor's.
func machineID(cpu string, features []string, threads int) string {
	sorted := slices.Sorted(slices.Values(features))
	return fmt.Sprintf("%x", sha256.Sum256(fmt.Appendln(nil, cpu, sorted, threads)))[:16]
}

// obtain builds this engine and llama.cpp and installs OpenVINO GenAI.
func (c *contest) obtain(ctx context.Context, dir string) error {
	c.program = filepath.Join(c.work, "assay")
	if err := llamacpp.Run(ctx, c.log, "go", "build", "-buildvcs=false", "-o", c.program, "."); err != nil {
		return err
	}
	file, err := c.files.model(ctx, small, "Q8_0")
	if err != nil {
		return err
	}
	b := &builder{dir: filepath.Join(dir, llamacpp.Folder), log: c.log}
	native, err := b.native(ctx, file)
	if err != nil {
		return err
	}
	c.llama = map[string]string{"native": native}
	for _, col := range c.columns {
		if c.llama[col.Variant] == "" {
			if c.llama[col.Variant], err = b.variant(ctx, col.Variant); err != nil {
				return err
			}
		}
	}
	c.machine.Barrier = b.barrier
	if c.python, err = installOpenVINO(ctx, c.log, dir); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		fmt.Fprintf(c.log, "%s is left out: it does not install here: %v\n", openvino, err)
	} else {
		c.machine.OpenVINO = openvinoRequirement
	}
	c.script = filepath.Join(c.work, "driver.py")
	c.build, err = c.identity()
	return errors.Join(err, os.WriteFile(c.script, openvinoScript, 0o644))
}

// identity is what the measurements are of.
func (c *contest) identity() (string, error) {
	text, err := os.ReadFile(c.program)
	if err != nil {
		return "", err
	}
	other := cmp.Or(c.machine.OpenVINO, "without "+openvino)
	return fmt.Sprintf("%x %s %s, %d threads, %d rounds, machine %s", sha256.Sum256(text), llamacpp.Requirement, other, c.threads, c.rounds, c.machine.ID), nil
}

// missed lists the rows that were measured and are not met.
func missed(m *Machine, columns []column) []string {
	var all []string
	for _, c := range columns {
		for _, r := range rows {
			if v := judge(m, c, r); v.measured() && !v.met() {
				all = append(all, fmt.Sprintf("%s, %s, %s %s: %s", c.Name, r.Work, r.Model, r.Format, v.words()))
			}
		}
	}
	return all
}
