package chat

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nikolalohinski/gonja/v2/config"
	"github.com/nikolalohinski/gonja/v2/exec"
	"github.com/nikolalohinski/gonja/v2/parser"
)

// Message is one turn of a conversation.
type Message struct {
	Role    string // "system", "user", "assistant" or what else the template knows
	Content string
}

// Template is a parsed chat template. It is immutable: Render may be called from many goroutines.
type Template struct {
	parsed   *exec.Template
	bos, eos string
}

// RaisedError is what Render returns when the template itself rejects the conversation with
// raise_exception, for example because roles do not alternate.
type RaisedError struct{ Message string }

func (e *RaisedError) Error() string { return "chat: the template rejects the messages: " + e.Message }

// New parses a template. bos and eos are the texts of those tokens, empty where the
// model has none. Syntax errors and what a template may not use are reported here, with the line.
func New(template, bos, eos string) (t *Template, err error) {
	defer func() {
		if p := recover(); p != nil {
			t, err = nil, fmt.Errorf("chat: parse template: %s", shorten(fmt.Sprint(p)))
		}
	}()
	cfg := config.New()
	cfg.KeepTrailingNewline = true // trimBlocks has dealt with it
	if len(template) > MaxSource {
		return nil, fmt.Errorf("chat: the template has %d bytes; at most %d are allowed", len(template), MaxSource)
	}
	template = trimBlocks(template)
	if err := checkTokens(template, cfg); err != nil {
		return nil, err
	}
	parsed, err := exec.NewTemplate(rootName, cfg, onlyRoot(template), environment())
	if err != nil {
		return nil, parseError(err)
	}
	return &Template{parsed: parsed, bos: bos, eos: eos}, nil
}

// parseError drops the library's wrapping, which quotes the whole template.
func parseError(err error) error {
	var syntax *parser.SyntaxError
	if errors.As(err, &syntax) && syntax.Line > 0 {
		return fmt.Errorf("chat: template line %d: %s, near %q", syntax.Line, syntax.Message, shorten(syntax.Raw))
	}
	if inner := errors.Unwrap(err); inner != nil {
		err = inner
	}
	return fmt.Errorf("chat: parse template: %s", shorten(err.Error()))
}

// Render gives the prompt for messages. With addGenerationPrompt the template opens the assistant's
// turn, if it knows how. The error is a *RaisedError when the template rejects the messages.
func (t *Template) Render(messages []Message, addGenerationPrompt bool) (text string, err error) {
	m := &meter{}
	defer func() {
		if p := recover(); p != nil {
			text, err = "", fmt.Errorf("chat: render template: %s", shorten(fmt.Sprint(p)))
		}
	}()
	var out strings.Builder
	err = t.parsed.Execute(meteredWriter{m, &out}, t.variables(m, messages, addGenerationPrompt))
	switch {
	case m.err != nil: // the cause, which the library's wrapping hides or a filter swallowed
		return "", m.err
	case err != nil:
		return "", fmt.Errorf("chat: render template: %s", shorten(err.Error()))
	}
	return out.String(), nil
}

func (t *Template) variables(m *meter, messages []Message, addGenerationPrompt bool) *exec.Context {
	turns := make(list, len(messages))
	for i, msg := range messages {
		turns[i] = map[string]any{"role": msg.Role, "content": msg.Content}
	}
	return exec.NewContext(map[string]any{
		meterName:               m,
		"messages":              turns,
		"bos_token":             t.bos,
		"eos_token":             t.eos,
		"add_generation_prompt": addGenerationPrompt,
		"tools":                 nil,
		"documents":             nil,
	})
}

// shorten keeps messages readable: the library quotes values and expressions at full length, with
// the cause at the end.
func shorten(s string) string {
	const limit = 400
	if len(s) > limit {
		return strings.ToValidUTF8(s[:limit/2], "") + " … " + strings.ToValidUTF8(s[len(s)-limit/2:], "")
	}
	return s
}
