package compare

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/assaylab/assay/analysis/profile"
	"github.com/assaylab/assay/analysis/record"
)

// Time is the processor time of two engines per token that they generated.
type Time struct {
	All       profile.Change
	Stages    []profile.Change // those that changed most first
	Functions []profile.Change // likewise, each without what it calls
	Tree      *profile.Node
}

// TimeOf compares the profiles of two engines. Of one, where first is nil, nothing has changed.
func TimeOf(first, second []profile.Run) Time {
	return Time{profile.Total(first, second), profile.ByStage(first, second), profile.ByFunction(first, second), profile.Tree(first, second)}
}

// Reason is where the difference between two systems in one cell comes from.
type Reason struct {
	Arm, Load string // names, as in a Row
	Time      Time
	Missing   string // why there is nothing to say, "" where there is
}

// Why compares where engines spent their time, in the cells that two runs have in common.
func Why(first, second *record.Set, o Options) ([]Reason, error) {
	c := &Comparison{First: first.Run, Second: second.Run}
	pairs, err := c.match(o)
	if err != nil {
		return nil, err
	}
	var all []Reason
	for _, p := range pairs {
		r := Reason{Arm: p.name(), Load: p.load.Name}
		a, missing := Profiles(first, p.first.ID, p.load.ID)
		b, also := Profiles(second, p.second.ID, p.otherLoad.ID)
		switch {
		case missing != "":
			r.Missing = "the first run has no profile of it: " + missing
		case also != "":
			r.Missing = "the second run has no profile of it: " + also
		default:
			r.Time = TimeOf(a, b)
		}
		all = append(all, r)
	}
	return all, nil
}

// Profiles are the profiles of one arm at one load, by repetition, or why there is none.
func Profiles(set *record.Set, arm, load string) (runs []profile.Run, missing string) {
	missing = "none of its trials was profiled"
	for i := range set.Trials {
		t := &set.Trials[i]
		if t.Key.Arm != arm || t.Key.Load != load || t.Key.Repetition >= record.Confirmation || t.Status != record.StatusOK || t.Profile == nil {
			continue
		}
		if t.Profile.Missing != "" {
			missing = t.Profile.Missing
			continue
		}
		switch p, err := profile.Read(set.CPUProfilePath(t.Key.ID)); {
		case errors.Is(err, fs.ErrNotExist):
			missing = fmt.Sprintf("the file of trial %s is gone", t.Key.ID)
		case err != nil:
			missing = err.Error()
		case t.Engine.GeneratedTokens == 0:
			missing = "it generated no token"
		default:
			runs = append(runs, profile.Run{Profile: p, Trial: t.Key.ID, Repetition: t.Key.Repetition, Tokens: t.Engine.GeneratedTokens, ProcessNS: t.Engine.CPUNS})
		}
	}
	if len(runs) > 0 {
		missing = ""
	}
	return runs, missing
}

// checkProfiles warns where the profile's own cost is in a difference.
func (c *Comparison) checkProfiles(first, second *record.Set) {
	switch a, b := rate(first), rate(second); {
	case a == b:
	case a == 0:
		c.warn("the second run's engines were profiled %d times a second and the first run's were not: what that costs is in the difference", b)
	case b == 0:
		c.warn("the first run's engines were profiled %d times a second and the second run's were not: what that costs is in the difference", a)
	default:
		c.warn("engines were profiled %d times a second in the first run and %d times in the second: what that costs is in the difference", a, b)
	}
}

// rate is how many samples per second of processor time a run's trials took.
func rate(set *record.Set) (hz int) {
	for _, t := range set.Trials {
		if t.Profile != nil && t.Profile.Missing == "" {
			hz = max(hz, t.Profile.RateHz)
		}
	}
	return hz
}
