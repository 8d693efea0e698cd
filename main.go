// Assay is an inference benchmarking and optimization lab: see README.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/assaylab/assay/experiments"
	"github.com/assaylab/assay/experiments/target"
)

// Exit codes, the same for every verb.
const (
	exitOK          = 0
	exitBad         = 1 // judged bad
	exitUsage       = 2 // bad input or usage
	exitUndecided   = 3
	exitEnvironment = 4 // port, disk, missing tool
	exitInterrupted = 130
)

// exitError is an error with the exit code it stands for.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// environment marks an error as the surroundings' fault rather than the input's.
func environment(err error) error { return &exitError{exitEnvironment, err} }

func main() {
	target.BecomeGuard()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal kills
	code := run(ctx, os.Stdout, os.Stderr, os.Args[1:])
	stop()
	os.Exit(code)
}

// run executes one command line and returns its exit code.
func run(ctx context.Context, w, werr io.Writer, args []string) int {
	root := newRoot(w, werr)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	code := exitCode(ctx, err)
	if code != exitInterrupted || !errors.Is(err, context.Canceled) {
		fmt.Fprintf(werr, "assay: %s\n", strings.TrimSpace(err.Error()))
	}
	return code
}

func exitCode(ctx context.Context, err error) int {
	var e *exitError
	switch {
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return exitInterrupted
	case errors.As(err, &e):
		return e.code
	case isEnvironment(err):
		return exitEnvironment
	}
	return exitUsage
}

func isEnvironment(err error) bool {
	if errors.Is(err, experiments.ErrInstrument) {
		return true
	}
	for _, e := range []error{syscall.EADDRINUSE, syscall.EACCES, syscall.ENOSPC, syscall.EROFS, syscall.ENOMEM, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

func newRoot(w, werr io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:   "assay",
		Short: "Find out which settings to run a language model with",
		Long: `Assay measures a language model server under every setting you name, and says
which one to deploy: at what quality, latency and cost, and how sure it is.

Exit codes: 0 ok, 1 judged bad, 2 bad input or usage, 3 undecided,
4 environment (port, disk, missing tool), 130 interrupted.`,
		Example: `  assay run scenarios/quickstart.toml --dry-run
  assay run scenarios/quickstart.toml
  assay serve`,
		SilenceUsage: true, SilenceErrors: true,
		Version: version(),
	}
	root.SetOut(w)
	root.SetErr(werr)
	root.SetVersionTemplate("assay {{.Version}}\n")
	root.SetFlagErrorFunc(flagError)
	root.SetHelpCommand(newHelp())
	root.AddCommand(newRun(), newCheck(), newLoad(), newReport(), newCompare(), newGate(), newBaseline(), newTrend(), newSimulate(), newPlan(), newServe(), newLadder(), newCost(), newQuantize(), newImatrix(), newInspect(), newKV(), newPull(), newPrices(), newConvert(), newEval(), newBench(), newDoctor(), newTrace(), newCompletion())
	completeArguments(root)
	return root
}
