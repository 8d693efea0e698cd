package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/assaylab/assay/engine/bench"
	"github.com/assaylab/assay/engine/internal/llamacpp"
)

// openvinoRequirement is the package that is compared, as pip takes it.
const openvinoRequirement = "openvino-genai==2026.4.1.0"

//go:embed driver.py
var openvinoScript []byte

// installOpenVINO makes a virtual environment of its own in dir, once, and returns its
// Python.
func installOpenVINO(ctx context.Context, log io.Writer, dir string) (string, error) {
	venv := filepath.Join(dir, "openvino")
	python, stamp := filepath.Join(venv, "bin", "python"), filepath.Join(venv, "installed")
	if have, err := os.ReadFile(stamp); err == nil && string(have) == openvinoRequirement {
		return python, nil
	}
	fmt.Fprintln(log, "installing", openvinoRequirement, "with pip")
	if err := llamacpp.Run(ctx, log, "python3", "-m", "venv", "--clear", venv); err != nil {
		return "", err
	}
	if err := llamacpp.Run(ctx, log, python, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", openvinoRequirement); err != nil {
		return "", err
	}
	return python, os.WriteFile(stamp, []byte(openvinoRequirement), 0o644)
}

// genai is OpenVINO GenAI with its own defaults: a process that has a model loaded from
// the first round on, and sleeps while others run.
type genai struct {
	python, script string
	threads        int

	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	err     error // why it does not run, known from the first time on
}

func (g *genai) identity() (string, string) { return openvino, "default" }

// answer is a line that the script writes.
type answer struct {
	Error   string  `json:"error"`
	Version string  `json:"version"`
	Prefill float64 `json:"prefill_s"`
	Decode  float64 `json:"decode_s"`
	Steps   int     `json:"steps"`
}

func (g *genai) start(ctx context.Context, file string) error {
	g.command = exec.CommandContext(ctx, g.python, g.script, file, strconv.Itoa(g.threads))
	var err error
	if g.in, err = g.command.StdinPipe(); err != nil {
		return err
	}
	out, err := g.command.StdoutPipe()
	if err != nil {
		return err
	}
	g.out = bufio.NewReader(out)
	if err := g.command.Start(); err != nil {
		return err
	}
	_, err = g.read()
	return err
}

func (g *genai) read() (a answer, err error) {
	line, err := g.out.ReadBytes('\n')
	if err != nil {
		return a, fmt.Errorf("%s ended: %w", openvino, err)
	}
	if err = json.Unmarshal(line, &a); err == nil && a.Error != "" {
		err = errors.New(a.Error)
	}
	return a, err
}

func (g *genai) once(ctx context.Context, file string, tests []bench.Test) ([]speed, error) {
	if g.command == nil && g.err == nil {
		if g.err = g.start(ctx, file); g.err == nil {
			_, g.err = g.all(tests) // a warm-up
		}
	}
	if g.err != nil {
		return nil, errors.Join(ctx.Err(), g.err)
	}
	return g.all(tests)
}

func (g *genai) all(tests []bench.Test) ([]speed, error) {
	var all []speed
	for _, t := range tests {
		s, err := g.test(t)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// test asks for one test. Decoding n tokens is n steps after the prompt's.
func (g *genai) test(t bench.Test) (speed, error) {
	prompt := max(1, t.Depth) + t.Prompt
	if t.Prompt > 0 {
		prompt = t.Prompt
	}
	request, err := json.Marshal(map[string]int{"prompt": prompt, "generate": t.Generate + 1, "batch": t.Batch})
	if err != nil {
		return speed{}, err
	}
	if _, err := g.in.Write(append(request, '\n')); err != nil {
		return speed{}, fmt.Errorf("%s ended: %w", openvino, err)
	}
	a, err := g.read()
	switch {
	case err != nil:
		return speed{}, err
	case a.Steps != t.Generate+1:
		return speed{}, fmt.Errorf("%s made %d tokens of a sequence, expected %d", openvino, a.Steps, t.Generate+1)
	}
	seconds := a.Decode
	if t.Prompt > 0 {
		seconds = a.Prefill
	}
	return speed{Name: t.Name(), Rate: float64(t.Tokens()) / seconds}, nil
}

func (g *genai) close() error {
	if g.command == nil {
		return nil
	}
	err := g.in.Close() // the script ends with its input
	_ = g.command.Wait()
	return err
}
