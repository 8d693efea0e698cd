package predict

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Trials that come with the program. Each file says in its first lines where they are from.
var (
	//go:embed gpus.csv
	gpus string
	//go:embed cpus.csv
	cpus string
)

// Known are the trials that come with the program: published ones of accelerators, and ones of the included
// engine on processors.
func Known() ([]Trial, error) {
	published, err := readGPUs(strings.NewReader(gpus))
	if err != nil {
		return nil, fmt.Errorf("gpus.csv: %w", err)
	}
	measured, err := readCPUs(strings.NewReader(cpus))
	if err != nil {
		return nil, fmt.Errorf("cpus.csv: %w", err)
	}
	return append(published, measured...), nil
}

// Where the trials of the files are from.
const (
	gpuSource = "GPU-Benchmarks-on-LLM-Inference, llama.cpp, December 2023"
	cpuSource = "docs/benchmarks.md, the included engine, 29 November 2026"
)

func readGPUs(r io.Reader) ([]Trial, error) {
	var all []Trial
	err := rows(r, []string{"machine", "tflops", "gb_s", "work", "params_b", "weights_gb", "decode", "prefill"}, func(text func(string) string, number func(string) float64) error {
		m := Machine{Name: text("machine"), Bandwidth: number("gb_s") * 1e9}
		w := Work{Name: text("work"), Ops: 2e9 * number("params_b"), Bytes: number("weights_gb") * 1e9}
		speeds := map[Phase]float64{Decode: number("decode")}
		if text("tflops") != "" {
			m.Ops, speeds[Prefill] = number("tflops")*1e12, number("prefill")
		}
		for _, phase := range []Phase{Prefill, Decode} {
			if speeds[phase] == 0 {
				continue
			}
			roof, err := m.Roof(w, phase)
			if err != nil {
				return err
			}
			all = append(all, Trial{m.Name, w.Name, phase, speeds[phase], roof, Published, gpuSource})
		}
		return nil
	})
	return all, err
}

func readCPUs(r io.Reader) ([]Trial, error) {
	var all []Trial
	err := rows(r, []string{"machine", "work", "phase", "speed", "share"}, func(text func(string) string, number func(string) float64) error {
		phase, speed := Phase(text("phase")), number("speed")
		if phase != Prefill && phase != Decode {
			return fmt.Errorf("phase %q: expected %q or %q", string(phase), Prefill, Decode)
		}
		all = append(all, Trial{text("machine"), text("work"), phase, speed, speed / number("share"), Measured, cpuSource})
		return nil
	})
	return all, err
}

// largest is above every number of the files, and 1/largest below.
const largest = 1e12

// rows reads a file of named columns. A number that is none is the row's error.
func rows(r io.Reader, columns []string, row func(text func(string) string, number func(string) float64) error) error {
	c := csv.NewReader(r)
	c.Comment = '#'
	header, err := c.Read()
	if err != nil {
		return err
	}
	if strings.Join(header, ",") != strings.Join(columns, ",") {
		return fmt.Errorf("columns %q: expected %q", header, columns)
	}
	for {
		fields, err := c.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		var bad error
		text := func(name string) string {
			for i, n := range columns {
				if n == name {
					return fields[i]
				}
			}
			return ""
		}
		number := func(name string) float64 {
			v, err := strconv.ParseFloat(text(name), 64)
			if err != nil || !(v > 1/largest && v < largest) {
				line, _ := c.FieldPos(0)
				bad = fmt.Errorf("line %d: %s is %q: expected a number above 0, and not out of all measure", line, name, text(name))
			}
			return v
		}
		if err := row(text, number); err != nil || bad != nil {
			if bad != nil {
				return bad
			}
			return err
		}
	}
}
