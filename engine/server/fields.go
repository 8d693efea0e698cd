package server

import (
	"cmp"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/assaylab/assay/engine/sample"
)

const (
	maxChoices  = 128  // n, as OpenAI has it; the engine's queue is the narrower bound
	maxStops    = 16   // stop; OpenAI has 4, and evaluation harnesses send more
	maxStopIDs  = 128  // stop_token_ids
	maxBiases   = 1024 // logit_bias
	maxLogprobs = 20   // logprobs, top_logprobs
	maxPrompts  = 128  // prompts of one request: a small body could ask for millions otherwise
)

// minTemperature is the lowest that is not greedy: dividing float32 logits by much
// less runs out of their range.
const minTemperature = 0.01

// sharedFields are the parameters that both endpoints have.
func sharedFields() map[string]field {
	fields := map[string]field{
		"model":              readModel,
		"user":               text(func(r *request, v string) { r.user = v }),
		"safety_identifier":  text(func(*request, string) {}), // like user, names the client's own user
		"prompt_cache_key":   text(func(*request, string) {}), // a hint to route by; there is one server
		"cache_salt":         readSalt,
		draftsField:          integer(0, math.MaxInt32, func(r *request, v int64) { r.drafts = pointer(v) }),
		"pin_prompt":         boolean(func(r *request, v bool) { r.pinPrompt = v }),
		"max_tokens":         readMaxTokens,
		"min_tokens":         integer(0, math.MaxInt32, func(r *request, v int64) { r.minTokens = int(v) }),
		"temperature":        readTemperature,
		"top_p":              readTopP,
		"top_k":              integer(-1, math.MaxInt32, func(r *request, v int64) { r.topK = int(max(v, 0)) }),
		"min_p":              number(0, 1, func(r *request, v float64) { r.minP = v }),
		"presence_penalty":   number(-2, 2, func(r *request, v float64) { r.presence = v }),
		"frequency_penalty":  number(-2, 2, func(r *request, v float64) { r.frequency = v }),
		"repetition_penalty": number(0.01, 100, func(r *request, v float64) { r.repetition = v }),
		"logit_bias":         readBias,
		"seed":               integer(math.MinInt64, math.MaxInt64, func(r *request, v int64) { r.seed = &v }),
		"stop":               readStop,
		"stop_token_ids":     readStopTokens,
		"n":                  integer(1, maxChoices, func(r *request, v int64) { r.n = int(v) }),
		"priority":           integer(math.MinInt32, math.MaxInt32, func(r *request, v int64) { r.priority, r.prioritized = int(v), true }),
		"ignore_eos":         boolean(func(r *request, v bool) { r.ignoreEOS = v }),
		"stream":             boolean(func(r *request, v bool) { r.stream = v }),
		"stream_options":     readStreamOptions,
	}
	maps.Copy(fields, map[string]field{
		"length_penalty":                neutral(1.0),
		"use_beam_search":               neutral(false),
		"bad_words":                     neutral([]any{}),
		"include_stop_str_in_output":    neutral(false),
		"skip_special_tokens":           neutral(true),
		"spaces_between_special_tokens": neutral(true),
		"prompt_logprobs":               neutral(),
		"response_format":               neutral(map[string]any{"type": "text"}),
		"metadata":                      neutral(map[string]any{}),
	})
	return fields
}

func completionFields() map[string]field {
	fields := sharedFields()
	maps.Copy(fields, map[string]field{
		"prompt": readPrompts,
		"logprobs": integer(0, maxLogprobs, func(r *request, v int64) {
			r.logprobs, r.topLogprobs = true, pointer(v)
		}),
		"echo":    boolean(func(r *request, v bool) { r.echo = v }),
		"suffix":  neutral(""),
		"best_of": neutral(1.0),
	})
	return fields
}

func chatFields() map[string]field {
	fields := sharedFields()
	maps.Copy(fields, conversationFields())
	maps.Copy(fields, map[string]field{
		"max_completion_tokens":  readMaxTokens,
		"logprobs":               boolean(func(r *request, v bool) { r.logprobs = v }),
		"top_logprobs":           integer(0, maxLogprobs, func(r *request, v int64) { r.topLogprobs = pointer(v) }),
		"tool_choice":            readToolChoice,
		"parallel_tool_calls":    neutral(true),
		"functions":              neutral([]any{}),
		"function_call":          neutral("none"),
		"modalities":             neutral([]any{"text"}),
		"audio":                  neutral(),
		"prediction":             neutral(),
		"reasoning_effort":       neutral(),
		"verbosity":              neutral(),
		"web_search_options":     neutral(),
		"store":                  neutral(false),
		"service_tier":           neutral("auto"),
		"continue_final_message": neutral(false),
		"echo":                   neutral(false),
	})
	return fields
}

