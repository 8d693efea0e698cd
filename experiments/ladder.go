package experiments

import (
	"path/filepath"
	"strings"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/sweep"
	"github.com/assaylab/assay/experiments/target"
	"github.com/assaylab/assay/experiments/trial"
	"github.com/assaylab/assay/loadgen"
)

// ladderConfig makes a trial of a gateway, which starts its engines itself. They run where the ladder's file says.
func (r *run) ladderConfig(key record.TrialKey, arm sweep.Arm, load sweep.Load, dir string, live *loadgen.Live) (trial.Config, error) {
	args := append(arm.Ladder.Args(), "--listen", "127.0.0.1:0", "--supervised", "--log-level", "warn", "--ladder-trace", filepath.Join(dir, record.LadderFile))
	args = append(args, r.extra...)
	c := trial.Config{
		Key:          key,
		Target:       &target.Engine{Executable: r.Executable, Args: args, Client: r.client, CPUs: r.cores.all()},
		Command:      "assay serve " + strings.Join(args, " "),
		ReadyTimeout: r.plan.Scenario.Run.ReadyTimeout,
		Shared:       true,
		Dir:          dir,
	}
	err := r.attacks(&c, load, live)
	c.Double = key.Repetition == record.DoubleLab
	return c, err
}
