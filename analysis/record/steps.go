package record

import (
	"encoding/json"
	"errors"
	"io"
	"time"
)

// StepsFile holds what every step of the engine did, where the scenario asked for it. The engine
// writes it: a header, and one step a line.
const StepsFile = "steps.jsonl"

// Steps is a trial's step trace.
type Steps struct {
	Steps []Step
	Lost  int64 // steps that the engine could not write
}

// Step is one step of the engine.
type Step struct {
	Start     int64      `json:"start"` // nanoseconds after the zero of the trial's schedule; before it in warm-up
	Duration  int64      `json:"dur"`   // nanoseconds
	Waiting   int        `json:"waiting"`
	Running   int        `json:"running"`
	Free      int        `json:"free"` // blocks of the KV cache
	Cached    int        `json:"cached"`
	Held      int        `json:"held"`
	Preempted []uint64   `json:"preempted"`
	Items     []StepItem `json:"items"`
	Lost      int64      `json:"lost"`
}

// StepItem is one sequence's share of a step.
type StepItem struct {
	Seq    uint64 `json:"seq"`
	Kind   string `json:"kind"` // "prefill" or "decode"
	Rows   int    `json:"rows"`
	Drafts int    `json:"drafts"`
	Tokens int    `json:"tokens"` // that came of it
}

// Prefill is the kind of rows that belong to prompts.
const Prefill = "prefill"

// Steps reads the step trace of one trial, nil where there is none. Its stamps are made those of the
// trial's requests: both clocks are one machine's. A last line that was cut off is left out.
func (s *Set) Steps(id string) (*Steps, error) {
	return traceOf(s, id, StepsFile, parseSteps)
}

// parseSteps reads a trace, with stamps from zero.
func parseSteps(from io.Reader, zero time.Time) (*Steps, error) {
	var head struct {
		Format int       `json:"assay_steps"`
		Began  time.Time `json:"began"`
	}
	header := func(text []byte) error {
		if err := json.Unmarshal(text, &head); err != nil || head.Format != 1 {
			return errors.New("expected the header of a step trace of format 1")
		}
		return nil
	}
	out := &Steps{}
	err := eachLine(from, header, func(text []byte) error {
		var s Step
		if err := json.Unmarshal(text, &s); err != nil {
			return err
		}
		out.Lost += s.Lost
		if s.Items != nil {
			s.Start += head.Began.Sub(zero).Nanoseconds()
			out.Steps = append(out.Steps, s)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
