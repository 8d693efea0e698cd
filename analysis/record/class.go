package record

import (
	"fmt"
	"iter"
)

// Class is one kind of a load's requests.
type Class struct {
	Name         string  `json:"name"`               // as requests have it
	Weight       float64 `json:"weight"`             // classes come in proportion to their weights
	Team         string  `json:"team,omitempty"`     // whose requests they are, "" for nobody's
	Priority     int     `json:"priority,omitempty"` // that the server was asked for, 0 for none
	PromptTokens string  `json:"prompt_tokens"`      // the distribution, as of a Load
	OutputTokens string  `json:"output_tokens"`
	Corpus       string  `json:"corpus,omitempty"`        // file whose rows are the prompts
	SharedPrefix string  `json:"shared_prefix,omitempty"` // as of a Load
	Conversation string  `json:"conversation,omitempty"`  // as of a Load
	SLOs         []SLO   `json:"slos,omitempty"`          // limits of its own; none for those of the run
}

// Limits are what the requests of a load, by their class, are judged by.
type Limits struct {
	run     []SLO
	classes []Class
}

// LimitsOf are those of a load.
func (r *Run) LimitsOf(l Load) Limits { return Limits{r.SLOs, l.Classes} }

// Each iterates over the limits with the class that each is of, "" where there are none.
func (l Limits) Each() iter.Seq2[string, SLO] {
	return func(yield func(string, SLO) bool) {
		classes := l.classes
		if len(classes) == 0 {
			classes = []Class{{}}
		}
		for _, c := range classes {
			for _, s := range l.Of(c.Name) {
				if !yield(c.Name, s) {
					return
				}
			}
		}
	}
}

// Of are the limits of a class; "" is that of a load without classes.
func (l Limits) Of(class string) []SLO {
	for _, c := range l.classes {
		if c.Name == class && len(c.SLOs) > 0 {
			return c.SLOs
		}
	}
	return l.run
}

// All are the limits of every class, each once.
func (l Limits) All() []SLO {
	if len(l.classes) == 0 {
		return l.run
	}
	var all []SLO
	seen := map[SLO]bool{}
	for _, c := range l.classes {
		for _, s := range l.Of(c.Name) {
			if !seen[s] {
				seen[s] = true
				all = append(all, s)
			}
		}
	}
	return all
}

// validateClasses checks those of a load.
func (l Load) validateClasses() error {
	seen := map[string]bool{}
	for i, c := range l.Classes {
		if c.Name == "" || seen[c.Name] {
			return fmt.Errorf("classes[%d] has the name %q: expected one of its own", i, c.Name)
		}
		seen[c.Name] = true
		for j, s := range c.SLOs {
			if err := s.validate(); err != nil {
				return fmt.Errorf("classes[%d]: slos[%d]: %w", i, j, err)
			}
		}
	}
	if n := len(l.CachedShare); n != 0 && n != 2 {
		return fmt.Errorf("cached_share has %d numbers: expected 2, or none", n)
	}
	return nil
}
