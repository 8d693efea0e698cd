package server

import (
	"math"
	"reflect"
	"testing"

	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/engine/sample"
)

// TestEngineRequest holds what of a body reaches the engine.
func TestEngineRequest(t *testing.T) {
	defaults := engine.Request{ID: "cmpl-id-0", Prompt: tokens("abc"), MaxTokens: 16,
		Sampling: sample.Params{Temperature: 1, TopP: 1, Seed: 42, RepetitionPenalty: 1}}
	with := func(change func(*engine.Request)) engine.Request {
		r := defaults
		change(&r)
		return r
	}
	for _, c := range []struct {
		name, rest string
		want       engine.Request
	}{
		{"defaults", `"user":"u"`, defaults},
		{"nulls", `"max_tokens":null,"temperature":null,"seed":null,"stop":null,"n":null,"stream_options":null,"logprobs":null`, defaults},
		{"greedy", `"temperature":0`, with(func(r *engine.Request) { r.Sampling.Temperature = 0 })},
		{"sampling", `"temperature":0.5,"top_p":0.25,"top_k":40,"min_p":0.125,"seed":7`, with(func(r *engine.Request) {
			r.Sampling = sample.Params{Temperature: 0.5, TopP: 0.25, TopK: 40, MinP: 0.125, Seed: 7, RepetitionPenalty: 1}
		})},
		{"top_k off", `"top_k":-1`, defaults},
		{"seed negative", `"seed":-1`, with(func(r *engine.Request) { r.Sampling.Seed = math.MaxUint64 })},
		{"max_tokens", `"max_tokens":61`, with(func(r *engine.Request) { r.MaxTokens = 61 })},
		{"penalties", `"presence_penalty":-2,"frequency_penalty":0.5,"repetition_penalty":1.25`, with(func(r *engine.Request) {
			r.Sampling.PresencePenalty, r.Sampling.FrequencyPenalty, r.Sampling.RepetitionPenalty = -2, 0.5, 1.25
		})},
		{"logit_bias in the order of ids", `"logit_bias":{"100":-100,"7":0.5}`, with(func(r *engine.Request) {
			r.Sampling.Bias = []sample.Bias{{Token: 7, Add: 0.5}, {Token: 100, Add: -100}}
		})},
		{"neutral penalties", `"presence_penalty":0,"frequency_penalty":0,"repetition_penalty":1,"logit_bias":{},"min_tokens":0`, defaults},
		{"min_tokens", `"min_tokens":3`, with(func(r *engine.Request) { r.MinTokens = 3 })},
		{"drafts", `"num_speculative_tokens":3`, with(func(r *engine.Request) { r.Drafts = 3 })},
		{"no drafts", `"num_speculative_tokens":0`, with(func(r *engine.Request) { r.Drafts = engine.NoDrafts })},
		{"drafts of the server", `"num_speculative_tokens":null`, defaults},
		{"stop_token_ids", `"stop_token_ids":[5,0]`, with(func(r *engine.Request) { r.StopTokens = []int32{5, 0} })},
		{"echo", `"echo":true`, defaults},
		{"echo with logprobs", `"echo":true,"logprobs":3`, with(func(r *engine.Request) { r.Logprobs, r.PromptLogprobs = 3, 3 })},
		{"echo with logprobs of the chosen", `"echo":true,"logprobs":0`, with(func(r *engine.Request) { r.Logprobs, r.PromptLogprobs = -1, -1 })},
		{"nothing but echo", `"echo":true,"max_tokens":0`, with(func(r *engine.Request) { r.MaxTokens, r.PromptLogprobs = 0, -1 })},
		{"ignore_eos", `"ignore_eos":true`, with(func(r *engine.Request) { r.IgnoreEOS = true })},
		{"logprobs", `"logprobs":5`, with(func(r *engine.Request) { r.Logprobs = 5 })},
		{"logprobs of the chosen", `"logprobs":0`, with(func(r *engine.Request) { r.Logprobs = -1 })},
		{"exponents", `"temperature":5e-1,"min_p":1E-1`, with(func(r *engine.Request) {
			r.Sampling.Temperature, r.Sampling.MinP = 0.5, 0.1
		})},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := accepted(t, pathCompletions, completionWith(c.rest))
			if len(got) != 1 || !reflect.DeepEqual(got[0], c.want) {
				t.Errorf("got %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestChatEngineRequest(t *testing.T) {
	// The template's control tokens become their ids, and none is put in front.
	prompt := append([]int32{idUser}, tokens("user:hi\nassistant:")...)
	for _, c := range []struct {
		name, rest       string
		tokens, logprobs int
	}{
		{"rest of the context", `"n":1`, 64 - len(prompt), 0},
		{"max_tokens", `"max_tokens":3`, 3, 0},
		{"max_completion_tokens", `"max_completion_tokens":4`, 4, 0},
		{"both the same", `"max_completion_tokens":4,"max_tokens":4`, 4, 0},
		{"logprobs", `"max_tokens":3,"logprobs":true`, 3, -1},
		{"no logprobs", `"max_tokens":3,"logprobs":false`, 3, 0},
		{"zero alternatives", `"max_tokens":3,"logprobs":true,"top_logprobs":0`, 3, -1},
		{"alternatives", `"max_tokens":3,"top_logprobs":20,"logprobs":true`, 3, 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := accepted(t, pathChat, chatWith(c.rest))
			want := engine.Request{ID: "chatcmpl-id-0", Prompt: prompt, MaxTokens: c.tokens, Logprobs: c.logprobs,
				Sampling: sample.Params{Temperature: 1, TopP: 1, Seed: 42, RepetitionPenalty: 1}}
			if len(got) != 1 || !reflect.DeepEqual(got[0], want) {
				t.Errorf("got %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestPromptForms(t *testing.T) {
	for _, c := range []struct {
		name, prompt string
		want         [][]int32
	}{
		{"text", `"ab"`, [][]int32{{'a', 'b'}}},
		{"escapes", `"\u00e9\n"`, [][]int32{{0xC3, 0xA9, '\n'}}},
		{"texts", `["ab", "c"]`, [][]int32{{'a', 'b'}, {'c'}}},
		{"tokens", `[1, 257, 0]`, [][]int32{{1, 257, 0}}},
		{"token lists", `[[1, 2], [3]]`, [][]int32{{1, 2}, {3}}},
		{"control token as text", `"<|end|>"`, [][]int32{tokens("<|end|>")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got [][]int32
			for _, r := range accepted(t, pathCompletions, `{"model":"tiny","prompt":`+c.prompt+`}`) {
				got = append(got, r.Prompt)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// TestSeedsOfChoices: choice i of every prompt has seed + i.
func TestSeedsOfChoices(t *testing.T) {
	got := accepted(t, pathCompletions, `{"model":"tiny","prompt":["a","b"],"n":3,"seed":10}`)
	var seeds []uint64
	for _, r := range got {
		seeds = append(seeds, r.Sampling.Seed)
	}
	if want := []uint64{10, 11, 12, 10, 11, 12}; !reflect.DeepEqual(seeds, want) {
		t.Errorf("seeds %v, want %v", seeds, want)
	}
	if got[4].ID != "cmpl-id-4" || got[4].Prompt[0] != 'b' {
		t.Errorf("choice 4 is %+v", got[4])
	}
	if got[0].Group == 0 || got[0].Group != got[2].Group || got[3].Group != got[5].Group || got[0].Group == got[3].Group {
		t.Errorf("the choices of each prompt are not a group of their own: %+v", got)
	}
}

// TestUnknownContext leaves the bound to the engine.
func TestUnknownContext(t *testing.T) {
	config := testConfig()
	config.Context = 0
	b := always(end("x", engine.FinishLength))
	_, url := start(t, config, b)
	if resp, got := post(t, url+pathChat, chatWith(`"n":1`)); resp.StatusCode != 200 {
		t.Fatalf("status %d: %s", resp.StatusCode, got)
	}
	if got := b.requests[0].MaxTokens; got != math.MaxInt32 {
		t.Errorf("max tokens %d", got)
	}
}
