package simulate

import (
	"maps"
	"slices"
)

// pace is how long steps took in one trial, by what the model of all says.
type pace struct {
	step, between float64
	first, steps  int // of the trial's, among all
}

// keepPaces keeps the paces of all trials.
func (m *StepModel) keepPaces(steps []Observed) {
	type sums struct {
		took, step, waited, between float64
		first, steps                int
	}
	all := map[int]*sums{}
	for i, s := range steps {
		a := all[s.Trial]
		if a == nil {
			a = &sums{first: i}
			all[s.Trial] = a
		}
		a.steps++
		a.took, a.step = a.took+float64(s.Took), a.step+m.Step(s.Shape)
		if s.Between >= 0 {
			a.waited, a.between = a.waited+float64(s.Between), a.between+m.Between(s.Shape)
		}
	}
	m.paces = map[int]pace{}
	for trial, a := range all {
		m.paces[trial] = pace{ratio(a.took, a.step), ratio(a.waited, a.between), a.first, a.steps}
	}
}

// Trials are those whose steps the model is fitted to.
func (m *StepModel) Trials() []int { return slices.Sorted(maps.Keys(m.paces)) }

// During is the model with the machine as it was during one of the trials: steps are as far off as those of that trial were. Where it
// has few of a class, they are as far off as those of other trials, by the trial's pace.
func (m *StepModel) During(trial int) *StepModel {
	now := *m
	now.residuals = make([][]Residual, len(m.residuals))
	for class := range m.residuals {
		for i, r := range m.residuals[class] {
			if m.from[class][i] == trial {
				now.residuals[class] = append(now.residuals[class], r)
			}
		}
		if len(now.residuals[class]) < fewestResiduals/4 {
			now.residuals[class] = m.paced(class, m.paces[trial])
		}
	}
	return &now
}

// paced are the residuals of a class with the pace of their trials replaced by another, all over that trial's steps.
func (m *StepModel) paced(class int, now pace) (all []Residual) {
	n := len(m.residuals[class])
	for i, r := range m.residuals[class] {
		then := m.paces[m.from[class][i]]
		all = append(all, Residual{Step: r.Step * float32(now.step/then.step), Between: r.Between * float32(ratio(now.between, then.between)), At: now.first + i*now.steps/n})
	}
	return all
}
