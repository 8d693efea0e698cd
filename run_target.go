package main

import (
	"fmt"
	"io"
	"time"

	"github.com/assaylab/assay/experiments"
)

// printTargets says how targets are spoken to, what they may be asked at the most, and what is installed of those that are started.
func printTargets(w io.Writer, p *experiments.Plan, installed []experiments.Installed) {
	if len(p.Scenario.Targets) > 0 {
		fmt.Fprintln(w, "\ntargets:")
	}
	bills := p.Bills(time.Now())
	for _, x := range p.Scenario.Targets {
		worst := p.Worst(x)
		fmt.Fprintf(w, "     %s, dialect %s, at most %d requests and %d tokens\n", x.Where(), x.Dialect.Name, worst.Requests, worst.Tokens)
		for _, b := range bills {
			if b.Target == x {
				printBill(w, "       ", b)
			}
		}
		for _, i := range installed {
			if i.Target == x {
				printInstalled(w, i)
			}
		}
	}
}

func printInstalled(w io.Writer, i experiments.Installed) {
	if i.Version != "" {
		fmt.Fprintf(w, "       version %s\n", i.Version)
	}
	for _, m := range i.Missing {
		fmt.Fprintf(w, "       missing: %s\n", m)
	}
	for _, n := range i.Notes {
		fmt.Fprintf(w, "       %s\n", n)
	}
}
