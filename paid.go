package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/assaylab/assay/experiments"
)

// consent is whether a run may spend money.
type consent struct {
	given    bool // beforehand, by --yes
	in       io.Reader
	terminal bool // there is somebody to ask
}

func yesFlag(f *pflag.FlagSet, o *consent) {
	f.BoolVar(&o.given, "yes", false, "spend what the run may cost at the worst, without being asked")
}

// flag is the flag as it was given.
func (k consent) flag() string {
	if k.given {
		return " --yes"
	}
	return ""
}

// of is who is asked: whoever has both the question and the answer on a terminal.
func (k consent) of(c *cobra.Command) consent {
	k.in = c.InOrStdin()
	k.terminal = isTerminal(k.in) && isTerminal(c.ErrOrStderr())
	return k
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// spend says what the plan may cost, and asks whether it may. It sends nothing.
func (k consent) spend(ctx context.Context, werr io.Writer, p *experiments.Plan) error {
	if err := p.Affordable(); err != nil {
		return err
	}
	bills := p.Bills(time.Now())
	if len(bills) == 0 {
		return nil
	}
	for _, b := range bills {
		fmt.Fprintf(werr, "%s is paid for:\n", b.Target.Where())
		printBill(werr, "  ", b)
	}
	total := experiments.Total(bills)
	switch {
	case k.given:
		return nil
	case !k.terminal:
		return fmt.Errorf("the run may spend up to %s: give --yes to let it", total)
	}
	fmt.Fprintf(werr, "Spend up to %s? [y/N] ", total)
	return k.asked(ctx)
}

// asked waits for an answer, or for an interrupt.
func (k consent) asked(ctx context.Context) error {
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(k.in).ReadString('\n') // the end of the input is no answer
		answer <- line
	}()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case line := <-answer:
		switch strings.ToLower(strings.TrimSpace(line)) {
		case "y", "yes":
			return nil
		}
	}
	return errors.New("nothing was sent, as it may not spend")
}

func printBill(w io.Writer, indent string, b experiments.Bill) {
	for _, line := range b.Lines() {
		fmt.Fprintf(w, "%s%s\n", indent, line)
	}
}
