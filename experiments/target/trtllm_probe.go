package target

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// probeTRT looks for trtllm-serve, its version and a GPU. Nothing is run: the command takes a minute to say anything at all.
func probeTRT(_ context.Context, l Launch) Found {
	f := Found{Would: trtCommand(l)}
	own := l.Command == nil
	name := trtCommandName
	if !own {
		name = l.Command[0]
	}
	path, err := exec.LookPath(name)
	if err != nil {
		f.Missing = append(f.Missing, fmt.Sprintf("%s is not in PATH: install the Python package tensorrt-llm, on Linux with an NVIDIA GPU, or give command = [...] of the target", name))
	} else {
		f.Executable = path
		f.Version = packageVersion(path, "tensorrt_llm")
	}
	if !hasGPU("/dev") {
		text := "no NVIDIA GPU is to be seen on this machine, and TensorRT-LLM needs one"
		if own {
			f.Missing = append(f.Missing, text)
		} else {
			f.Notes = append(f.Notes, text+", wherever "+name+" runs it")
		}
	}
	if l.Model != "" {
		if _, err := os.Stat(l.Model); err != nil {
			f.Missing = append(f.Missing, fmt.Sprintf("the model: %v", err))
		}
	}
	switch {
	case f.Executable == "" || f.Version != "":
	case inContainer(l.Command):
		f.Notes = append(f.Notes, "the version is the image's, and not known before the server says it")
	default:
		f.Notes = append(f.Notes, "the version is not known before the server says it: no package tensorrt_llm beside "+f.Executable)
	}
	f.Notes = append(f.Notes, "options are written to "+trtFile(l)+", a file of the trial")
	if l.Values["return_perf_metrics"] != "true" && l.Values["enable_iter_perf_stats"] != "false" {
		f.Notes = append(f.Notes, "its statistics are fetched once a second while it is loaded; enable_iter_perf_stats = false leaves that, and its counts, out")
	}
	return f
}

// hasGPU looks for devices of NVIDIA's driver, or of the one under Windows.
func hasGPU(dev string) bool {
	for _, pattern := range []string{"nvidia[0-9]*", "dxg"} {
		if found, _ := filepath.Glob(filepath.Join(dev, pattern)); len(found) > 0 {
			return true
		}
	}
	return false
}
