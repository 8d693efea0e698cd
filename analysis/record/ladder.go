package record

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// LadderFile holds which rung of a ladder served each request of a trial, where the system under test was one. The gateway
// writes it: a header, and one request a line.
const LadderFile = "ladder.jsonl"

// LadderFormat is the version of that file.
const LadderFormat = 1

// Ladder is a trial's requests as the gateway saw them.
type Ladder struct {
	LadderHeader
	Requests []LadderRequest
}

// LadderHeader is the first line of the file.
type LadderHeader struct {
	Format   int          `json:"assay_ladder"`
	Began    time.Time    `json:"began"`
	Name     string       `json:"name"`
	Currency string       `json:"currency"`
	TTFTNS   int64        `json:"slo_ttft_ns"` // limits that the gateway steers by, 0 for none
	TPOTNS   int64        `json:"slo_tpot_ns,omitempty"`
	E2ENS    int64        `json:"slo_e2e_ns,omitempty"`
	Rungs    []LadderRung `json:"rungs"`
}

// LadderRung is what is known of a rung beside this trial.
type LadderRung struct {
	Name        string   `json:"name"`
	Deployment  string   `json:"deployment"` // in words
	QualityLoss *float64 `json:"quality_loss,omitempty"`
	Loss        string   `json:"loss,omitempty"`     // what QualityLoss is, in words
	Rate        float64  `json:"rate,omitempty"`     // requests per second within the limits, 0 where that is not known
	Source      string   `json:"source,omitempty"`   // of these: a run and an arm
	Declared    bool     `json:"declared,omitempty"` // these are no run's but the ladder file's word
	PriceInput  string   `json:"price_input,omitempty"`
	PriceOutput string   `json:"price_output,omitempty"` // per million tokens; "" where nothing is paid per token
}

// LadderRequest is one request.
type LadderRequest struct {
	At          int64   `json:"at"` // nanoseconds after the zero of the trial's schedule; before it in warm-up
	Seq         *uint64 `json:"seq,omitempty"`
	ID          string  `json:"id,omitempty"`
	Team        string  `json:"team,omitempty"`
	Rung        string  `json:"rung"` // that served it, "refused", or "" where the client left before
	Best        string  `json:"best"` // that there was; "" for none
	PredictedNS int64   `json:"predicted_ns,omitempty"`
	BoundNS     int64   `json:"bound_ns,omitempty"` // of the prediction
	FirstNS     int64   `json:"first_ns,omitempty"` // from when it came to the first token, on its way through the gateway
	Retries     int     `json:"retries,omitempty"`  // servers that did not answer before
	Prompt      int     `json:"prompt_tokens,omitempty"`
	Output      int     `json:"output_tokens,omitempty"`
	Outcome     string  `json:"outcome"`
	Cost        string  `json:"cost,omitempty"` // decimal, in the header's currency; "" where nothing is paid per token
}

// Ladder reads what a gateway wrote of one trial, nil where the system was none. A last line that was cut off is left out.
func (s *Set) Ladder(id string) (*Ladder, error) {
	return traceOf(s, id, LadderFile, ParseLadder)
}

// ParseLadder reads the file's text, with stamps from zero.
func ParseLadder(from io.Reader, zero time.Time) (*Ladder, error) {
	out := &Ladder{}
	header := func(text []byte) error {
		if err := json.Unmarshal(text, &out.LadderHeader); err != nil || out.Format != LadderFormat {
			return fmt.Errorf("expected the header of a ladder's requests of format %d", LadderFormat)
		}
		return nil
	}
	err := eachLine(from, header, func(text []byte) error {
		var q LadderRequest
		if err := json.Unmarshal(text, &q); err != nil {
			return err
		}
		q.At += out.Began.Sub(zero).Nanoseconds()
		out.Requests = append(out.Requests, q)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
