package scripted

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Provider builds answers as a provider of managed APIs sends them. Its Dialect is one of package dialect's, by name:
// openai-chat, openai-responses, anthropic, gemini, gemini-whole, vertex or vertex-whole.
type Provider struct {
	Dialect string
	Model   string        // that answers
	ID      string        // of the request, in the header that the provider has for it
	Words   []string      // the text, a message each
	Gap     time.Duration // before each message
	End     End           // after the words: whatever is not Complete leaves the end mark out

	Prompt, Cached, Output int               // as the server counts them; Prompt of 0 sends no counts
	Header                 map[string]string // further ones
	Broken                 string            // an error inside the stream in place of its end; "" for none
}

// Script is the answer.
func (p Provider) Script() Script {
	s := Script{Header: p.header(), End: p.End}
	frames := p.frames()
	if strings.HasSuffix(p.Dialect, "-whole") {
		s.Header["Content-Type"] = "application/json"
	}
	for i, f := range frames {
		if i == len(frames)-1 && p.End != Complete {
			if len(frames) > 1 {
				break
			}
			f = f[:len(f)/2]
		}
		step := Step{Bytes: f}
		if i > 0 {
			step.Wait = p.Gap
		}
		s.Steps = append(s.Steps, step)
	}
	return s
}

// idHeaders are the headers in which providers name requests.
var idHeaders = map[string]string{"openai": "x-request-id", "anthropic": "request-id"}

func (p Provider) header() map[string]string {
	h := map[string]string{}
	maps.Copy(h, p.Header)
	if name := idHeaders[p.family()]; name != "" && p.ID != "" {
		h[name] = p.ID
	}
	return h
}

// family is whose dialect it is.
func (p Provider) family() string {
	name, _, _ := strings.Cut(p.Dialect, "-")
	if name == "gemini" || name == "vertex" {
		return "google"
	}
	return name
}

// object is a JSON object.
type object = map[string]any

func sse(name string, v any) string {
	frame := event(v)
	if name != "" {
		frame = "event: " + name + "\n" + frame
	}
	return frame
}

// frames are the events of the answer; the last one is its end.
func (p Provider) frames() []string {
	switch {
	case p.Dialect == "openai-chat":
		return p.chat()
	case p.Dialect == "openai-responses":
		return p.responses()
	case p.Dialect == "anthropic":
		return p.messages()
	case strings.HasSuffix(p.Dialect, "-whole"):
		return []string{p.whole()}
	case p.family() == "google":
		return p.google()
	}
	panic("scripted: no provider speaks " + strconv.Quote(p.Dialect))
}

func (p Provider) chat() (frames []string) {
	chunk := func(delta object, finish any, usage any) object {
		return object{"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": p.Model, "usage": usage,
			"choices": []any{object{"index": 0, "delta": delta, "finish_reason": finish}}}
	}
	for _, w := range p.Words {
		frames = append(frames, sse("", chunk(object{"content": w}, nil, nil)))
	}
	if p.Broken != "" {
		return append(frames, sse("", object{"error": object{"message": p.Broken, "type": "server_error"}}))
	}
	end := sse("", chunk(object{}, "length", nil))
	if p.Prompt > 0 {
		end += sse("", object{"id": "chatcmpl-1", "model": p.Model, "choices": []any{}, "usage": object{"prompt_tokens": p.Prompt, "completion_tokens": p.Output,
			"total_tokens": p.Prompt + p.Output, "prompt_tokens_details": object{"cached_tokens": p.Cached}}})
	}
	return append(frames, end+"data: [DONE]\n\n")
}

func (p Provider) responses() (frames []string) {
	response := object{"id": "resp_1", "object": "response", "model": p.Model, "status": "in_progress"}
	begin := sse("response.created", object{"type": "response.created", "response": response})
	for _, w := range p.Words {
		frames = append(frames, begin+sse("response.output_text.delta", object{"type": "response.output_text.delta", "item_id": "msg_1", "delta": w}))
		begin = ""
	}
	if p.Broken != "" {
		return append(frames, sse("error", object{"type": "error", "code": "server_error", "message": p.Broken}))
	}
	last := object{"id": "resp_1", "object": "response", "model": p.Model, "status": "incomplete", "incomplete_details": object{"reason": "max_output_tokens"}}
	if p.Prompt > 0 {
		last["usage"] = object{"input_tokens": p.Prompt, "input_tokens_details": object{"cached_tokens": p.Cached}, "output_tokens": p.Output, "total_tokens": p.Prompt + p.Output}
	}
	return append(frames, sse("response.incomplete", object{"type": "response.incomplete", "response": last}))
}

