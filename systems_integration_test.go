//go:build vllm && triton

package main

import (
	"slices"
	"testing"

	"github.com/assaylab/assay/analysis/record"
)

// TestIntegration installs vLLM and Triton, and runs scenarios/systems.toml with both beside the included engine. The run directory
// stays, with the one report of all three.
func TestIntegration(t *testing.T) {
	python := tritonPython(t)
	args := slices.Concat(vllmSets(t), tritonSets(python, 1, 4))
	t.Run("systems", func(t *testing.T) {
		dir, set := swept(t, "integration", "systems.toml", args...)
		vllmSwept(t, set)
		tritonSwept(t, dir, set)
		engineSwept(t, set)
		shown(t, dir, "vLLM", "Triton Inference Server", "fig-systems", "What could not be compared")
	})
	tritonOtherwise(t, python)
}

// engineSwept holds a run's trials of the included engine, of which there are two formats, to what any must be.
func engineSwept(t *testing.T, set *record.Set) {
	t.Helper()
	arms := finished(t, set, "", func(t *testing.T, arm record.Arm, trial *record.Trial) {
		if trial.Engine.GeneratedTokens == 0 || trial.Engine.RunningNS == 0 {
			t.Errorf("%s: the engine counted %+v", arm.Name, trial.Engine)
		}
	})
	if len(arms) != 2 {
		t.Errorf("%d settings of the included engine were measured, expected 2: %v", len(arms), arms)
	}
}
