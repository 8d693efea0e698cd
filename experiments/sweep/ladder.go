package sweep

import (
	"strings"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/scenario"
)

// Ladder is an arm that is a gateway in front of a ladder, or of a part of it.
type Ladder struct {
	File string // that can be opened
	scenario.LadderArm
}

// Args are the arguments that the gateway is started with, behind "serve".
func (l Ladder) Args() []string {
	args := []string{"--ladder", l.File}
	if len(l.Rungs) > 0 {
		args = append(args, "--rungs", strings.Join(l.Rungs, ","))
	}
	if l.Wait {
		args = append(args, "--wait")
	}
	return args
}

// ladders are the arms of a scenario with a ladder. Of one engine's settings nothing is claimed: each rung has its own.
func ladders(s *scenario.Scenario, engine Arm) (arms []Arm) {
	for _, a := range s.Ladders.Arms {
		l := &Ladder{s.Resolve(s.Ladders.File), a}
		arm := engine
		arm.Ladder = l
		arm.Record = record.Arm{ID: digest("ladder", []any{s.Ladders.Read.SHA256, a}), Name: a.Name}
		words := []string{"assay", "serve"}
		for _, w := range l.Args() {
			words = append(words, shellQuote(w))
		}
		arm.Record.Command = strings.Join(words, " ")
		arms = append(arms, arm)
	}
	return arms
}
