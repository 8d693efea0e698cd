package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assaylab/assay/engine/machine"
)

// Results are all that was found, as they are committed: one entry a machine.
type Results struct {
	Machines []*Machine `json:"machines"`
}

// Machine is what was found on one.
type Machine struct {
	ID       string   `json:"id"` // its fingerprint
	CPU      string   `json:"cpu"`
	Class    class    `json:"class"`
	Features []string `json:"features"`
	Threads  int      `json:"threads"`
	Memory   int64    `json:"memory_bytes"`
	Noise    []string `json:"noise,omitempty"`
	Date     string   `json:"date"` // of the last change, YYYY-MM-DD

	Kernel   string `json:"kernel"`             // this engine's best
	Llama    string `json:"llama_cpp"`          // the package its source is from
	Barrier  bool   `json:"llama_cpp_barrier"`  // whether its source had to be changed to run
	OpenVINO string `json:"openvino,omitempty"` // the package, "" where it does not install

	Measured []Measured `json:"measured"`
}

// Measured is one job in one column.
type Measured struct {
	Column  string   `json:"column"`
	Job     string   `json:"job"`
	Rounds  int      `json:"rounds"`
	Date    string   `json:"date"`
	Engines []Tested `json:"engines"`
}

func (m Measured) name() string { return m.Column + "/" + m.Job }

// Tested is one engine in one configuration.
type Tested struct {
	Engine        string  `json:"engine"`
	Configuration string  `json:"configuration"`
	Rounds        int     `json:"rounds,omitempty"` // if fewer than the others: it was hopeless
	Error         string  `json:"error,omitempty"`  // why it has no speeds
	Speeds        []Speed `json:"speeds,omitempty"`
}

// Speed is one test's, tokens a second over the rounds.
type Speed struct {
	Test  string         `json:"test"`
	Rate  machine.Figure `json:"tokens_per_second"`
	Share machine.Figure `json:"roof_share,omitzero"`
	Bound string         `json:"bound,omitempty"`
}

// find is the speed of a test.
func (t Tested) find(test string) (Speed, bool) {
	i := slices.IndexFunc(t.Speeds, func(s Speed) bool { return s.Test == test })
	if i < 0 {
		return Speed{}, false
	}
	return t.Speeds[i], true
}

// machine is the entry of an id, made where there is none.
func (r *Results) machine(id string) *Machine {
	for _, m := range r.Machines {
		if m.ID == id {
			return m
		}
	}
	m := &Machine{ID: id}
	r.Machines = append(r.Machines, m)
	return m
}

// put replaces the measurement of the same name, or adds it, in the order of names.
func (m *Machine) put(x Measured, names []string) {
	m.Measured = slices.DeleteFunc(m.Measured, func(o Measured) bool { return o.name() == x.name() || !slices.Contains(names, o.name()) })
	m.Measured = append(m.Measured, x)
	slices.SortStableFunc(m.Measured, func(a, b Measured) int {
		return cmp.Compare(slices.Index(names, a.name()), slices.Index(names, b.name()))
	})
}

// find is the measurement of a job in a column.
func (m *Machine) find(column string, j job) (Measured, bool) {
	for _, x := range m.Measured {
		if x.Column == column && x.Job == j.String() {
			return x, true
		}
	}
	return Measured{}, false
}

// load reads results; those of a file that is not there are empty.
func load(path string) (*Results, error) {
	r := &Results{}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err == nil {
		err = json.Unmarshal(text, r)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// encode writes one line for each engine of a measurement, so that a change can be read.
func (r *Results) encode() ([]byte, error) {
	var b strings.Builder
	b.WriteString("{\n  \"machines\": [")
	for i, m := range r.Machines {
		if i > 0 {
			b.WriteByte(',')
		}
		head := *m
		head.Measured = nil
		text, err := json.Marshal(head)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "\n    %s\"measured\": [", strings.TrimSuffix(string(text), `"measured":null}`))
		for k, x := range m.Measured {
			if k > 0 {
				b.WriteByte(',')
			}
			if err := x.encode(&b); err != nil {
				return nil, err
			}
		}
		b.WriteString("\n    ]}")
	}
	b.WriteString("\n  ]\n}\n")
	return []byte(b.String()), nil
}

func (m Measured) encode(b *strings.Builder) error {
	engines := m.Engines
	m.Engines = nil
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "\n      %s\"engines\": [", strings.TrimSuffix(string(text), `"engines":null}`))
	for i, e := range engines {
		if i > 0 {
			b.WriteByte(',')
		}
		line, err := json.Marshal(e)
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "\n        %s", line)
	}
	b.WriteString("\n      ]}")
	return nil
}

// replace writes a file in one step.
func replace(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
