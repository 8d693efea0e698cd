package scripted

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Usage says which token counts an Answer gives.
type Usage int

// Kinds of usage.
const (
	Continuous Usage = iota // in every message, and once more at the end
	Final                   // at the end only
	Absent
)

// Answer builds the script of a streamed completion in OpenAI's dialect.
type Answer struct {
	Chat   bool // chat.completion.chunk rather than text_completion
	Delay  time.Duration
	Parts  []Part
	Finish string // finish reason, sent in a message of its own; "" sends none
	NoDone bool   // leave out [DONE]
	End    End

	Usage          Usage
	Prompt, Cached int // prompt tokens to report
	Skew           int // added to every count of generated tokens, to make it wrong
}

// Part is one piece of an Answer.
type Part struct {
	gap    time.Duration
	kind   kind
	text   string
	tokens int
	splits []int
	joined bool
}

type kind int

const (
	content kind = iota
	reasoning
	role
	comment
	failure
	verbatim
)

// Message is a message of n tokens, sent gap after the part before it.
func Message(gap time.Duration, n int, text string) Part {
	return Part{gap: gap, kind: content, text: text, tokens: n}
}

// Reasoning is a message of n tokens of the reasoning channel (chat only).
func Reasoning(gap time.Duration, n int, text string) Part {
	return Part{gap: gap, kind: reasoning, text: text, tokens: n}
}

// Role is a message that only names the role and holds no token (chat only).
func Role(gap time.Duration) Part { return Part{gap: gap, kind: role} }

// Comment is a keep-alive comment.
func Comment(gap time.Duration) Part { return Part{gap: gap, kind: comment} }

// Failure is an error object inside the stream.
func Failure(gap time.Duration, message string) Part {
	return Part{gap: gap, kind: failure, text: message}
}

// Verbatim sends the bytes as they are.
func Verbatim(gap time.Duration, bytes string) Part {
	return Part{gap: gap, kind: verbatim, text: bytes}
}

// Split sends the part in several writes, cut before each of the given byte offsets.
func (p Part) Split(at ...int) Part {
	p.splits = at
	return p
}

// Joined sends the part in one write with the part before it.
func (p Part) Joined() Part {
	p.joined = true
	return p
}

// Tokens is how many generated tokens the answer has.
func (a Answer) Tokens() int {
	n := 0
	for _, p := range a.Parts {
		n += p.tokens
	}
	return n
}

// Script is the answer as a sequence of writes.
func (a Answer) Script() Script {
	s := Script{Delay: a.Delay, End: a.End}
	total := 0
	for _, p := range a.Parts {
		total += p.tokens
		frame := a.frame(p, total)
		if p.joined && len(s.Steps) > 0 {
			last := &s.Steps[len(s.Steps)-1]
			last.Bytes += frame
			last.Tokens = append(last.Tokens, p.counts()...)
			continue
		}
		s.Steps = append(s.Steps, p.writes(frame)...)
	}
	if tail := a.tail(total); tail != "" {
		s.Steps = append(s.Steps, Step{Bytes: tail})
	}
	return s
}

// counts are the token counts for the record: none for a part without tokens.
func (p Part) counts() []int {
	if p.tokens == 0 {
		return nil
	}
	return []int{p.tokens}
}

func (p Part) writes(frame string) []Step {
	var steps []Step
	from := 0
	for _, at := range p.splits {
		steps = append(steps, Step{Bytes: frame[from:at]})
		from = at
	}
	steps = append(steps, Step{Bytes: frame[from:], Tokens: p.counts()})
	steps[0].Wait = p.gap
	return steps
}

// frame is the part as bytes of the event stream; total counts the tokens up to it.
func (a Answer) frame(p Part, total int) string {
	switch p.kind {
	case comment:
		return ": keep-alive\n\n"
	case verbatim:
		return p.text
	case failure:
		return event(map[string]any{"error": map[string]any{"message": p.text, "type": "server_error"}})
	}
	usage := map[string]any(nil)
	if a.Usage == Continuous {
		usage = a.usage(total)
	}
	return a.chunk([]any{a.choice(p, nil)}, usage)
}

// tail is what follows the parts in one write: finish reason, usage, end mark.
func (a Answer) tail(total int) string {
	out := ""
	if a.Finish != "" {
		usage := map[string]any(nil)
		if a.Usage == Continuous {
			usage = a.usage(total)
		}
		out += a.chunk([]any{a.choice(Part{}, a.Finish)}, usage)
	}
	if a.Usage != Absent {
		out += a.chunk([]any{}, a.usage(total))
	}
	if !a.NoDone {
		out += "data: [DONE]\n\n"
	}
	return out
}

func (a Answer) choice(p Part, finish any) map[string]any {
	choice := map[string]any{"index": 0, "finish_reason": finish}
	if !a.Chat {
		choice["text"] = p.text
		return choice
	}
	delta := map[string]any{"content": p.text}
	switch p.kind {
	case role:
		delta["role"] = "assistant"
	case reasoning:
		delta = map[string]any{"reasoning_content": p.text}
	}
	choice["delta"] = delta
	return choice
}

func (a Answer) usage(total int) map[string]any {
	return map[string]any{
		"prompt_tokens": a.Prompt, "completion_tokens": total + a.Skew, "total_tokens": a.Prompt + total + a.Skew,
		"prompt_tokens_details": map[string]any{"cached_tokens": a.Cached},
	}
}

func (a Answer) chunk(choices []any, usage map[string]any) string {
	object := "text_completion"
	if a.Chat {
		object = "chat.completion.chunk"
	}
	c := map[string]any{"id": "cmpl-scripted", "object": object, "model": "scripted", "choices": choices}
	if usage != nil {
		c["usage"] = usage
	}
	return event(c)
}

func event(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("scripted: %v", err)) // every value here is plain data
	}
	return "data: " + string(raw) + "\n\n"
}

// Steady is an answer of n messages of one token each, the first after first and
// the others gap apart.
func Steady(first, gap time.Duration, n int) Answer {
	a := Answer{Prompt: 1, Finish: "length"}
	for i := range n {
		wait := gap
		if i == 0 {
			wait = first
		}
		a.Parts = append(a.Parts, Message(wait, 1, " w"+strconv.Itoa(i)))
	}
	return a
}

// Refuse is an answer with a status and an error object as its body. A retryAfter
// above 0 is sent as the Retry-After header, in seconds.
func Refuse(status, retryAfter int, message string) Script {
	raw, err := json.Marshal(map[string]any{"error": map[string]any{"message": message}})
	if err != nil {
		panic(fmt.Sprintf("scripted: %v", err)) // a map of strings
	}
	s := Script{Status: status, Header: map[string]string{"Content-Type": "application/json"}, Steps: []Step{{Bytes: string(raw)}}}
	if retryAfter > 0 {
		s.Header["Retry-After"] = strconv.Itoa(retryAfter)
	}
	return s
}
