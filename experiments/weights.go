package experiments

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/engine/checkpoint"
	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/recipe"
	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/store"
)

// weightsDir is where a run keeps the model in the formats it sweeps.
const weightsDir = "weights"

// weights makes the model in every quantization that the arms use and returns the
// path of each. What was made before of the same model, whose hash is sum, is used again.
func (l *Lab) weights(p *Plan, dir, sum string) (map[string]string, error) {
	paths := map[string]string{}
	if err := removeUnfinished(filepath.Join(dir, weightsDir)); err != nil {
		return nil, err
	}
	shipped := checkpoint.Format(p.model.File)
	for _, probe := range p.quantizations() {
		if probe == scenario.AsShipped || probe == shipped {
			paths[probe] = p.Scenario.Resolve(p.Scenario.Model)
			continue
		}
		path := filepath.Join(dir, weightsDir, fmt.Sprintf("%s-%.8s.gguf", probe, sum)) // not the name in the file: it is somebody's text
		if _, err := os.Stat(path); err != nil {
			l.Progress.Phase("quantizing to " + probe)
			if err := requantize(p.model.File, probe, path); err != nil {
				return nil, err
			}
		}
		paths[probe] = path
	}
	return paths, nil
}

// removeUnfinished removes what gguf.WriteFile was writing when a lab was killed.
func removeUnfinished(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") && strings.HasSuffix(e.Name(), ".tmp") {
			err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	return err
}

// modelSum identifies the model of a run: by its file, or by the binary that holds it.
func modelSum(run record.Run, model string) string {
	for _, f := range run.Files {
		if f.Name == model {
			return f.SHA256
		}
	}
	return run.Build.SHA256
}

// quantizations are those of the arms and of the quality reference, each once.
func (p *Plan) quantizations() []string {
	var all []string
	seen := map[string]bool{}
	add := func(q string) {
		if q != "" && !seen[q] {
			seen[q] = true
			all = append(all, q)
		}
	}
	add(p.Matrix.Reference.Quantization)
	for _, a := range p.Matrix.Arms { // a target has none here
		add(a.Settings.Quantization)
	}
	return all
}

func requantize(f *gguf.File, to, path string) error {
	r, err := recipe.ByName(to)
	if err != nil {
		return err
	}
	steps, err := checkpoint.Plan(f, r, nil, nil)
	if err != nil {
		return err
	}
	kvs, tensors := checkpoint.Requantize(f, r, steps)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return store.Disk(path, err)
	}
	if err := gguf.WriteFile(path, kvs, tensors); err != nil {
		return store.Disk(path, fmt.Errorf("quantize to %s: %w", to, err))
	}
	return nil
}
