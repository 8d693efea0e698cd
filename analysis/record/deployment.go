package record

import "slices"

// Deployment is what an arm is that is not the included engine: a system that the lab starts, or a server that is there.
// Settings and Swept of such an arm are the system's own, by its names; what is not among them was left to the system.
type Deployment struct {
	Target  string `json:"target"`  // its name in the scenario
	System  string `json:"system"`  // of experiments/system: "vllm", "server" and others
	Title   string `json:"title"`   // the system in words
	Version string `json:"version"` // "" where it is not known before the start: Trial.Server then has it
	Model   string `json:"model"`   // as it is asked for, "" for the first that the server lists
	URL     string `json:"url"`     // of what is there, "" for what is started
	Dialect string `json:"dialect"`

	Started bool `json:"started"` // by the lab, on this machine
	Managed bool `json:"managed"` // paid by the token

	Hardware string    `json:"hardware,omitempty"` // as declared, "" where it is not; what is started has the run's host
	Region   string    `json:"region,omitempty"`   // as declared
	Price    string    `json:"price,omitempty"`    // row of the catalogue of prices, "" for none
	Labels   []Setting `json:"labels,omitempty"`   // declared by the scenario, not known to be so
	Untold   []string  `json:"untold,omitempty"`   // what the dialect cannot tell
}

// Server is what a system said of itself over the measured part of a trial.
type Server struct {
	Version string    `json:"version,omitempty"`
	Models  []string  `json:"models,omitempty"`  // that answered, where another name than asked
	Known   []string  `json:"known,omitempty"`   // counters of Trial.Engine that the system gives, by their JSON names; the others are unknown
	Metrics []Setting `json:"metrics,omitempty"` // further figures as given: name, value with unit
	Differs []string  `json:"differs,omitempty"` // its counts against the client's, one sentence each

	Limits     []Setting `json:"limits,omitempty"` // rate-limit headers: name, lowest seen
	RequestIDs int       `json:"request_ids,omitempty"`
	Spent      string    `json:"spent,omitempty"` // money by the price list, "USD 0.0123", the warm-up included
	When       string    `json:"when,omitempty"`  // the time of day, in UTC and, as declared, where it is
}

// Knows says whether a counter, by its JSON name, was counted by the system under test. The included engine counts all.
func (t *Trial) Knows(counter string) bool {
	return t.Server == nil || slices.Contains(t.Server.Known, counter)
}

// OnThisMachine says whether the arm runs on the machine that the run's host describes: what is there may be anywhere.
func (a *Arm) OnThisMachine() bool { return a.Deployment == nil || a.Deployment.Started }
