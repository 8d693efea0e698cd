package meter

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// Version is that of the lines that are written.
const Version = 1

// Outcomes of a request.
const (
	OK        = "ok"        // answered
	Cancelled = "cancelled" // the client went before the answer was complete
	Failed    = "failed"    // the server's fault, after the request was accepted
	Refused   = "refused"   // not accepted: the request was wrong, or the queue full
)

// Outcomes are all that a record can have.
var Outcomes = []string{OK, Cancelled, Failed, Refused}

// Record is one request. Durations are in nanoseconds. Tokens are those of all prompts and
// choices of the request; a prompt counts once, however many choices it has.
type Record struct {
	Version int       `json:"assay_usage"`
	ID      string    `json:"id"`
	Time    time.Time `json:"time"` // of arrival
	Model   string    `json:"model"`
	Team    string    `json:"team,omitempty"` // "" for nobody's
	Key     string    `json:"key,omitempty"`  // name of the API key; "" where the server has none
	Rung    string    `json:"rung,omitempty"` // of a degradation ladder, which served it
	Outcome string    `json:"outcome"`
	Status  int       `json:"status,omitempty"` // of HTTP; 0 where there was no answer
	Error   string    `json:"error,omitempty"`  // the error's code

	Prompt  int64 `json:"prompt_tokens"`
	Cached  int64 `json:"cached_tokens,omitempty"` // of Prompt, those that were not computed
	Output  int64 `json:"completion_tokens"`
	Drafted int64 `json:"drafted_tokens,omitempty"` // computed to be verified, whether they stood or not
	Choices int   `json:"choices,omitempty"`

	// Elapsed: from arrival to leaving the queue, from there to the first token of any choice,
	// and from there to the last one.
	Queue   int64 `json:"queue_ns,omitempty"`
	Prefill int64 `json:"prefill_ns,omitempty"`
	Decode  int64 `json:"decode_ns,omitempty"`

	// Work: multiply-adds of prompt positions and of generated ones, drafts included; the
	// request's part of the duration of the engine's steps, which all requests' parts sum to;
	// and blocks of the cache times how long it had them, a shared block counting for each.
	PrefillOps int64 `json:"prefill_ops,omitempty"`
	DecodeOps  int64 `json:"decode_ops,omitempty"`
	Engine     int64 `json:"engine_ns,omitempty"`
	BlockTime  int64 `json:"kv_block_ns,omitempty"`
	BlockSize  int   `json:"kv_block_size,omitempty"` // positions of a block

	Lost int64 `json:"lost,omitempty"` // records that are missing before this one
}

// Parse reads a line, strictly: a member that is unknown is an error, since it may be a cost.
func Parse(line []byte) (r Record, err error) {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return Record{}, fmt.Errorf("usage record: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return Record{}, fmt.Errorf("usage record: expected one JSON object on the line, found more after it")
	}
	return r, r.check()
}

// check holds what a line cannot be.
func (r *Record) check() error {
	switch {
	case r.Version != Version:
		return fmt.Errorf("assay_usage: found %d, expected %d", r.Version, Version)
	case r.ID == "":
		return fmt.Errorf("id: expected the request's id, found none")
	case r.Time.IsZero():
		return fmt.Errorf("time: expected a time such as \"2026-11-29T15:04:05Z\", found none")
	case r.Model == "":
		return fmt.Errorf("model: expected a name, found none")
	case !known(r.Outcome):
		return fmt.Errorf("outcome: found %q, expected one of %q", r.Outcome, Outcomes)
	case r.Cached > r.Prompt:
		return fmt.Errorf("cached_tokens: found %d, expected at most prompt_tokens, which is %d", r.Cached, r.Prompt)
	}
	return r.checkCounts()
}

func (r *Record) checkCounts() error {
	for _, c := range []struct {
		name  string
		value int64
	}{{"prompt_tokens", r.Prompt}, {"cached_tokens", r.Cached}, {"completion_tokens", r.Output}, {"drafted_tokens", r.Drafted},
		{"choices", int64(r.Choices)}, {"queue_ns", r.Queue}, {"prefill_ns", r.Prefill}, {"decode_ns", r.Decode},
		{"prefill_ops", r.PrefillOps}, {"decode_ops", r.DecodeOps}, {"engine_ns", r.Engine}, {"kv_block_ns", r.BlockTime},
		{"kv_block_size", int64(r.BlockSize)}, {"lost", r.Lost}} {
		if c.value < 0 {
			return fmt.Errorf("%s: found %d, expected 0 or more", c.name, c.value)
		}
	}
	return nil
}

func known(outcome string) bool {
	for _, o := range Outcomes {
		if o == outcome {
			return true
		}
	}
	return false
}
