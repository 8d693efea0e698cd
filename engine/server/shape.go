package server

import (
	"bytes"
	"encoding/json"

	"github.com/assaylab/assay/engine"
)

// shape is how one endpoint writes its answers.
type shape interface {
	// objects are the names of a whole answer and of one message of a stream.
	objects() (whole, chunk string)
	// opening is what a choice starts with in a stream, before any token; nil for nothing.
	opening(choice int) any
	// chunk is one piece of a choice in a stream.
	chunk(choice int, p piece) any
	// whole is a finished choice.
	whole(choice int, p piece) any
	// defaultTokens is max_tokens where it is not given; 0 is the rest of the context.
	defaultTokens() int
}

// envelope is what all answers have around their choices.
type envelope struct {
	ID      string          `json:"id"`
	Object  string          `json:"object"`
	Created int64           `json:"created"`
	Model   string          `json:"model"`
	Choices []any           `json:"choices"`
	Usage   json.RawMessage `json:"usage,omitempty"` // a stream may say null
}

func (s *Server) envelope(j *job, object string) envelope {
	return envelope{ID: j.id, Object: object, Created: j.arrived.Unix(), Model: s.config.Model}
}

// finishReason is null in JSON while a choice goes on.
func finishReason(p piece) *engine.FinishReason {
	if p.finish == "" {
		return nil
	}
	return &p.finish
}

// marshal is json.Marshal without the escaping of <, > and &, which is for HTML. It
// panics where v cannot be JSON, which no type of this package allows.
func marshal(v any) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