func (p Provider) messages() (frames []string) {
	message := object{"id": "msg_1", "type": "message", "model": p.Model, "content": []any{}}
	if p.Prompt > 0 { // what is cached is not part of the input here
		message["usage"] = object{"input_tokens": p.Prompt - p.Cached, "cache_read_input_tokens": p.Cached, "output_tokens": 1}
	}
	begin := sse("message_start", object{"type": "message_start", "message": message}) +
		sse("content_block_start", object{"type": "content_block_start", "index": 0, "content_block": object{"type": "text", "text": ""}})
	for _, w := range p.Words {
		frames = append(frames, begin+sse("content_block_delta", object{"type": "content_block_delta", "index": 0, "delta": object{"type": "text_delta", "text": w}}))
		begin = ""
	}
	if p.Broken != "" {
		return append(frames, sse("error", object{"type": "error", "error": object{"type": "overloaded_error", "message": p.Broken}}))
	}
	delta := object{"type": "message_delta", "delta": object{"stop_reason": "max_tokens"}}
	if p.Prompt > 0 {
		delta["usage"] = object{"output_tokens": p.Output}
	}
	return append(frames, sse("content_block_stop", object{"type": "content_block_stop", "index": 0})+sse("message_delta", delta)+sse("message_stop", object{"type": "message_stop"}))
}

// generated is a response of Google's.
func (p Provider) generated(text, reason string) object {
	candidate := object{"index": 0, "content": object{"role": "model", "parts": []any{object{"text": text}}}}
	r := object{"candidates": []any{candidate}, "modelVersion": p.Model, "responseId": "r1"}
	if reason == "" {
		return r
	}
	candidate["finishReason"] = reason
	if p.Prompt > 0 {
		r["usageMetadata"] = object{"promptTokenCount": p.Prompt, "cachedContentTokenCount": p.Cached, "candidatesTokenCount": p.Output, "totalTokenCount": p.Prompt + p.Output}
	}
	return r
}

func (p Provider) google() (frames []string) {
	for _, w := range p.Words {
		frames = append(frames, sse("", p.generated(w, "")))
	}
	if p.Broken != "" {
		return append(frames, sse("", object{"error": object{"code": 503, "message": p.Broken, "status": "UNAVAILABLE"}}))
	}
	return append(frames, sse("", p.generated("", "MAX_TOKENS")))
}

func (p Provider) whole() string {
	v := p.generated(strings.Join(p.Words, ""), "MAX_TOKENS")
	if p.Broken != "" {
		v = object{"error": object{"code": 503, "message": p.Broken, "status": "UNAVAILABLE"}}
	}
	raw, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("scripted: %v", err)) // plain data
	}
	return string(raw)
}

// reasons are the words that providers have for a status: OpenAI's type and code, Anthropic's type, Google's status.
var reasons = map[int][3]string{
	http.StatusBadRequest:          {"invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT"},
	http.StatusUnauthorized:        {"invalid_api_key", "authentication_error", "UNAUTHENTICATED"},
	http.StatusForbidden:           {"unsupported_country_region_territory", "permission_error", "PERMISSION_DENIED"},
	http.StatusNotFound:            {"model_not_found", "not_found_error", "NOT_FOUND"},
	http.StatusTooManyRequests:     {"rate_limit_exceeded", "rate_limit_error", "RESOURCE_EXHAUSTED"},
	http.StatusInternalServerError: {"server_error", "api_error", "INTERNAL"},
	http.StatusServiceUnavailable:  {"server_error", "api_error", "UNAVAILABLE"},
	529:                            {"server_error", "overloaded_error", "UNAVAILABLE"},
}

// Refuse is a refusal in the provider's shape. A retryAfter above 0 is sent as the Retry-After header, in seconds.
func (p Provider) Refuse(status, retryAfter int, message string) Script {
	words := reasons[status]
	var body object
	switch p.family() {
	case "anthropic":
		body = object{"type": "error", "error": object{"type": words[1], "message": message}, "request_id": p.ID}
	case "google":
		body = object{"error": object{"code": status, "message": message, "status": words[2]}}
	default:
		body = object{"error": object{"message": message, "type": "invalid_request_error", "param": nil, "code": words[0]}}
	}
	raw, err := json.Marshal(body)
	if err != nil {
		panic(fmt.Sprintf("scripted: %v", err)) // plain data
	}
	s := Script{Status: status, Header: p.header(), Steps: []Step{{Bytes: string(raw)}}}
	s.Header["Content-Type"] = "application/json"
	if retryAfter > 0 {
		s.Header["Retry-After"] = strconv.Itoa(retryAfter)
	}
	return s
}
