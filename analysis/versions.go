package analysis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis/record"
)

// warnOfVersions says which targets were answered for by several versions of their model in the course of the run: their cells are
// not of one thing.
func (a *analysis) warnOfVersions() {
	var order []string
	by := map[string][]string{}
	for _, arm := range a.run.Arms {
		if arm.Deployment == nil {
			continue
		}
		target := arm.Deployment.Target
		if !slices.Contains(order, target) {
			order = append(order, target)
		}
		for _, name := range a.answering(arm) {
			if !slices.Contains(by[target], name) {
				by[target] = append(by[target], name)
			}
		}
	}
	for _, target := range order {
		if names := by[target]; len(names) > 1 {
			slices.Sort(names)
			a.study.Warnings = append(a.study.Warnings, fmt.Sprintf("Several versions of the model of %s answered in the course of the run: %s. Its trials are not all of one thing.", target, strings.Join(names, ", ")))
		}
	}
}

// answering are the names of the models that answered an arm's trials.
func (a *analysis) answering(arm record.Arm) (names []string) {
	for _, t := range a.set.Trials {
		switch {
		case t.Key.Arm != arm.ID || t.Server == nil || t.Status != record.StatusOK:
		case len(t.Server.Models) == 0:
			names = append(names, arm.Deployment.Model)
		default:
			names = append(names, t.Server.Models...)
		}
	}
	return names
}