// conversationFields are what a chat template looks at.
func conversationFields() map[string]field {
	return map[string]field{
		"messages":              readMessages,
		"tools":                 readTools,
		"add_generation_prompt": boolean(func(r *request, v bool) { r.openTurn = v }),
		"chat_template":         neutral(),
		"chat_template_kwargs":  readTemplateVariables,
	}
}

func readModel(r *request, name string, raw json.RawMessage) (e *Error) {
	r.model, e = parseString(name, raw)
	return e
}

// readMaxTokens serves the two names that chat has for the same limit. Whether it may be 0,
// check says.
func readMaxTokens(r *request, name string, raw json.RawMessage) *Error {
	v, e := parseInteger(name, raw, 0, math.MaxInt32)
	if e != nil {
		return e
	}
	r.limitName = name
	if r.maxTokens != nil && *r.maxTokens != int(v) {
		return invalid(name, "max_tokens and max_completion_tokens are both given, and differ.")
	}
	r.maxTokens = pointer(v)
	return nil
}

func readTemperature(r *request, name string, raw json.RawMessage) *Error {
	v, e := parseNumber(name, raw, 0, 2)
	if e != nil {
		return e
	}
	if v > 0 && v < minTemperature {
		return invalid(name, "%s: expected 0 (greedy) or at least %v, found %s.", name, minTemperature, found(raw))
	}
	r.temperature = v
	return nil
}

func readTopP(r *request, name string, raw json.RawMessage) *Error {
	v, e := parseNumber(name, raw, 0, 1)
	if e != nil {
		return e
	}
	if float32(v) == 0 {
		return invalid(name, "%s: expected a number above 0 and at most 1, found %s.", name, found(raw))
	}
	r.topP = v
	return nil
}

func readStop(r *request, name string, raw json.RawMessage) *Error {
	values := []json.RawMessage{raw}
	if kindOf(raw) == kindArray {
		var e *Error
		if values, e = parseArray(name, raw); e != nil {
			return e
		}
	}
	if len(values) > maxStops {
		return invalid(name, "%s: expected at most %d strings, found %d.", name, maxStops, len(values))
	}
	for _, value := range values {
		s, e := parseString(name, value)
		if e != nil {
			return e
		}
		if s == "" {
			return invalid(name, "%s: an empty stop string would stop at once.", name)
		}
		r.stop = append(r.stop, s)
	}
	return nil
}

func readStopTokens(r *request, name string, raw json.RawMessage) *Error {
	values, e := parseArray(name, raw)
	if e != nil {
		return e
	}
	if len(values) > maxStopIDs {
		return invalid(name, "%s: expected at most %d token ids, found %d.", name, maxStopIDs, len(values))
	}
	r.stopTokens, e = readTokens(name, values)
	return e
}

// readBias takes {"token id": number}. The order of tokens is that of their ids, so that equal
// requests are equal to the engine.
func readBias(r *request, name string, raw json.RawMessage) *Error {
	e := members(raw, name+".", func(full string, value json.RawMessage) *Error {
		text := strings.TrimPrefix(full, name+".")
		id, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			return invalid(name, "%s: expected token ids as names, found %q.", name, text)
		}
		v, e := parseNumber(full, value, -100, 100)
		if e != nil {
			e.Param = name
			return e
		}
		r.bias = append(r.bias, sample.Bias{Token: int32(id), Add: float32(v)})
		return nil
	})
	if e != nil {
		return e
	}
	if len(r.bias) > maxBiases {
		return invalid(name, "%s: expected at most %d tokens, found %d.", name, maxBiases, len(r.bias))
	}
	slices.SortFunc(r.bias, func(a, b sample.Bias) int { return cmp.Compare(a.Token, b.Token) })
	for i := 1; i < len(r.bias); i++ { // "7" and "07" are different names
		if r.bias[i].Token == r.bias[i-1].Token {
			return invalid(name, "%s: token id %d is given twice.", name, r.bias[i].Token)
		}
	}
	return nil
}

func readStreamOptions(r *request, name string, raw json.RawMessage) *Error {
	var options streamOptions
	flags := map[string]*bool{"include_usage": &options.final, "continuous_usage_stats": &options.continuous}
	r.usage = &options
	return members(raw, name+".", func(full string, value json.RawMessage) *Error {
		flag, known := flags[strings.TrimPrefix(full, name+".")]
		switch {
		case !known:
			return unknown(full, []string{name + ".include_usage", name + ".continuous_usage_stats"})
		case kindOf(value) == kindNull:
			return nil
		}
		v, e := parseBool(full, value)
		*flag = v
		return e
	})
}
