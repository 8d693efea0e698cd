package server

import (
	"encoding/json"
	"maps"
	"net/http"
)

// tokenize is POST /tokenize in vLLM's form: the tokens of a text, or of a conversation as the
// chat template writes it. Unlike in a prompt of /v1/completions, text that spells a special
// token becomes that token, as clients of vLLM rely on to find the ids of such tokens.
func (s *Server) tokenize(w *response, r *http.Request) {
	asked, refusal := s.read(w, r, tokenizeFields())
	if refusal == nil {
		refusal = s.checkTokenize(asked)
	}
	var ids []int32
	if refusal == nil {
		ids, refusal = s.tokensOf(asked)
	}
	if refusal != nil {
		s.writeError(w, refusal)
		return
	}
	answer := tokenized{Count: len(ids), MaxModelLen: s.config.Context, Tokens: ids}
	if asked.tokenTexts {
		answer.TokenStrs = make([]string, len(ids))
		for i, id := range ids {
			answer.TokenStrs[i] = s.tokenName(id)
		}
	}
	writeJSON(w, http.StatusOK, answer)
}

type tokenized struct {
	Count       int      `json:"count"`
	MaxModelLen int      `json:"max_model_len"`
	Tokens      []int32  `json:"tokens"`
	TokenStrs   []string `json:"token_strs"` // null unless asked for
}

func tokenizeFields() map[string]field {
	fields := map[string]field{
		"model":                  readModel,
		"prompt":                 readText,
		"add_special_tokens":     boolean(func(r *request, v bool) { r.addSpecial = &v }),
		"return_token_strs":      boolean(func(r *request, v bool) { r.tokenTexts = v }),
		"continue_final_message": neutral(false),
	}
	maps.Copy(fields, conversationFields())
	return fields
}

// readText takes the one text that /tokenize has for a prompt.
func readText(r *request, name string, raw json.RawMessage) *Error {
	text, e := parseString(name, raw)
	r.prompts = []prompt{{text: text}}
	return e
}

func (s *Server) checkTokenize(r *request) *Error {
	switch {
	case r.prompts == nil && r.messages == nil:
		return invalid("prompt", "prompt or messages is missing.")
	case r.prompts != nil && r.messages != nil:
		return invalid("messages", "prompt and messages are both given.")
	case r.model == "":
		return nil
	}
	return s.checkModel(r.model)
}

// tokensOf adds special tokens to a text unless told not to, and to a conversation only when
// told to.
func (s *Server) tokensOf(r *request) ([]int32, *Error) {
	if r.messages != nil {
		return s.conversation(r, r.addSpecial != nil && *r.addSpecial)
	}
	ids := s.tokenizer.EncodeWithSpecial(r.prompts[0].text, r.addSpecial == nil || *r.addSpecial)
	if ids == nil {
		ids = []int32{}
	}
	return ids, nil
}

// tokenizerInfo is GET /tokenizer_info in vLLM's form: what a client needs to tokenize through
// this server, as lm-evaluation-harness does.
func (s *Server) tokenizerInfo(w *response, _ *http.Request) {
	writeJSON(w, http.StatusOK, struct {
		Class    string  `json:"tokenizer_class"`
		BOS      *string `json:"bos_token"` // null for none
		EOS      *string `json:"eos_token"`
		Pad      *string `json:"pad_token"`
		Length   int     `json:"model_max_length"`
		Template *string `json:"chat_template"`
	}{"AssayTokenizer", s.specialText(s.tokenizer.BOS()), s.specialText(s.tokenizer.EOS()), nil, s.config.Context, orNull(s.config.ChatSource)})
}

func (s *Server) specialText(id int32) *string {
	if id < 0 {
		return nil
	}
	return orNull(s.tokenName(id))
}

// detokenize is POST /detokenize in vLLM's form.
func (s *Server) detokenize(w *response, r *http.Request) {
	asked, refusal := s.read(w, r, map[string]field{"model": readModel, "tokens": readTokenIDs})
	switch {
	case refusal != nil:
	case asked.tokens == nil:
		refusal = invalid("tokens", "tokens is missing.")
	default:
		refusal = s.checkTokens("tokens", asked.tokens)
	}
	if refusal == nil && asked.model != "" {
		refusal = s.checkModel(asked.model)
	}
	if refusal != nil {
		s.writeError(w, refusal)
		return
	}
	writeJSON(w, http.StatusOK, struct {
		Prompt string `json:"prompt"`
	}{s.tokenizer.Decode(asked.tokens)})
}

func readTokenIDs(r *request, name string, raw json.RawMessage) *Error {
	values, e := parseArray(name, raw)
	if e == nil {
		r.tokens, e = readTokens(name, values)
	}
	return e
}
