package corpus

import (
	"fmt"
	"strings"
)

// Format is how a file writes its rows.
type Format string

// The formats.
const (
	ShareGPT Format = "ShareGPT"     // {"conversations": [{"from": "human", "value": "..."}, ...]}
	Batch    Format = "OpenAI batch" // {"custom_id": "...", "body": {"messages" or "prompt": ..., "max_tokens": ...}}
)

// Message is what one party says.
type Message struct{ Role, Content string }

// Roles of messages.
const (
	System    = "system"
	User      = "user"
	Assistant = "assistant"
)

// Row is one recorded request, or one conversation.
type Row struct {
	ID        string // as the file has it, "" where it has none
	Line      int    // where it begins, from 1
	Turns     []Turn // at least one; of a batch exactly one
	MaxTokens int    // that the row asks for, 0 where it does not say
}

// Turn is what is asked, and what was answered when it was recorded.
type Turn struct {
	Ask   []Message // what is new since the reply to the turn before; the last one asks
	Plain bool      // Ask is one text and no chat: a prompt for completions
	Reply string    // "" where there is none
}

// Text is the turn as text without roles, for endpoints that take no messages.
func (t Turn) Text() string {
	var parts []string
	for _, m := range t.Ask {
		parts = append(parts, m.Content)
	}
	return strings.Join(parts, Separator)
}

// Separator stands between messages that become one text.
const Separator = "\n\n"

// Error is a row that is not what it should be.
type Error struct {
	File          string
	Line          int
	Key           string // "" where it is about the whole row
	Found, Wanted string
}

func (e *Error) Error() string {
	key := ""
	if e.Key != "" {
		key = "key " + e.Key + ": "
	}
	return fmt.Sprintf("%s: line %d: %sfound %s, expected %s", e.File, e.Line, key, e.Found, e.Wanted)
}

// fault is an Error before the file and the line are known.
type fault struct{ key, found, wanted string }

func (f *fault) Error() string { return f.key + ": " + f.found }
