package ledger

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// openAI reads responses of OpenAI's API as lines of JSON: chat completions, completions, embeddings and
// responses, and the lines of a batch's output, which have one within. Members that say nothing of
// use are not looked at.
type openAI struct{}

// openAIUsage has the names of both of OpenAI's interfaces; nil is absent.
type openAIUsage struct {
	Prompt     *int64 `json:"prompt_tokens"`
	Completion *int64 `json:"completion_tokens"`
	Input      *int64 `json:"input_tokens"`
	Output     *int64 `json:"output_tokens"`
	Total      *int64 `json:"total_tokens"`

	PromptDetails *struct {
		Cached int64 `json:"cached_tokens"`
	} `json:"prompt_tokens_details"`
	InputDetails *struct {
		Cached int64 `json:"cached_tokens"`
	} `json:"input_tokens_details"`
}

type openAIResponse struct {
	ID        string       `json:"id"`
	Created   json.Number  `json:"created"`
	CreatedAt json.Number  `json:"created_at"`
	Model     string       `json:"model"`
	Usage     *openAIUsage `json:"usage"`
	User      string       `json:"user"` // not of OpenAI's responses, but often added to logs of them
	Team      string       `json:"team"`
	Metadata  struct {
		Team string `json:"team"`
	} `json:"metadata"`
}

type openAIBatchLine struct {
	CustomID string `json:"custom_id"`
	Response *struct {
		Status int             `json:"status_code"`
		Body   json.RawMessage `json:"body"`
	} `json:"response"`
}

func (openAI) parse(line []byte) (*row, *sample, error) {
	var b openAIBatchLine
	if err := decode(line, &b); err != nil {
		return nil, nil, err
	}
	if b.Response != nil {
		if b.Response.Status != 200 {
			return nil, nil, nil // an error of the batch, which costs nothing
		}
		line = b.Response.Body
	}
	var r openAIResponse
	if err := decode(line, &r); err != nil {
		return nil, nil, err
	}
	out, err := r.row()
	return out, nil, err
}

func (r *openAIResponse) row() (*row, error) {
	if r.Usage == nil {
		return nil, fmt.Errorf("usage: expected an object with token counts, found none")
	}
	created := r.Created
	if created == "" {
		created = r.CreatedAt
	}
	if created == "" {
		return nil, fmt.Errorf("created: expected seconds since 1970, found none")
	}
	at, err := asTime(created)
	if err != nil {
		return nil, fmt.Errorf("created: %w", err)
	}
	out := &row{time: at, source: OpenAI, id: r.ID, byID: true, model: r.Model, team: first(r.Team, r.Metadata.Team, r.User), outcome: "ok"}
	return out, r.Usage.fill(out)
}

// fill takes the counts, which must agree with their total.
func (u *openAIUsage) fill(r *row) error {
	prompt, output := u.Prompt, u.Completion
	if prompt == nil {
		prompt, output = u.Input, u.Output
	}
	if prompt == nil {
		return fmt.Errorf("usage: expected prompt_tokens or input_tokens, found neither")
	}
	r.prompt = *prompt
	if output != nil { // embeddings have none
		r.output = *output
	}
	switch {
	case u.PromptDetails != nil:
		r.cached = u.PromptDetails.Cached
	case u.InputDetails != nil:
		r.cached = u.InputDetails.Cached
	}
	if u.Total != nil && *u.Total != r.prompt+r.output {
		return fmt.Errorf("usage: total_tokens: found %d, expected %d + %d", *u.Total, r.prompt, r.output)
	}
	return nil
}

// decode reads one JSON value, and nothing after it.
func decode(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("not the JSON of a record: %w", err)
	}
	if d.More() {
		return fmt.Errorf("expected one JSON object on the line, found more after it")
	}
	return nil
}

// first is the first text that is not empty.
func first(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}

// parseTime reads a time as programs print it. One without a zone is UTC.
func parseTime(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999Z07", "2006-01-02T15:04:05.999999999",
		"2006-01-02 15:04:05.999999999"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("found %q, expected a time such as \"2026-11-29T15:04:05Z\"", text)
}
