package server

import (
	"encoding/json"
	"time"

	"github.com/assaylab/assay/engine/chat"
)

// Conversation is what a chat template makes a prompt of. Messages and tools are JSON objects
// whose members are in the client's order; the content of a message is a string or null.
type Conversation struct {
	Messages            []json.RawMessage
	Tools               []json.RawMessage
	AddGenerationPrompt bool
	Variables           map[string]json.RawMessage // further names that the template may look at
	Now                 time.Time                  // for templates that write the date
}

// Renderer writes a conversation as the model's prompt.
type Renderer interface {
	Render(c Conversation) (string, error)
}

// FromTemplate makes a chat template a Renderer.
func FromTemplate(t *chat.Template) Renderer { return rendered{t} }

type rendered struct{ template *chat.Template }

func (r rendered) Render(c Conversation) (string, error) { return r.template.Render(chat.Input(c)) }
