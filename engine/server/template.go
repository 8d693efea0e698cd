package server

import (
	"encoding/json"
	"fmt"

	"github.com/assaylab/assay/engine/chat"
)

// Conversation is what a chat template makes a prompt of. Messages and tools are JSON objects
// whose members are in the client's order; the content of a message is a string or null.
type Conversation struct {
	Messages            []json.RawMessage
	Tools               []json.RawMessage
	AddGenerationPrompt bool
	Variables           map[string]json.RawMessage // further names that the template may look at
}

// Renderer writes a conversation as the model's prompt.
type Renderer interface {
	Render(c Conversation) (string, error)
}

// FromTemplate makes a chat template a Renderer.
func FromTemplate(t *chat.Template) Renderer { return rendered{t} }

type rendered struct{ *chat.Template }

// Render gives the template what it can take.
func (r rendered) Render(c Conversation) (string, error) {
	var messages []chat.Message
	for _, raw := range c.Messages {
		var m struct{ Role, Content string }
		if err := json.Unmarshal(raw, &m); err != nil {
			return "", fmt.Errorf("message: %w", err)
		}
		messages = append(messages, chat.Message{Role: m.Role, Content: m.Content})
	}
	return r.Template.Render(messages, c.AddGenerationPrompt)
}
