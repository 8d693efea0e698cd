package group

import "github.com/assaylab/assay/analysis/record"

// One is a cell of a single trial, checked by itself.
func One(set *record.Set, arm record.Arm, load record.Load, trial record.Trial) (Cell, error) {
	return Place{arm, load, []record.Trial{trial}}.Read(set)
}
