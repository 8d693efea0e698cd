package record

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
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
	for i := range s.Trials {
		if t := &s.Trials[i]; t.Key.ID == id {
			path := filepath.Join(s.Dir, TrialsDir, id, StepsFile)
			steps, err := readSteps(path, t.Started)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			return steps, nil
		}
	}
	return nil, fmt.Errorf("%s: no finished trial %q", s.Dir, id)
}

func readSteps(path, zero string) (*Steps, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	started, err := time.Parse(time.RFC3339Nano, zero)
	if err != nil {
		return nil, fmt.Errorf("the trial started %q: %w", zero, err)
	}
	return parseSteps(bufio.NewReader(f), started)
}

// parseSteps reads a trace, with stamps from zero.
func parseSteps(r *bufio.Reader, zero time.Time) (*Steps, error) {
	var header struct {
		Format int       `json:"assay_steps"`
		Began  time.Time `json:"began"`
	}
	out := &Steps{}
	for number := 1; ; number++ {
		line, err := r.ReadBytes('\n')
		switch {
		case errors.Is(err, io.EOF) && number > 1:
			return out, nil
		case err != nil:
			return nil, fmt.Errorf("line %d: %w", number, err)
		case number == 1:
			if err := json.Unmarshal(line, &header); err != nil || header.Format != 1 {
				return nil, fmt.Errorf("line 1: expected the header of a step trace of format 1")
			}
			continue
		}
		var s Step
		if err := json.Unmarshal(line, &s); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		out.Lost += s.Lost
		if s.Items != nil {
			s.Start += header.Began.Sub(zero).Nanoseconds()
			out.Steps = append(out.Steps, s)
		}
	}
}
