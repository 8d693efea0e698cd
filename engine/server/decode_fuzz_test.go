package server

import (
	"encoding/json"
	"net/http"
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
	} {
		f.Add([]byte(seed))
	}
	tables := []map[string]field{completionFields(), chatFields()}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, fields := range tables {
			r, e := decode(body, fields)
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
		(r.maxTokens == nil || *r.maxTokens >= 1) && r.engineLogprobs() >= -1 && r.engineLogprobs() <= maxLogprobs
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
