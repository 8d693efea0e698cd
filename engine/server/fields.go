package server

import (
	"encoding/json"
	"maps"
	"math"
	"reflect"
	"strings"
)

const (
	maxChoices  = 8   // n
	maxStops    = 4   // stop
	maxLogprobs = 20  // logprobs, top_logprobs
	maxPrompts  = 128 // prompts of one request: a small body could ask for millions otherwise
)

// minTemperature is the lowest that is not greedy: dividing float32 logits by much
// less runs out of their range.
const minTemperature = 0.01

// sharedFields are the parameters that both endpoints have.
func sharedFields() map[string]field {
	fields := map[string]field{
		"model":          text(func(r *request, v string) { r.model = v }),
		"user":           text(func(*request, string) {}),
		"max_tokens":     readMaxTokens,
		"temperature":    readTemperature,
		"top_p":          readTopP,
		"top_k":          integer(-1, math.MaxInt32, func(r *request, v int64) { r.topK = int(max(v, 0)) }),
		"min_p":          number(0, 1, func(r *request, v float64) { r.minP = v }),
		"seed":           integer(math.MinInt64, math.MaxInt64, func(r *request, v int64) { r.seed = &v }),
		"stop":           readStop,
		"n":              integer(1, maxChoices, func(r *request, v int64) { r.n = int(v) }),
		"ignore_eos":     boolean(func(r *request, v bool) { r.ignoreEOS = v }),
		"stream":         boolean(func(r *request, v bool) { r.stream = v }),
		"stream_options": readStreamOptions,
	}
	maps.Copy(fields, map[string]field{
		"presence_penalty":              neutral(0.0),
		"frequency_penalty":             neutral(0.0),
		"repetition_penalty":            neutral(1.0),
		"length_penalty":                neutral(1.0),
		"logit_bias":                    neutral(map[string]any{}),
		"min_tokens":                    neutral(0.0),
		"use_beam_search":               neutral(false),
		"stop_token_ids":                neutral([]any{}),
		"bad_words":                     neutral([]any{}),
		"include_stop_str_in_output":    neutral(false),
		"skip_special_tokens":           neutral(true),
		"spaces_between_special_tokens": neutral(true),
		"prompt_logprobs":               neutral(),
		"response_format":               neutral(map[string]any{"type": "text"}),
		"priority":                      neutral(0.0),
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
		"echo":    neutral(false),
		"suffix":  neutral(""),
		"best_of": neutral(1.0),
	})
	return fields
}

func chatFields() map[string]field {
	fields := sharedFields()
	maps.Copy(fields, map[string]field{
		"messages":              readMessages,
		"max_completion_tokens": readMaxTokens,
		"logprobs":              boolean(func(r *request, v bool) { r.logprobs = v }),
		"top_logprobs":          integer(0, maxLogprobs, func(r *request, v int64) { r.topLogprobs = pointer(v) }),
		"tools":                 neutral([]any{}),
		"tool_choice":           neutral("none"),
		"parallel_tool_calls":   neutral(true),
		"functions":             neutral([]any{}),
		"function_call":         neutral("none"),
		"modalities":            neutral([]any{"text"}),
		"audio":                 neutral(),
		"prediction":            neutral(),
		"reasoning_effort":      neutral(),
		"web_search_options":    neutral(),
		"metadata":              neutral(map[string]any{}),
		"store":                 neutral(false),
		"service_tier":          neutral("auto"),
		"add_generation_prompt": neutral(true),
		"chat_template":         neutral(),
		"chat_template_kwargs":  neutral(map[string]any{}),
	})
	return fields
}

func pointer(v int64) *int { i := int(v); return &i }

func text(set func(*request, string)) field {
	return func(r *request, name string, raw json.RawMessage) *Error {
		v, e := parseString(name, raw)
		if e == nil {
			set(r, v)
		}
		return e
	}
}

func boolean(set func(*request, bool)) field {
	return func(r *request, name string, raw json.RawMessage) *Error {
		v, e := parseBool(name, raw)
		if e == nil {
			set(r, v)
		}
		return e
	}
}

func integer(least, most int64, set func(*request, int64)) field {
	return func(r *request, name string, raw json.RawMessage) *Error {
		v, e := parseInteger(name, raw, least, most)
		if e == nil {
			set(r, v)
		}
		return e
	}
}

func number(least, most float64, set func(*request, float64)) field {
	return func(r *request, name string, raw json.RawMessage) *Error {
		v, e := parseNumber(name, raw, least, most)
		if e == nil {
			set(r, v)
		}
		return e
	}
}

// neutral is a parameter that is not supported: only the values that ask for
// nothing pass. Null always does.
func neutral(values ...any) field {
	return func(_ *request, name string, raw json.RawMessage) *Error {
		var got any
		if err := json.Unmarshal(raw, &got); err != nil {
			return invalid(name, "%s: %v.", name, err)
		}
		accepted := []string{"null"}
		for _, v := range values {
			if reflect.DeepEqual(got, v) {
				return nil
			}
			shown, err := json.Marshal(v)
			if err != nil {
				panic(err) // the tables hold plain values only
			}
			accepted = append(accepted, string(shown))
		}
		return unsupported(name, raw, "only "+strings.Join(accepted, " or ")+" is accepted")
	}
}

// readMaxTokens serves the two names that chat has for the same limit.
func readMaxTokens(r *request, name string, raw json.RawMessage) *Error {
	v, e := parseInteger(name, raw, 1, math.MaxInt32)
	if e != nil {
		return e
	}
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
