// Package server speaks the OpenAI HTTP protocol for an engine: completions and
// chat completions, streamed and not, the list of models, vLLM's tokenizing endpoints, health
// and metrics. docs/server.md lists every parameter.
//
// It validates a request, tokenizes it on the handler's goroutine, submits it, and
// turns the engine's token ids back into text, matching stop strings on the way.
// It schedules nothing and computes nothing: that is the engine's.
//
// Strictness: a parameter that is unknown, or known but not supported, is refused
// by name with status 400, unless its value is the neutral one (null, a penalty of
// 0, an empty list). Nothing that a client asks for is silently left out.
//
// Choice i of every prompt has the request's seed + i, so that each can be asked again alone.
// The choices of a prompt are submitted as siblings, which compute it once. A choice that is
// cut at a stop string ends the engine's request with Stop: it counts as finished, not as aborted.
//
// Tools are text: their definitions go to the chat template, and what the model answers
// is content. No grammar forces a call, so tool_choice is "none" or "auto".
//
// Defaults are OpenAI's where it has one: temperature 1, top_p 1, n 1, max_tokens 16
// for completions and the rest of the context for chat. Without a seed, one is drawn.
//
// A stream has one message per engine step, holding all tokens of that step, and is
// flushed after each. With stream_options.continuous_usage_stats (vLLM's extension)
// every message carries the counts so far, so that a client can stamp every token
// even where a step has yielded no text yet.
package server
