package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/assaylab/assay/experiments/target"
)

// Exit codes, the same as the assay command's.
const (
	exitOK          = 0
	exitMissed      = 1
	exitUsage       = 2
	exitEnvironment = 4
)

func main() {
	target.BecomeGuard()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Stdin, os.Stdout, os.Stderr, os.Args[1:])
	stop()
	os.Exit(code)
}

// run carries out a subcommand in the repository whose root is the working directory.
func run(ctx context.Context, r io.Reader, w, werr io.Writer, args []string) int {
	commands := map[string]func(context.Context, io.Reader, io.Writer, io.Writer, []string) error{
		"streams": streams, "agree": agree, "serve": serve, "fire": fireCommand, "page": page,
	}
	if len(args) == 0 || commands[args[0]] == nil {
		fmt.Fprintln(werr, "rivals: expected streams, agree or page")
		return exitUsage
	}
	switch err := commands[args[0]](ctx, r, w, werr, args[1:]); {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case errors.As(err, new(usageError)):
		fmt.Fprintf(werr, "rivals %s: %v\n", args[0], err)
		return exitUsage
	case errors.Is(err, errMissed):
		fmt.Fprintf(werr, "rivals %s: %v\n", args[0], err)
		return exitMissed
	case err != nil:
		fmt.Fprintf(werr, "rivals %s: %v\n", args[0], err)
		return exitEnvironment
	}
	return exitOK
}

// errMissed says that a target was missed.
var errMissed = errors.New("a target is missed")

// usageError is an error of the command line.
type usageError struct{ error }

// parse reads flags, and wants at most rest arguments after them.
func parse(f *flag.FlagSet, werr io.Writer, args []string, rest int) error {
	f.SetOutput(werr)
	if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
		return err
	} else if err != nil {
		return usageError{err}
	}
	if f.NArg() != rest {
		return usageError{fmt.Errorf("found %d arguments, expected %d", f.NArg(), rest)}
	}
	return nil
}

// counts reads a list of numbers above 0.
func counts(into *[]int) func(string) error {
	return func(text string) error {
		*into = nil
		for _, one := range strings.Split(text, ",") {
			n, err := strconv.Atoi(one)
			if err != nil || n < 1 {
				return fmt.Errorf("found %q, expected numbers above 0", text)
			}
			*into = append(*into, n)
		}
		return nil
	}
}

// today is the date of results.
func today() string { return time.Now().UTC().Format(time.DateOnly) }
