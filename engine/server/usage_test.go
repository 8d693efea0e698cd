package server

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine"
)

// guessed is an event in whose step so many tokens were drafted, of which the first ones stood.
func guessed(drafted, stood int, s step) step {
	s.event.Drafted, s.event.Stood = drafted, stood
	return s
}

// Usage says what became of drafts, whole and streamed, over all choices; a completion is as long as its text. What
// stood behind a stop string is no part of the answer.
func TestUsageOfDrafts(t *testing.T) {
	drafts := []step{say("a"), guessed(4, 2, say("bcd")), guessed(3, 3, say("efgh")), guessed(2, 0, end("i", engine.FinishLength))}
	for _, c := range []struct {
		name, more string
		steps      []step
		want       string
	}{
		{"drafts", "", drafts, `"completion_tokens":9,"total_tokens":12,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"accepted_prediction_tokens":5,"rejected_prediction_tokens":4}`},
		{"two choices", `,"n":2`, drafts, `"completion_tokens":18,"total_tokens":21,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"accepted_prediction_tokens":10,"rejected_prediction_tokens":8}`},
		{"cut by a stop string", `,"stop":"e"`, drafts, `"completion_tokens":5,"total_tokens":8,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"accepted_prediction_tokens":3,"rejected_prediction_tokens":4}`},
		{"none stood", "", []step{guessed(6, 0, end("a", engine.FinishLength))}, `"completion_tokens":1,"total_tokens":4,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"accepted_prediction_tokens":0,"rejected_prediction_tokens":6}`},
		{"no draft", "", []step{say("a"), end("b", engine.FinishLength)}, `"completion_tokens":2,"total_tokens":5,"prompt_tokens_details":{"cached_tokens":0}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := `{"prompt_tokens":3,` + c.want + `}`
			_, url := start(t, testConfig(), always(c.steps...))
			_, body := post(t, url+"/v1/completions", fmt.Sprintf(`{"model":"tiny","prompt":"abc"%s}`, c.more))
			var whole struct{ Usage json.RawMessage }
			if err := json.Unmarshal([]byte(body), &whole); err != nil || string(whole.Usage) != want {
				t.Errorf("whole: %v\n%s, want\n%s", err, whole.Usage, want)
			}
			_, body = post(t, url+"/v1/completions", fmt.Sprintf(`{"model":"tiny","prompt":"abc","stream":true,"stream_options":{"include_usage":true}%s}`, c.more))
			if !strings.Contains(body, `"usage":`+want) {
				t.Errorf("streamed: no %s in\n%s", want, body)
			}
		})
	}
}
