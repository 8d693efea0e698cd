package record

import (
	"fmt"
	"math"
	"strings"
)

func checkFormat(path string, found int) error {
	if found == FormatVersion {
		return nil
	}
	advice := "it was written by a newer version of assay: read it with that version"
	if found < FormatVersion {
		advice = "it was written by an older version of assay, or is not of this kind: run the scenario again"
	}
	return fmt.Errorf("%s: format version %d, this version reads %d: %s", path, found, FormatVersion, advice)
}

// checkID refuses ids that could name a file outside the run directory.
func checkID(path, what, id string) error {
	if id == "" || id == "." || id == ".." || strings.ContainsAny(id, "/\\\x00") {
		return fmt.Errorf("%s: %s id %q: expected a plain file name", path, what, id)
	}
	return nil
}

func (r *Run) validate(path string) error {
	if err := checkFormat(path, r.Format); err != nil {
		return err
	}
	if err := r.validateTrials(path); err != nil {
		return err
	}
	if err := validateEach(path, "searches", r.Searches, Search.validate); err != nil {
		return err
	}
	if err := r.Cost.validate(); err != nil {
		return fmt.Errorf("%s: cost: %w", path, err)
	}
	for i, k := range r.Tasks {
		if !(k.Least >= 0 && k.Least < 1) {
			return fmt.Errorf("%s: tasks[%d].least: %v, expected a share from 0 up to 1", path, i, k.Least)
		}
	}
	return validateEach(path, "slos", r.SLOs, SLO.validate)
}

// validateTrials checks arms and loads, and that trials are of these.
func (r *Run) validateTrials(path string) error {
	arms, loads := map[string]bool{}, map[string]bool{}
	for _, a := range r.Arms {
		if err := unique(path, "arm", a.ID, arms); err != nil {
			return err
		}
	}
	for _, l := range r.Loads {
		if err := unique(path, "load", l.ID, loads); err != nil {
			return err
		}
		if err := l.validateClasses(); err != nil {
			return fmt.Errorf("%s: load %s: %w", path, l.ID, err)
		}
	}
	for _, k := range r.Order {
		if err := checkID(path, "trial", k.ID); err != nil {
			return err
		}
		if !arms[k.Arm] || !loads[k.Load] {
			return fmt.Errorf("%s: order: trial %s names arm %q and load %q, which are not both listed", path, k.ID, k.Arm, k.Load)
		}
	}
	return nil
}

func validateEach[T any](path, list string, all []T, validate func(T) error) error {
	for i, v := range all {
		if err := validate(v); err != nil {
			return fmt.Errorf("%s: %s[%d]: %w", path, list, i, err)
		}
	}
	return nil
}

func unique(path, what, id string, seen map[string]bool) error {
	if err := checkID(path, what, id); err != nil {
		return err
	}
	if seen[id] {
		return fmt.Errorf("%s: two %ss have the id %q", path, what, id)
	}
	seen[id] = true
	return nil
}

func (s SLO) validate() error {
	switch s.Metric {
	case "ttft", "tpot", "itl", "e2e":
	default:
		return fmt.Errorf("metric %q: expected ttft, tpot, itl or e2e", s.Metric)
	}
	if !(s.Percentile > 0 && s.Percentile < 1) {
		return fmt.Errorf("percentile %v of %s: expected a share between 0 and 1, e.g. 0.95", s.Percentile, s.Metric)
	}
	if s.LimitNS <= 0 {
		return fmt.Errorf("limit %d ns of %s: expected more than 0", s.LimitNS, s.Metric)
	}
	return nil
}

func (t *Trial) validate(path, dirName string) error {
	if err := checkFormat(path, t.Format); err != nil {
		return err
	}
	if t.Key.ID != dirName {
		return fmt.Errorf("%s: trial id %q in a directory called %q: the directory was renamed or copied", path, t.Key.ID, dirName)
	}
	switch t.Status {
	case StatusOK:
	case StatusFailed:
		return nil
	default:
		return fmt.Errorf("%s: status %q: expected %q or %q", path, t.Status, StatusOK, StatusFailed)
	}
	if t.WindowNS < 0 || t.Issued < 0 {
		return fmt.Errorf("%s: window_ns %d and issued %d: expected 0 or more", path, t.WindowNS, t.Issued)
	}
	return nil
}

func (q *Quality) validate(path, id string) error {
	if err := checkFormat(path, q.Format); err != nil {
		return err
	}
	if q.ID != id {
		return fmt.Errorf("%s: quality id %q in a file called %s.json", path, q.ID, id)
	}
	n := len(q.NLL)
	if len(q.Window) != n || len(q.Ref) != n || len(q.KL) != n || len(q.SameTop) != n {
		return fmt.Errorf("%s: %d nll values but %d windows, %d ref_nll, %d kl and %d same_top: expected equal counts",
			path, n, len(q.Window), len(q.Ref), len(q.KL), len(q.SameTop))
	}
	for i := range n {
		if sum := q.NLL[i] + q.Ref[i] + q.KL[i]; math.IsNaN(sum) || math.IsInf(sum, 0) {
			return fmt.Errorf("%s: value %d is not finite", path, i)
		}
	}
	for i, s := range q.Sampled {
		if err := s.validate(); err != nil {
			return fmt.Errorf("%s: sampled[%d]: %w", path, i, err)
		}
	}
	return nil
}

func (s *Sampled) validate() error {
	if len(s.Excess) != len(s.NLL) {
		return fmt.Errorf("%d values of excess and %d of nll: expected equal counts", len(s.Excess), len(s.NLL))
	}
	for i := range s.Excess {
		if sum := s.Excess[i] + s.NLL[i]; math.IsNaN(sum) || math.IsInf(sum, 0) {
			return fmt.Errorf("value %d is not finite", i)
		}
	}
	return nil
}
