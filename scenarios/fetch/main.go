package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/assaylab/assay/experiments/modelcache"
)

// Exit codes, the same as the assay command's.
const (
	exitOK          = 0
	exitBad         = 1
	exitUsage       = 2
	exitEnvironment = 4
	exitInterrupted = 130
)

// errWrong marks what came as not being the model.
var errWrong = errors.New("not the expected model")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal kills
	code := run(ctx, os.Stdout, os.Stderr, os.Args[1:], os.Getenv(modelcache.Variable), smolLM2, gemma3)
	stop()
	os.Exit(code)
}

// run fetches the models that args name, of those that there are, into the cache at
// root and returns the exit code.
func run(ctx context.Context, w, werr io.Writer, args []string, root string, models ...model) int {
	flags := flag.NewFlagSet("fetch", flag.ContinueOnError)
	flags.SetOutput(werr)
	flags.Usage = func() {
		fmt.Fprintf(werr, "usage: fetch [flags] [MODEL...], of %s; all without\n", names(models))
		flags.PrintDefaults()
	}
	verify := flags.Bool("verify", false, "hash all of a model that is already there")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		return exitUsage
	}
	wanted, err := choose(models, flags.Args())
	if err != nil {
		fmt.Fprintf(werr, "fetch: %v\n", err)
		return exitUsage
	}
	for _, m := range wanted {
		if err = ensure(ctx, w, werr, root, m, *verify); err != nil {
			break
		}
	}
	switch {
	case err == nil:
		return exitOK
	case ctx.Err() != nil:
		fmt.Fprintln(werr, "fetch: interrupted; nothing was kept")
		return exitInterrupted
	}
	fmt.Fprintf(werr, "fetch: %v\n", err)
	if errors.Is(err, errWrong) {
		return exitBad
	}
	if errors.Is(err, syscall.ENOSPC) {
		fmt.Fprintf(werr, "fetch: %s; %s names another place for the cache\n", diskFull, modelcache.Variable)
	}
	return exitEnvironment
}

// ensure sees to it that the cache has m, and says where and what to do with it.
func ensure(ctx context.Context, w, werr io.Writer, root string, m model, verify bool) error {
	dir, err := modelcache.Dir(root)
	if err != nil {
		return err
	}
	path, err := modelcache.Path(dir, m.Name)
	if err != nil {
		return err
	}
	state, err := inspect(ctx, path, m, verify)
	if err != nil {
		return err
	}
	if state != present {
		if state == damaged {
			fmt.Fprintf(werr, "%s is %s; fetching it again\n", path, errWrong)
		}
		if err := fetch(ctx, werr, dir, path, m); err != nil {
			return err
		}
	}
	fmt.Fprintf(w, "%s (%s, %.0f MB) %s:\n  %s\n", m.Title, m.Licence, float64(m.Size)/1e6, state, path)
	fmt.Fprintln(w, "next, after `make build`:")
	if m.Scenario != "" {
		fmt.Fprintf(w, "  ./assay run %s\n", m.Scenario)
	}
	fmt.Fprintf(w, "  ./assay serve --model %s\n", m.Name)
	return nil
}

// fetch downloads the wheels into a directory of its own beside the model, on the
// same disk, so that the last step is a rename.
func fetch(ctx context.Context, werr io.Writer, dir, path string, m model) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	removeStale(dir)
	tmp, err := os.MkdirTemp(dir, tempPattern)
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	fmt.Fprintf(werr, "fetching %s with pip: %s\n", m.Title, strings.Join(m.Requirements, " "))
	wheels, err := download(ctx, werr, tmp, m.Requirements)
	if err != nil {
		return err
	}
	return install(ctx, wheels, tmp, path, m)
}
