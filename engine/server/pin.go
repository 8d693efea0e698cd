package server

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/assaylab/assay/engine"
)

// PinnedTokens reads what is to be pinned: a file of name ending in .json is like the body of
// POST /tokenize, a text or messages, of which a prompt begins with the tokens; any other is the
// text itself. Errors name the member at fault.
func (s *Server) PinnedTokens(name string, data []byte) ([]int32, error) {
	if strings.ToLower(filepath.Ext(name)) != ".json" {
		return s.tokenizer.Encode(string(data), true), nil
	}
	asked, refusal := decode(data, tokenizeFields())
	if refusal == nil {
		refusal = s.checkTokenize(asked)
	}
	if refusal != nil {
		return nil, refusal
	}
	asked.openTurn = false // the user's turn comes first
	ids, refusal := s.tokensOf(asked)
	if refusal != nil {
		return nil, refusal
	}
	return ids, nil
}

// pin is what a request asks of its prompt.
func (r *request) pin() engine.Pin {
	if r.pinPrompt {
		return engine.PinOwn
	}
	return engine.PinNone
}

// checkPin refuses to pin where the operator does not have clients do it.
func (s *Server) checkPin(r *request) *Error {
	if r.pinPrompt && !s.config.Pins {
		return invalid("pin_prompt", "pin_prompt: this server pins no prompts of requests.")
	}
	return nil
}

// pinError says an engine's refusal to pin in HTTP, nil for any other error.
func pinError(err error) *Error {
	if !errors.Is(err, engine.ErrNoPin) {
		return nil
	}
	return invalid("pin_prompt", "The engine refused: %v.", err)
}
