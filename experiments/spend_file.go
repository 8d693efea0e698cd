package experiments

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/store"
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
func (r *run) paying(ctx context.Context, a *aim, c trial.Config) (record.Trial, error) {
	if !a.spent.counts() {
		return trial.Run(ctx, c)
	}
	if err := r.keepSpending(a.Name, a.spent.underWay()); err != nil {
		return record.Trial{}, err
	}
	rec, err := trial.Run(ctx, c)
	return rec, errors.Join(err, r.keepSpending("", Budget{}))
}

// keepSpending writes the file, with a trial of a target under way or of none.
func (r *run) keepSpending(target string, most Budget) error {
	all := spentRun{spentFormat, map[string]spentOn{}}
	for name, a := range r.aims {
		if !a.spent.counts() {
			continue
		}
		on := spentOn{Spent: a.spent.spent()}
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
		if err := a.spent.resume(on); err != nil {
			return fmt.Errorf("%s: target %s: %w", path, name, err)
		}
		if u := on.UnderWay; u != nil {
			r.Progress.Note(fmt.Sprintf("the trial of %s that was under way when the run ended counts as spent: %s", name, u.words()))
		}
	}
	return nil
}

// resume takes over what was spent before, in the currency of the price of today.
func (s *spending) resume(on spentOn) error {
	before := on.Spent
	if on.UnderWay != nil {
		if err := sameCurrency(before, *on.UnderWay); err != nil {
			return err
		}
		before = before.plus(*on.UnderWay)
	}
	if s.price != nil {
		if err := sameCurrency(before, Budget{Money: money.Zero(s.price.Currency)}); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = before
	return nil
}

func sameCurrency(a, b Budget) error {
	if a.Money.Currency() == "" || b.Money.Currency() == "" {
		return nil
	}
	return money.Same(a.Money.Currency(), b.Money.Currency())
}
