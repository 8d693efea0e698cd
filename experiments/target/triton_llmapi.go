package target

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/assaylab/assay/experiments/system"
	"github.com/assaylab/assay/loadgen/dialect"
)

func init() {
	starters["triton-llmapi"] = starter{start: newLLMAPI, probe: probeLLMAPI, command: func(l Launch) []string { return llmapiServer(l).CommandLine() }}
}

// llmapiFile is what the Python model reads its arguments from, beside model.py; llmapiVariable may name another one.
const (
	llmapiFile     = "model.yaml"
	llmapiVariable = "LLM_CONFIG_PATH"
)

// newLLMAPI is Triton over the published Python model, with a model.yaml of the launch.
func newLLMAPI(l Launch) (Target, error) {
	if why := l.Kind.Refuses(l.Values, ""); why != "" {
		return nil, errors.New(why)
	}
	server := llmapiServer(l)
	return &tritonTRT{server: server, make: func() error { return writeLLMAPI(l, server.Model) }}, nil
}

// llmapiServer is the launch of the Triton. It is told by config.pbtxt what the model also reads from its own file: a server
// that does not have models complete their configurations would take a decoupled one for one that is not.
func llmapiServer(l Launch) Launch {
	return tritonTRTServer(l, system.Values{"max_batch_size": "0", "decoupled": strconv.FormatBool(l.shape() != dialect.Whole)})
}

// publishedModel is the folder of the Python model.
func publishedModel(l Launch) string {
	return cmp.Or(l.Values[system.PythonModel], system.PublishedModel)
}

// checkPublished says what is wrong with that folder, and with where the model would read its arguments.
func checkPublished(l Launch) error {
	dir := publishedModel(l)
	for _, name := range []string{configFile, filepath.Join("1", "model.py")} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || !info.Mode().IsRegular() {
			return fmt.Errorf("%s has no %s: write settings = { %s = ... }, the folder triton_backend/all_models/llmapi/tensorrt_llm of TensorRT-LLM's sources, of the version that is installed",
				dir, name, system.PythonModel)
		}
	}
	if info, err := os.Lstat(filepath.Join(dir, "1")); err != nil || !info.IsDir() {
		return fmt.Errorf("%s is a link, expected the folder itself: a file is written beside model.py in a copy of it", filepath.Join(dir, "1"))
	}
	if other := os.Getenv(llmapiVariable); other != "" {
		return fmt.Errorf("the environment has %s=%s, from which the model would read its arguments in place of its own %s: unset it", llmapiVariable, other, llmapiFile)
	}
	return nil
}

// writeLLMAPI copies the published model to a folder, with a model.yaml of the launch.
func writeLLMAPI(l Launch, to string) error {
	if err := checkPublished(l); err != nil {
		return err
	}
	text, err := llmapiDocument(l)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	from, err := filepath.EvalSymlinks(publishedModel(l)) // a link to the folder is the folder
	if err != nil {
		return err
	}
	if err := copyModel(from, to); err != nil {
		return err
	}
	file := filepath.Join(to, "1", llmapiFile)
	if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) { // a large one is a link to the published one
		return err
	}
	return os.WriteFile(file, []byte(text), 0o644)
}

// llmapiDocument is what model.yaml has: arguments of the LLM API, and what the model tells Triton of itself.
func llmapiDocument(l Launch) (string, error) {
	all, err := system.LLMAPI(l.Values)
	if err != nil {
		return "", err
	}
	if all["model"], err = filepath.Abs(l.Model); err != nil {
		return "", err
	}
	all["triton_config"] = map[string]any{"max_batch_size": 0, "decoupled": l.shape() != dialect.Whole}
	return yamlDocument(all)
}

// probeLLMAPI looks for Triton, a GPU, the Python model and the model that it runs.
func probeLLMAPI(ctx context.Context, l Launch) Found {
	f := probeTritonOver(ctx, llmapiServer(l))
	if err := checkPublished(l); err != nil {
		f.Missing = append(f.Missing, err.Error())
	}
	if l.Model != "" {
		if _, err := os.Stat(l.Model); err != nil {
			f.Missing = append(f.Missing, fmt.Sprintf("the model: %v", err))
		}
	}
	f.Notes = append(f.Notes, "the version is Triton's: it does not say that of TensorRT-LLM, whose published model streams from 1.3 on")
	return f
}
