package server

import (
	"fmt"
	"net/http"
)

// checkPrompt refuses a prompt that the engine could not run. An answer that the
// context would cut short is refused too where its length was asked for.
func (s *Server) checkPrompt(r *request, param string, ids []int32) *Error {
	if len(ids) == 0 {
		return invalid(param, "%s: the prompt has no tokens; expected at least one.", param)
	}
	if e := s.checkTokens(param, ids); e != nil {
		return e
	}
	return s.checkLength(r, param, len(ids))
}

func (s *Server) checkTokens(param string, ids []int32) *Error {
	for i, id := range ids {
		if int(id) >= s.tokenizer.Size() || id < 0 {
			return invalid(param, "%s: token id %d at position %d is outside the vocabulary of %d tokens.",
				param, id, i, s.tokenizer.Size())
		}
	}
	return nil
}

func (s *Server) checkLength(r *request, param string, promptTokens int) *Error {
	limit := s.config.Context
	asked := 1 // there must be room for a token
	if r.maxTokens != nil {
		asked = *r.maxTokens
	}
	if limit == 0 || asked <= limit-promptTokens {
		return nil
	}
	message := fmt.Sprintf("The context is %d tokens long; the prompt has %d tokens, and %d more are asked for, together %d.",
		limit, promptTokens, asked, promptTokens+asked)
	return &Error{http.StatusBadRequest, message, typeInvalid, param, codeTooLong}
}

// checkJob holds what depends on the vocabulary, or on how long an answer may be.
func (s *Server) checkJob(j *job) *Error {
	if e := s.checkTokens("stop_token_ids", j.request.stopTokens); e != nil {
		return e
	}
	for _, b := range j.request.bias {
		if int(b.Token) >= s.tokenizer.Size() {
			return invalid("logit_bias", "logit_bias: token id %d is outside the vocabulary of %d tokens.", b.Token, s.tokenizer.Size())
		}
	}
	if e := s.checkDrafts(j.request); e != nil {
		return e
	}
	for _, p := range j.prompts {
		if most := s.maxTokens(j, len(p.ids)); j.request.minTokens > most {
			return invalid("min_tokens", "min_tokens: expected at most %d, the most that may be generated, found %d.", most, j.request.minTokens)
		}
	}
	return nil
}
