package experiments

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/store"
	"github.com/assaylab/assay/experiments/sweep"
	"github.com/assaylab/assay/experiments/trial"
)

// spentFile keeps beside the records what targets with a budget were asked for, so that a run that is resumed goes on counting:
// the budget is the run's, however often it is begun again.
const spentFile = "spent.json"

// spentFormat is the file's version.
const spentFormat = 1

// spentRun is the file.
type spentRun struct {
	Format  int                `json:"format"`
	Targets map[string]spentOn `json:"targets"`
}

// spentOn is one target's part.
type spentOn struct {
	Spent Budget `json:"spent"`
	// UnderWay is the most that the trial under way may come to. Of a lab that was killed nobody knows how much of it was sent.
	UnderWay *Budget `json:"under_way,omitempty"`
}

// paying carries out a trial of a target, and writes down what it came to, also where it is interrupted.
func (r *run) paying(ctx context.Context, a *aim, load sweep.Load, c trial.Config) (record.Trial, error) {
	if a.spent.Budget == (Budget{}) {
		return trial.Run(ctx, c)
	}
	if err := r.keepSpending(a.Name, Budget{}.plus(load, 1)); err != nil {
		return record.Trial{}, err
	}
	rec, err := trial.Run(ctx, c)
	return rec, errors.Join(err, r.keepSpending("", Budget{}))
}

// keepSpending writes the file, with a trial of a target under way or of none.
func (r *run) keepSpending(target string, most Budget) error {
	all := spentRun{spentFormat, map[string]spentOn{}}
	for name, a := range r.aims {
		if a.spent.Budget == (Budget{}) {
			continue
		}
		on := spentOn{Spent: Budget{a.spent.requests, a.spent.tokens}}
		if name == target {
			on.UnderWay = &most
		}
		all.Targets[name] = on
	}
	path := filepath.Join(r.store.Dir(), spentFile)
	return store.Disk(path, record.WriteJSON(path, all))
}

// resumeSpending takes over what the run has spent before. What was under way when the lab was killed counts in full.
func (r *run) resumeSpending() error {
	path := filepath.Join(r.store.Dir(), spentFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var all spentRun
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err == nil && all.Format != spentFormat {
		err = fmt.Errorf("format %d, expected %d", all.Format, spentFormat)
	}
	if err != nil {
		return fmt.Errorf("%s: what the run has spent cannot be read, so that its budget cannot be kept: %w", path, err)
	}
	for name, on := range all.Targets {
		a := r.aims[name]
		if a == nil {
			continue
		}
		a.spent.requests, a.spent.tokens = on.Spent.Requests, on.Spent.Tokens
		if u := on.UnderWay; u != nil {
			a.spent.requests, a.spent.tokens = a.spent.requests+u.Requests, a.spent.tokens+u.Tokens
			r.Progress.Note(fmt.Sprintf("the trial of %s that was under way when the run ended counts as spent: %d requests and %d tokens", name, u.Requests, u.Tokens))
		}
	}
	return nil
}
