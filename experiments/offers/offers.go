package offers

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/assaylab/assay/loadgen/dialect"
)

// Server is whom to ask.
type Server struct {
	Base   string // URL without a final slash and without the dialect's version
	Kind   dialect.Kind
	Key    dialect.Key
	Model  string       // to ask for, "" for the first that is listed
	Client *http.Client // which follows no redirect to another server

	Patience time.Duration // for one answer; 0 for half a minute
}

// Report is what was found.
type Report struct {
	System   string    `json:"system"`   // "vllm", "" where it is not known
	Title    string    `json:"title"`    // "vLLM", "" likewise
	Version  string    `json:"version"`  // "" where it is not known
	Models   []Model   `json:"models"`   // as listed
	Model    string    `json:"model"`    // that was or would be asked, "" where none is known
	Forwards bool      `json:"forwards"` // it passes requests on, maybe to somebody who charges for them
	Features []Feature `json:"features"`
	Requests int       `json:"requests"` // for text, that were sent
	Tokens   int       `json:"tokens"`   // the most that these could have come to
}

// Model is an entry of the list of models.
type Model struct {
	Name    string `json:"name"`
	Context int    `json:"context,omitempty"` // tokens, 0 where the list does not say
}

// Answer is whether a server has something.
type Answer string

// Answers.
const (
	Yes      Answer = "yes"
	No       Answer = "no"
	NotShown Answer = "not shown" // what was tried cannot tell
)

// Feature is one thing that a server may have.
type Feature struct {
	Name   string `json:"name"`
	Answer Answer `json:"answer"`
	Why    string `json:"why"` // what was seen
}

// Names of features, in the order of reports.
const (
	Streaming      = "streaming"
	Usage          = "usage"
	UsageInEach    = "continuous_usage"
	Forced         = "ignore_eos"
	Seed           = "seed"
	Scores         = "logprobs"
	PromptScores   = "prompt_logprobs"
	MetricsFeature = "metrics"
)

func (r *Report) add(name string, answer Answer, format string, args ...any) {
	r.Features = append(r.Features, Feature{name, answer, fmt.Sprintf(format, args...)})
}

// Feature is what was found of one, NotShown where nothing was tried.
func (r *Report) Feature(name string) Feature {
	for _, f := range r.Features {
		if f.Name == name {
			return f
		}
	}
	return Feature{name, NotShown, "not tried"}
}

// Name is the system with its version, "" where neither is known.
func (r *Report) Name() string { return strings.TrimSpace(r.Title + " " + r.Version) }

// Notes are sentences for whoever reads a run.
func (r *Report) Notes() []string {
	var all []string
	if r.Title != "" {
		text := "The server says of itself that it is " + r.Name() + "."
		if r.Forwards {
			text += " It passes requests on: what answered may be another system."
		}
		all = append(all, text)
	}
	for _, f := range r.Features {
		if f.Answer == No {
			all = append(all, fmt.Sprintf("It has no %s: %s.", f.Name, f.Why))
		}
	}
	return all
}
