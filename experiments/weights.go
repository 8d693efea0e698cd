package experiments

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/assaylab/assay/engine/checkpoint"
	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/quant"
	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/store"
)

// weightsDir is where a run keeps the model in the formats it sweeps.
const weightsDir = "weights"

// weights makes the model in every quantization that the arms use and returns the
// path of each. What was made before is used again: the run is of one scenario.
func (l *Lab) weights(p *Plan, dir string) (map[string]string, error) {
	paths := map[string]string{}
	shipped := checkpoint.Format(p.model.File)
	for _, probe := range p.quantizations() {
		if probe == scenario.AsShipped || probe == shipped {
			paths[probe] = p.Scenario.Resolve(p.Scenario.Model)
			continue
		}
		path := filepath.Join(dir, weightsDir, probe+".gguf") // not the name in the file: it is somebody's text
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
	for _, a := range p.Matrix.Arms {
		add(a.Settings.Quantization)
	}
	return all
}

func requantize(f *gguf.File, to, path string) error {
	format, err := quant.ByName(to)
	if err != nil {
		return err
	}
	kvs, tensors, err := checkpoint.Requantize(f, format)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return store.Disk(path, err)
	}
	if err := gguf.WriteFile(path, kvs, tensors); err != nil {
		return store.Disk(path, fmt.Errorf("quantize to %s: %w", to, err))
	}
	return nil
}
