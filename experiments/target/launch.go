package target

import (
	"cmp"
	"context"
	"fmt"
	"net/http"

	"github.com/assaylab/assay/experiments/system"
	"github.com/assaylab/assay/loadgen/dialect"
)

// Launch is what an arm of a started system is made of.
type Launch struct {
	Kind    system.Kind
	Values  system.Values
	Model   string   // folder or file that can be opened
	Served  string   // what the server shall call it
	Command []string // nil for the system's own
	Dir     string   // for files that the start needs (configuration, a model repository), kept with the trial; it may not exist yet
	CPUs    []int    // processors that the system may run on; nil for those of the caller
	Client  *http.Client
	Dialect string // in which it is asked: some have a port of their own. "" for the first of Kind

	// Of a server that is there, of a system whose Kind is Adjustable: its model is loaded anew with the values.
	URL  string            // "" to start a server
	Sign func(http.Header) // adds the API key to a request; nil for none
}

// Found is what is installed of a system.
type Found struct {
	Executable, Version string   // "" where it is not known
	Missing             []string // what has to be there and is not, one sentence each; with any, the system cannot start
	Would               []string // the command line, with "PORT" in the port's place
	Notes               []string // what else a person should know
}

// starter is how a system is started. Each is in the system's own file.
type starter struct {
	start   func(Launch) (Target, error)
	probe   func(context.Context, Launch) Found
	command func(Launch) []string
}

// starters are by the names of systems.
var starters = map[string]starter{}

// New makes the target of a launch. It starts nothing.
func New(l Launch) (Target, error) {
	s, ok := starters[l.Kind.Name]
	if !ok {
		return nil, fmt.Errorf("%s is not started by the lab: expected one of %v", l.Kind.Title, started())
	}
	return s.start(l)
}

// Probe looks for what is installed. It may run commands that print a version, and starts no server.
func Probe(ctx context.Context, l Launch) Found {
	s, ok := starters[l.Kind.Name]
	if !ok {
		return Found{Missing: []string{fmt.Sprintf("%s is not started by the lab", l.Kind.Title)}}
	}
	return s.probe(ctx, l)
}

// shape is how answers arrive in the dialect of the launch.
func (l Launch) shape() dialect.Shape {
	k, ok := dialect.Named(cmp.Or(l.Dialect, first(l.Kind.Dialects)))
	if !ok {
		return dialect.Marked
	}
	return k.Dialect.NewDecoder().Shape()
}

// CommandLine is what would be run, with "PORT" in the port's place; nil for what is not started.
func (l Launch) CommandLine() []string {
	if s, ok := starters[l.Kind.Name]; ok {
		return s.command(l)
	}
	return nil
}

func started() (names []string) {
	for _, k := range system.Kinds() {
		if _, ok := starters[k.Name]; ok {
			names = append(names, k.Name)
		}
	}
	return names
}
