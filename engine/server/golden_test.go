package server

import (
	"fmt"
	"testing"

	"github.com/assaylab/assay/engine"
)

// withLogprobs adds made-up log-probabilities to a step, one row per token.
func withLogprobs(s step) step {
	for i, id := range s.event.Tokens {
		s.event.Logprobs = append(s.event.Logprobs, engine.TokenLogprobs{Token: id, Logprob: -0.25 * float32(i+1),
			Top: []engine.TokenLogprob{{Token: 'z', Logprob: -0.125}, {Token: 0xC3, Logprob: -4}}})
	}
	return s
}

// scored adds made-up log-probabilities of a prompt of n tokens, of all but the first.
func scored(n int, s step) step {
	for i := 1; i < n; i++ {
		s.event.Prompt = append(s.event.Prompt, engine.TokenLogprobs{Token: int32('0' + i), Logprob: -float32(i),
			Top: []engine.TokenLogprob{{Token: 'q', Logprob: -0.5}}})
	}
	return s
}

func cached(n int, s step) step {
	s.event.Cached = n
	return s
}

// TestGolden holds whole answers and whole streams as bytes.
func TestGolden(t *testing.T) {
	// "é" is C3 A9 and "日" is E6 97 A5: both are cut between events.
	halves := []step{cached(2, say("a\xC3")), say("\xA9b"), say("\xE6"), say("\x97"), end("\xA5c", engine.FinishLength)}
	for _, c := range []struct {
		name, path, body string
		steps            []step
	}{
		{"completion", "completions", `{"model":"tiny","prompt":"abc","max_tokens":8}`, halves},
		{"completion_stream", "completions", `{"model":"tiny","prompt":"abc","max_tokens":8,"stream":true}`, halves},
		{"completion_stream_usage", "completions", `{"model":"tiny","prompt":"abc","stream":true,"stream_options":{"include_usage":true}}`, halves},
		{"completion_stream_continuous", "completions",
			`{"model":"tiny","prompt":"abc","stream":true,"stream_options":{"include_usage":true,"continuous_usage_stats":true}}`, halves},
		{"completion_stop_across_events", "completions",
			`{"model":"tiny","prompt":"abc","stop":["END","\n\n"]}`,
			[]step{say("oneE"), say("N and E"), say("N"), say("Dxyz"), end("never", engine.FinishLength)}},
		{"completion_stream_stop_across_events", "completions",
			`{"model":"tiny","prompt":"abc","stop":"END","stream":true,"stream_options":{"continuous_usage_stats":true}}`,
			[]step{say("oneE"), say("N and E"), say("N"), say("Dxyz"), end("never", engine.FinishLength)}},
		{"completion_stream_held_at_end", "completions",
			`{"model":"tiny","prompt":"abc","stop":"END","stream":true}`,
			[]step{say("oneE"), end("N", engine.FinishLength)}},
		{"completion_broken_character_at_end", "completions", `{"model":"tiny","prompt":"abc"}`,
			[]step{say("a"), end("\xE6\x97", engine.FinishLength)}},
		{"completion_end_of_text", "completions", `{"model":"tiny","prompt":"abc","stream":true}`,
			[]step{say("hi"), {event: engine.Event{Tokens: []int32{idEnd}, Finish: engine.FinishStop}}}},
		{"completion_two_prompts_n2", "completions", `{"model":"tiny","prompt":[[1,2,3],[4,5]],"n":2,"seed":7}`,
			[]step{cached(1, say("x<&>")), end("y", engine.FinishLength)}},
		{"completion_logprobs", "completions", `{"model":"tiny","prompt":"abc","logprobs":2}`,
			[]step{withLogprobs(say("é")), withLogprobs(end("z", engine.FinishStop))}},
		{"completion_stream_logprobs", "completions", `{"model":"tiny","prompt":"abc","logprobs":2,"stream":true}`,
			[]step{withLogprobs(say("\xC3")), withLogprobs(say("\xA9")), withLogprobs(end("z", engine.FinishStop))}},
		{"completion_echo", "completions", `{"model":"tiny","prompt":"é1","echo":true}`, []step{scored(3, say("2")), end("3", engine.FinishLength)}},
		{"completion_echo_logprobs", "completions", `{"model":"tiny","prompt":"é1","echo":true,"logprobs":1}`,
			[]step{scored(3, withLogprobs(say("2"))), withLogprobs(end("3", engine.FinishLength))}},
		{"completion_echo_alone", "completions", `{"model":"tiny","prompt":[[97,98],[99]],"echo":true,"logprobs":1,"max_tokens":0}`,
			[]step{scored(2, end("", engine.FinishLength))}},
		{"completion_echo_stop", "completions", `{"model":"tiny","prompt":"aEND","echo":true,"stop":"END"}`, []step{say("bEND"), say("c")}},
		{"completion_stream_echo", "completions", `{"model":"tiny","prompt":"ab","echo":true,"logprobs":1,"stream":true}`,
			[]step{scored(2, withLogprobs(say("2"))), withLogprobs(end("3", engine.FinishLength))}},
		{"completion_min_tokens", "completions", `{"model":"tiny","prompt":"ab","stop":"x","min_tokens":2}`, []step{say("xx"), say("yx"), say("z")}},
		{"completion_stream_slow_consumer", "completions", `{"model":"tiny","prompt":"abc","stream":true,"stream_options":{"include_usage":true}}`,
			[]step{say("a"), {err: engine.ErrSlowConsumer}}},
		{"completion_stream_aborted", "completions", `{"model":"tiny","prompt":"abc","stream":true}`,
			[]step{say("a"), end("", engine.FinishAbort)}},
		{"completion_stream_unfinished", "completions", `{"model":"tiny","prompt":"abc","stream":true}`,
			[]step{say("a")}},
		{"completion_unfinished", "completions", `{"model":"tiny","prompt":"abc"}`, []step{say("a")}},
		{"completion_closed", "completions", `{"model":"tiny","prompt":"abc"}`, []step{say("a"), {err: engine.ErrClosed}}},
		{"chat", "chat/completions", `{"model":"tiny","messages":[{"role":"system","content":"Be."},{"role":"user","content":"hi"}]}`, halves},
		{"chat_stream", "chat/completions",
			`{"model":"tiny","messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}],"stream":true}`, halves},
		{"chat_stream_continuous", "chat/completions",
			`{"model":"tiny","messages":[{"role":"user","content":"hi"}],"stream":true,"stream_options":{"include_usage":true,"continuous_usage_stats":true}}`, halves},
		{"chat_stream_stop", "chat/completions", `{"model":"tiny","messages":[{"role":"user","content":"hi"}],"stream":true,"stop":["Z"]}`,
			[]step{say("aZ"), end("never", engine.FinishLength)}},
		{"chat_logprobs", "chat/completions", `{"model":"tiny","messages":[{"role":"user","content":"hi"}],"logprobs":true,"top_logprobs":2}`,
			[]step{withLogprobs(end("é", engine.FinishStop))}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := always(c.steps...)
			_, url := start(t, testConfig(), b)
			resp, body := post(t, url+"/v1/"+c.path, c.body)
			golden(t, c.name+".golden", fmt.Sprintf("POST /v1/%s\n%s\n\n%d %s\n%s", c.path, c.body,
				resp.StatusCode, resp.Header.Get("Content-Type"), body))
			b.allClosed(t)
		})
	}
}
