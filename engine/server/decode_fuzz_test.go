package server

import (
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"testing"
	"unicode/utf8"
)

// FuzzDecode: whatever a body is, it is either refused with a status of 400 and a
// message, or a request whose every field is within its bounds.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		"", "{", "null", "[]", `{"model":"m","prompt":"a"}`, `{"model":"m","prompt":["a","b"]}`, `{"model":"m","prompt":[1,2]}`,
		`{"model":"m","prompt":[[1],[2,3]],"n":2,"stop":["a","b"],"stream":true,"stream_options":{"include_usage":true}}`,
		`{"model":"m","temperature":1e-3,"top_p":0.5,"top_k":-1,"min_p":0,"seed":-9223372036854775808,"logprobs":20}`,
		`{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"\ud800"}]}],"max_tokens":1,"max_completion_tokens":1}`,
		`{"model":"m","logit_bias":{},"echo":false,"tools":[],"response_format":{"type":"text"}}`, "{\"model\":\"\xff\"}",
		`{"n":1,"n":2}`, `{"temprature":0}`,
		`{"model":"m","prompt":"a","echo":true,"max_tokens":0,"logprobs":1,"min_tokens":0,"stop_token_ids":[1,2],"logit_bias":{"7":-100,"3":1.5}}`,
		`{"model":"m","messages":[{"role":"developer","content":"a"},{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function",` +
			`"function":{"name":"f","arguments":"{\"a\":1}"}}]},{"role":"tool","tool_call_id":"1","content":"x"}],` +
			`"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],"tool_choice":"auto","chat_template_kwargs":{"think":false}}`,
		`{"model":"m","presence_penalty":-2,"frequency_penalty":2,"repetition_penalty":1.1,"add_generation_prompt":false}`,
	} {
		f.Add([]byte(seed))
	}
	tables := []map[string]field{completionFields(), chatFields(), tokenizeFields()}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, fields := range tables {
			r, e := decode(body, fields)
			if e == nil {
				e = r.check()
			}
			if e != nil {
				if e.Status != http.StatusBadRequest || e.Message == "" || !utf8.ValidString(e.Message) {
					t.Errorf("refused with %+v", e)
				}
				continue
			}
			if !json.Valid(body) || !utf8.Valid(body) {
				t.Errorf("accepted %q", body)
			}
			checkBounds(t, r)
		}
	})
}

func checkBounds(t *testing.T, r *request) {
	within := r.model != "" && r.n >= 1 && r.n <= maxChoices && len(r.stop) <= maxStops && len(r.prompts) <= maxPrompts &&
		(r.temperature == 0 || r.temperature >= minTemperature && r.temperature <= 2) &&
		r.topP > 0 && r.topP <= 1 && r.topK >= 0 && r.minP >= 0 && r.minP <= 1 &&
		(r.maxTokens == nil || *r.maxTokens >= 1 || r.echo && *r.maxTokens == 0) && r.minTokens >= 0 &&
		math.Abs(r.presence) <= 2 && math.Abs(r.frequency) <= 2 && r.repetition > 0 && len(r.bias) <= maxBiases &&
		len(r.stopTokens) <= maxStopIDs && len(r.tools) <= maxTools && r.engineLogprobs() >= -1 && r.engineLogprobs() <= maxLogprobs
	for i, b := range r.bias {
		within = within && b.Token >= 0 && math.Abs(float64(b.Add)) <= 100 && (i == 0 || r.bias[i-1].Token < b.Token)
	}
	for _, raw := range slices.Concat(r.messages, r.tools) {
		within = within && json.Valid(raw) && kindOf(raw) == kindObject
	}
	for _, raw := range r.messages {
		var m struct {
			Role    string
			Content *string
			Calls   []struct {
				Function struct{ Arguments map[string]any }
			} `json:"tool_calls"`
		}
		err := json.Unmarshal(raw, &m)
		within = within && err == nil && slices.Contains(roles, m.Role) && (m.Content != nil || len(m.Calls) > 0)
	}
	for _, stop := range r.stop {
		within = within && stop != ""
	}
	for _, p := range r.prompts {
		for _, id := range p.ids {
			within = within && id >= 0
		}
	}
	if !within {
		t.Errorf("out of bounds: %+v", r)
	}
}
