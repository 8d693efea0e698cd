package analysis

import (
	"fmt"
	"slices"

	"github.com/assaylab/assay/analysis/internal/words"
)

// Exam is the task by which quality compares across systems: the share of items that are right of which the most arms have
// one, of two systems at least. Nil where there is none.
func (s *Study) Exam() *TaskFigure {
	var best *TaskFigure
	for i := range s.Tasks {
		f := &s.Tasks[i]
		if f.Unit != "ratio" || s.Systems == nil || s.systemsIn(f) < 2 {
			continue
		}
		if best == nil || f.arms() > best.arms() {
			best = f
		}
	}
	return best
}

func (f *TaskFigure) arms() (n int) {
	for _, r := range f.Rows {
		n += len(r.Arms)
	}
	return n
}

// systemsIn counts the systems that have a row of a figure.
func (s *Study) systemsIn(f *TaskFigure) int {
	targets := map[string]bool{}
	for _, a := range s.Run.Arms {
		if f.Of(a.ID) == nil {
			continue
		}
		name := ""
		if a.Deployment != nil {
			name = "target " + a.Deployment.Target
		}
		targets[name] = true
	}
	return len(targets)
}

// Of is the row of an arm, nil where it has none.
func (f *TaskFigure) Of(arm string) *TaskRow {
	if f == nil {
		return nil
	}
	for i := range f.Rows {
		if slices.Contains(f.Rows[i].Arms, arm) {
			return &f.Rows[i]
		}
	}
	return nil
}

// examSentence says what the tasks say of an arm, "" for nothing.
func (a *analysis) examSentence(j *judged) string {
	r := a.study.Exam().Of(j.Arm.Arm.ID)
	if r == nil || !r.Value.Known() {
		return ""
	}
	return fmt.Sprintf("Of %s of a task it got %s right; no bound is held against that.", words.Count(r.Value.N, "item"), withInterval(r.Value, words.Percent))
}

// unasked are the tasks that arms have no figure of.
func (a *analysis) unasked() (out []Incomparable) {
	for _, g := range a.study.TaskGaps {
		out = append(out, Incomparable{What: "tasks", Arms: g.Arms, Why: capital(sentence(g.Reason))})
	}
	return out
}
