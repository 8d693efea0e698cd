package baseline

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis/record"
)

// Differences are in what a summary and a run are of, in words; none where they can be compared. That a build differs is what a
// baseline is for.
func (s *Summary) Differences(r *record.Run) (all []string) {
	if s.ScenarioHash != r.ScenarioHash {
		all = append(all, "another scenario")
	}
	if !slices.Equal(s.Files, r.Files) {
		all = append(all, "other models or texts")
	}
	if s.Host.Fingerprint != r.Host.Fingerprint {
		all = append(all, "another machine")
	}
	return all
}

// Latest is the newest summary of what a run is of, but of a run before it. Of other machines it takes one only where it is told to.
func Latest(all []Summary, r *record.Run, otherMachine bool) (*Summary, error) {
	var best *Summary
	var why []string
	for i := range all {
		s := &all[i]
		if s.ID == id(r) {
			continue
		}
		d := s.Differences(r)
		if len(d) > 0 && !(otherMachine && slices.Equal(d, []string{"another machine"})) {
			why = append(why, fmt.Sprintf("%s is of %s", s.Label(), strings.Join(d, " and ")))
			continue
		}
		if best == nil || s.Created > best.Created || s.Created == best.Created && s.ID > best.ID {
			best = s
		}
	}
	if best == nil {
		return nil, fmt.Errorf("none of %d baselines is of the same scenario, files and machine%s", len(all), reasons(why))
	}
	return best, nil
}

// reasons are the last few.
func reasons(why []string) string {
	const most = 3
	if len(why) == 0 {
		return ""
	}
	text := ": " + strings.Join(why[max(0, len(why)-most):], ", ")
	if n := len(why) - most; n > 0 {
		text += fmt.Sprintf(", and %d more", n)
	}
	return text
}

// Find is the newest summary of a name or an id.
func Find(all []Summary, name string) (*Summary, error) {
	var best *Summary
	for i := range all {
		if s := &all[i]; (s.Name == name || s.ID == name) && (best == nil || s.Created > best.Created) {
			best = s
		}
	}
	if best == nil {
		return nil, fmt.Errorf("no baseline is called %q", name)
	}
	return best, nil
}

// ByAge sorts the oldest first.
func ByAge(all []Summary) {
	slices.SortStableFunc(all, func(a, b Summary) int {
		return strings.Compare(a.Created+" "+a.ID, b.Created+" "+b.ID)
	})
}

// Old are the ids of those that are not among the newest keep of what they are of, and have no name.
func Old(all []Summary, keep int) (ids []string) {
	all = slices.Clone(all)
	ByAge(all)
	newer := map[int]int{} // by the newest of the kind
	var kinds []record.Run
	for i := range slices.Backward(all) {
		s := &all[i]
		kind := slices.IndexFunc(kinds, func(r record.Run) bool { return len(s.Differences(&r)) == 0 })
		if kind < 0 {
			kind, kinds = len(kinds), append(kinds, s.Record())
		}
		if newer[kind]++; newer[kind] > keep && s.Name == "" {
			ids = append(ids, s.ID)
		}
	}
	return ids
}
