package target

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/system"
)

func init() {
	starters["triton-trtllm"] = starter{start: newTritonTRT, probe: probeTritonTRT, command: func(l Launch) []string { return tritonTRTServer(l, nil).CommandLine() }}
}

// tritonTRT is Triton over a repository that is made for the trial, from templates or for the LLM API. All but the making is
// Triton's.
type tritonTRT struct {
	Target // nil before the repository is there
	server Launch
	make   func() error // writes the model of server
}

var (
	_ Target     = (*tritonTRT)(nil)
	_ Prober     = (*tritonTRT)(nil)
	_ Reporter   = (*tritonTRT)(nil)
	_ Accountant = (*tritonTRT)(nil)
)

func newTritonTRT(l Launch) (Target, error) {
	if why := l.Kind.Refuses(l.Values, ""); why != "" {
		return nil, errors.New(why)
	}
	server := tritonTRTServer(l, nil)
	return &tritonTRT{server: server, make: func() error {
		filled, err := filledTemplates(l)
		if err != nil {
			return err
		}
		return filled.write(l.Model, server.Model)
	}}, nil
}

// tritonTRTServer is the launch of the Triton, over the repository that is to be made, with settings of Triton's.
func tritonTRTServer(l Launch, v system.Values) Launch {
	k, _ := system.Named("triton")
	inner := l
	inner.Kind, inner.Values, inner.Model = k, v, filepath.Join(l.Dir, "filled")
	return inner
}

// filledTemplates are the configurations of a launch.
func filledTemplates(l Launch) (templates, error) {
	all, err := readTemplates(l.Model)
	if err != nil {
		return nil, err
	}
	if _, ok := all[l.Served+"/"+configFile]; !ok {
		var names []string
		for _, file := range slices.Sorted(maps.Keys(all)) {
			names = append(names, strings.TrimSuffix(file, "/"+configFile))
		}
		return nil, fmt.Errorf("%s has no model %q, which is asked for: write model = one of %s", l.Model, l.Served, strings.Join(names, ", "))
	}
	return all.fill(templateValues(l.Values))
}

// templateValues are all values by the names of places.
func templateValues(v system.Values) map[string]string {
	all := maps.Clone(map[string]string(v))
	delete(all, system.TemplateExtra)
	var extra map[string]string
	if json.Unmarshal([]byte(v[system.TemplateExtra]), &extra) == nil { // it was checked to be one, or is not given
		maps.Copy(all, extra)
	}
	return all
}

// Check makes the repository, which Triton's own check then looks at.
func (t *tritonTRT) Check(ctx context.Context) error {
	err := t.make()
	if err != nil {
		return err
	}
	if t.Target, err = New(t.server); err != nil {
		return err
	}
	return t.Target.Check(ctx)
}

// Start implements Target.
func (t *tritonTRT) Start(ctx context.Context, log io.Writer) error {
	if t.Target == nil {
		return errors.New("it was not checked before: there is no repository")
	}
	return t.Target.Start(ctx, log)
}

// Stop implements Target.
func (t *tritonTRT) Stop() error {
	if t.Target == nil {
		return nil
	}
	return t.Target.Stop()
}

// Version implements Prober: it is the server's, not the backend's.
func (t *tritonTRT) Version(ctx context.Context) (string, error) {
	if p, ok := t.Target.(Prober); ok {
		return p.Version(ctx)
	}
	return "", nil
}

// Report implements Reporter.
func (t *tritonTRT) Report(before, after Stats) []record.Setting {
	var all []record.Setting
	if r, ok := t.Target.(Reporter); ok {
		all = r.Report(before, after)
	}
	return append(all, trtGaugeReport(after)...)
}

// Differs implements Accountant: it is Triton that counts requests. The backend's counts of tokens are among the counters, which are held
// against the client's for every system.
func (t *tritonTRT) Differs(before, after Stats, seen Seen) []string {
	if a, ok := t.Target.(Accountant); ok {
		return a.Differs(before, after, seen)
	}
	return nil
}

// probeTritonTRT looks for Triton, a GPU, and what the templates lack.
func probeTritonTRT(ctx context.Context, l Launch) Found {
	f := probeTritonOver(ctx, tritonTRTServer(l, nil))
	if l.Model != "" {
		f.templates(l)
	}
	f.Notes = append(f.Notes, "the version is Triton's: it does not say that of its backend tensorrtllm")
	return f
}

// probeTritonOver looks for Triton and a GPU, for a server whose model is not there before the trial.
func probeTritonOver(ctx context.Context, server Launch) Found {
	unmade := server
	unmade.Model = ""
	f := Probe(ctx, unmade)
	f.Would = server.CommandLine()
	if !hasGPU("/dev") {
		f.Missing = append(f.Missing, "no NVIDIA GPU is to be seen on this machine, and TensorRT-LLM needs one")
	}
	f.Notes = append(f.Notes, "the model's files are written to "+server.Model+", with the trial")
	return f
}

// templates says what the templates lack. A value that is missing may be one that a sweep gives.
func (f *Found) templates(l Launch) {
	if _, err := readTemplates(l.Model); err != nil {
		f.Missing = append(f.Missing, err.Error())
		return
	}
	if _, err := filledTemplates(l); err != nil {
		for line := range strings.Lines(err.Error()) {
			f.Notes = append(f.Notes, "with these settings alone: "+strings.TrimSpace(line))
		}
	}
}
