package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"syscall"
	"time"

	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/experiments/modelcache"
)

// Exit codes, the same as the assay command's.
const (
	exitOK          = 0
	exitBroken      = 1
	exitUsage       = 2
	exitEnvironment = 4
	exitInterrupted = 130
)

// Where results go, below the repository's root.
const (
	resultsFile  = "engine/reference/testdata/results.json"
	documentFile = "docs/reference.md"
)

// options are the command line.
type options struct {
	tools   string
	threads int
	only    *regexp.Regexp
	again   bool
	list    bool
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
		for _, name := range jobs() {
			fmt.Fprintln(w, name)
		}
		return exitOK
	}
	broken, err := compareAll(ctx, werr, o, root)
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(werr, "reference: interrupted; what is done is kept, and the same command goes on")
		return exitInterrupted
	case err != nil:
		fmt.Fprintf(werr, "reference: %v\n", err)
		return exitEnvironment
	}
	for _, line := range broken {
		fmt.Fprintln(w, line)
	}
	if len(broken) > 0 {
		return exitBroken
	}
	fmt.Fprintf(w, "all within bounds: %s, %s\n", resultsFile, documentFile)
	return exitOK
}

func parse(werr io.Writer, args []string) (o options, err error) {
	flags := flag.NewFlagSet("reference", flag.ContinueOnError)
	flags.SetOutput(werr)
	flags.StringVar(&o.tools, "tools", "", "directory of llama.cpp's tools; without it they are built, once, in the cache")
	flags.IntVar(&o.threads, "threads", runtime.GOMAXPROCS(0), "threads of each engine")
	flags.BoolVar(&o.again, "again", false, "do again what an interrupted run of the same build has done")
	flags.BoolVar(&o.list, "list", false, "print the names of all comparisons and end")
	flags.Func("only", "REGEX: only the comparisons whose names match; the other results stay", func(text string) (err error) {
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
	}
	if err != nil {
		fmt.Fprintf(werr, "reference: %v\n", err)
	}
	return o, err
}

// compareAll does what is asked for, and lists the bounds that are broken.
func compareAll(ctx context.Context, log io.Writer, o options, root string) ([]string, error) {
	models, err := modelcache.Dir(root)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(filepath.Dir(models), "reference")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if o.tools == "" {
		if o.tools, err = build(ctx, log, dir); err != nil {
			return nil, err
		}
	}
	b := &bench{root: ".", cache: root, work: filepath.Join(dir, "work"), threads: o.threads, log: log, today: time.Now().UTC().Format(time.DateOnly)}
	if b.tools, err = findTools(o.tools, o.threads); err != nil {
		return nil, err
	}
	if b.kernels, err = kernel.ForMachine(""); err != nil {
		return nil, err
	}
	if b.results, err = load(resultsFile); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(b.work, 0o755); err != nil {
		return nil, err
	}
	if err := b.all(ctx, o); err != nil {
		return nil, err
	}
	return b.results.broken(), os.RemoveAll(b.work)
}
