package server

import (
	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/engine/chat"
)

// chat is POST /v1/chat/completions.
func (s *Server) chat() endpoint {
	return endpoint{fields: chatFields(), prompts: s.chatPrompt, shape: chatShape{s}, prefix: "chatcmpl-"}
}

// chatPrompt renders and tokenizes the conversation.
func (s *Server) chatPrompt(r *request) ([]prompt, *Error) {
	ids, e := s.conversation(r, false)
	if e != nil {
		return nil, e
	}
	if e := s.checkPrompt(r, "messages", ids); e != nil {
		return nil, e
	}
	return []prompt{{ids: ids}}, nil
}

// conversation are the tokens of what the template writes. The template writes the special
// tokens, the one at the beginning included, so the tokenizer adds none of its own unless told.
func (s *Server) conversation(r *request, addSpecial bool) ([]int32, *Error) {
	if s.config.Chat == nil {
		e := invalid("messages", "The model %q has no chat template; use /v1/completions.", s.config.Model)
		e.Code = "chat_unsupported"
		return nil, e
	}
	if r.messages == nil {
		return nil, invalid("messages", "messages is missing.")
	}
	in := chat.Input{Messages: r.messages, AddGenerationPrompt: r.openTurn, Variables: r.variables, Now: s.config.Now()}
	plain, err := s.config.Chat.Render(in)
	if err != nil {
		return nil, invalid("messages", "The chat template refused the messages: %v.", err)
	}
	if len(r.tools) == 0 || r.toolChoice == "none" {
		return s.tokenizer.EncodeWithSpecial(plain, addSpecial), nil
	}
	in.Tools = r.tools
	text, err := s.config.Chat.Render(in)
	if err != nil {
		return nil, invalid("tools", "The chat template refused the tools: %v.", err)
	}
	if text == plain { // the model would never know of them
		e := invalid("tools", "The chat template of the model %q does not use tools.", s.config.Model)
		e.Code = "tools_unsupported"
		return nil, e
	}
	return s.tokenizer.EncodeWithSpecial(text, addSpecial), nil
}

// chatShape writes chat completions.
type chatShape struct{ s *Server }

// chatChunk is one message of a stream.
type chatChunk struct {
	Index    int                  `json:"index"`
	Delta    delta                `json:"delta"`
	Logprobs *chatLogprobs        `json:"logprobs"`
	Finish   *engine.FinishReason `json:"finish_reason"`
}

// delta has the role in the first message, and content in all others.
type delta struct {
	Role    string  `json:"role,omitempty"`
	Content *string `json:"content,omitempty"`
}

type chatChoice struct {
	Index    int                  `json:"index"`
	Message  reply                `json:"message"`
	Logprobs *chatLogprobs        `json:"logprobs"`
	Finish   *engine.FinishReason `json:"finish_reason"`
}

type reply struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

func (chatShape) objects() (whole, chunk string) { return "chat.completion", "chat.completion.chunk" }
func (chatShape) defaultTokens() int             { return 0 }

func (chatShape) opening(choice int) any {
	return chatChunk{Index: choice, Delta: delta{Role: "assistant"}}
}

func (c chatShape) chunk(choice int, p piece) any {
	return chatChunk{choice, delta{Content: &p.text}, c.s.chatLogprobs(p.logprobs), finishReason(p)}
}

func (c chatShape) whole(choice int, p piece) any {
	return chatChoice{choice, reply{"assistant", p.text}, c.s.chatLogprobs(p.logprobs), finishReason(p)}
}
