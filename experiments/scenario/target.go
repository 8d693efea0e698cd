package scenario

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/assaylab/assay/analysis/price"
	"github.com/assaylab/assay/analysis/strict"
	"github.com/assaylab/assay/experiments/system"
	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/workload"
)

// Target is a system that is measured beside the included engine, or in its place: one that the lab starts, or a server that is
// there, of whose settings nothing is known.
type Target struct {
	Key    string // of its table, for messages: "target" or "target[1]"
	Name   string // of its own among the targets
	Given  bool   // the name is the file's
	System system.Kind

	Path         string        // what a started system loads, as written; "" for what is there
	Command      []string      // that starts it, nil for the system's own
	ReadyTimeout time.Duration // of a started system, from start to ready
	Settings     system.Values // of a started system, the base of its sweep
	Sweep        TargetSweep

	URL         string // of what is there, "" for what is started
	KeyVariable string // environment variable with the API key
	Region      string // as declared, "" where it is not
	Hardware    string // likewise
	Labels      []Label

	Dialect        dialect.Kind
	Model          string // as the server calls it, "" for the first that it lists; what a started one shall call it
	Usage          dialect.UsageWanted
	Stop           []string
	ServerSampling bool           // no temperature is sent
	Body           map[string]any // further members of requests' bodies

	Paid

	Price  string   // row of the catalogue of prices, "" for none
	Prices []string // files whose rows replace those of the shipped catalogue, as written

	NoTasks bool // it is not asked the scenario's tasks

	BudgetRequests, BudgetTokens int // that the whole run may ask for; 0 for no bound

	Row     price.Priced // that Price names, from ReadFiles on; nil for none
	PerHour string       // of Row where it is a machine's, a decimal
	Term    price.Term   // at which PerHour is, of a rental
}

// Label is a setting of a server that is there, as the file declares it.
type Label struct{ Name, Value string }

// TargetSweep says which of a target's own settings are tried.
type TargetSweep struct {
	Mode    string       // as of Sweep
	Axes    []TargetAxis // Product and OneAtATime, in the file's order
	Arms    []TargetArm  // List
	Include []Match      // as of Sweep
	Exclude []Match
}

// TargetAxis is one swept setting of a target.
type TargetAxis struct {
	Name   string
	Values []string // canonical, in the file's order
}

// TargetArm is one listed arm of a target.
type TargetArm struct {
	Name   string // "" for a name made from the values
	Values system.Values
}

// MatchesValues is Matches for a target's settings. One that is not given has no value.
func (m Match) MatchesValues(v system.Values) bool {
	for name, values := range m.Values {
		have, given := v[name]
		if !given || !slices.Contains(values, have) {
			return false
		}
	}
	return true
}

// options are those of the target's requests for a load, without what only a run knows.
func (x *Target) options(l Workload) dialect.Options {
	return dialect.Options{Model: "x", Temperature: l.Temperature, IgnoreEOS: l.IgnoreEOS, Stop: x.Stop, ServerSampling: x.ServerSampling, Usage: x.Usage, Extra: x.Body}
}

// encode tries a request.
func (x *Target) encode(l Workload, priority int) error {
	if x.Dialect.Dialect == nil { // its name was refused
		return nil
	}
	_, err := x.Dialect.Dialect.Encode(workload.Prompt{MaxTokens: 1, Priority: priority}, x.options(l))
	return err
}

// unfit is why the target cannot be asked for any load: the key of its table, and what is wrong with it; "" where it can.
func (x *Target) unfit() (key, why string) {
	err := x.encode(Workload{}, 0)
	var u *dialect.UnsupportedError
	switch {
	case errors.As(err, &u) && u.Option == "stop":
		return "stop", u.Error()
	case err != nil:
		return "body", err.Error()
	}
	return "", ""
}

// Cannot says why a load cannot be asked of the target, and which of the load's keys asks for it; "" where it can.
func (x *Target) Cannot(l Workload) (key, why string) {
	if l.Search != nil && !x.System.Started {
		return "search", "a server that is there is measured at rates that are given"
	}
	if x.ServerSampling && l.Temperature != 0 {
		return "temperature", fmt.Sprintf("%g, and %s.server_sampling sends none", l.Temperature, x.Key)
	}
	for _, c := range l.Streams() {
		var u *dialect.UnsupportedError
		switch err := x.encode(l, c.Priority); {
		case errors.As(err, &u):
			return u.Option, u.Error()
		case err != nil:
			return "", err.Error()
		}
	}
	return "", ""
}

// Where is the target in a few words.
func (x *Target) Where() string {
	if x.System.Started {
		return x.System.Title + " with " + x.Path
	}
	return x.Called(x.Model)
}

// Called is a server that is there with the model that it has.
func (x *Target) Called(model string) string {
	if model == "" {
		model = "the first model"
	}
	return model + " at " + strings.TrimRight(x.URL, "/")
}

// Local says whether anything of the run is on the lab's own machine: the included engine, gateways, or a system that is started.
func (s *Scenario) Local() bool {
	return s.Included || slices.ContainsFunc(s.Targets, func(x *Target) bool { return x.System.Started })
}

// CheckTargets reports what targets are to load and what is not there. A folder is fine: many systems load one.
func (s *Scenario) CheckTargets() error {
	var problems []*strict.Problem
	for _, x := range s.Targets {
		if x.Path == "" {
			continue
		}
		if full := s.Resolve(x.Path); !exists(full) {
			problems = append(problems, s.Problem(strict.Key(x.Key, "path"), fmt.Sprintf("nothing readable at %q", full), "a folder or a file, relative to the scenario's directory", ""))
		}
	}
	return strict.Join(problems)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
