package sweep

import (
	"fmt"
	"slices"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/experiments/exam"
	"github.com/assaylab/assay/experiments/scenario"
)

// Exam is one distinct subject of the scenario's tasks: arms that differ only in what cannot change an
// engine's answers share it.
type Exam struct {
	ID  string
	Arm Arm // the first of those that share it
	// Forms are how an engine is asked: as the targets are, so that the figures can be compared.
	Forms []string
}

// examine gives arms the ids of their answers to the tasks. sum is the tasks' hash.
func (m *Matrix) examine(sum string) {
	if sum == "" {
		return
	}
	forms := m.forms()
	for i := range m.Arms {
		a := &m.Arms[i]
		switch {
		case a.Ladder != nil: // whose answers are those of several models
		case a.Target == nil:
			a.Record.TasksID = digest("tasks", sum, forms, a.Model, answering(a.Settings))
		case !a.Target.NoTasks:
			a.Record.TasksID = digest("tasks", sum, identity(a.Target.Target), a.Target.Values)
		}
	}
}

// answering is what of an engine's settings its answers depend on.
func answering(s scenario.Settings) any {
	if s.KVPolicy == kvcache.PolicyFull {
		return []any{s.Quantization, s.CacheFormat()}
	}
	bound, size := s.WithoutEffect().Bound(), 0
	if bound.Chooses() {
		size = s.BlockSize
	}
	return []any{s.Quantization, s.CacheFormat(), fmt.Sprintf("%+v", bound), size}
}

// tasks is what run.json says of the scenario's tasks.
func (m *Matrix) tasks() (all []record.TaskPlan) {
	for _, k := range m.Scenario.Tasks {
		all = append(all, record.TaskPlan{Kind: exam.Judged(k.Kind), Source: k.File, Least: k.Least})
	}
	return all
}

// forms are those in which the targets are asked; text where there are none.
func (m *Matrix) forms() []string {
	var all []string
	for _, x := range m.Scenario.Targets {
		if form := (&exam.Server{Kind: x.Dialect}).Form(); !x.NoTasks && !slices.Contains(all, form) {
			all = append(all, form)
		}
	}
	if len(all) == 0 {
		return []string{record.FormText}
	}
	slices.Sort(all)
	return all
}

// Exams lists the distinct subjects, in the order of the arms.
func (m *Matrix) Exams() []Exam {
	var all []Exam
	for _, a := range m.Arms {
		id := a.Record.TasksID
		if id == "" || slices.ContainsFunc(all, func(e Exam) bool { return e.ID == id }) {
			continue
		}
		e := Exam{ID: id, Arm: a}
		if a.Target == nil {
			e.Forms = m.forms()
		}
		all = append(all, e)
	}
	return all
}
