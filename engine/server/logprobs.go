package server

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/assaylab/assay/engine"
)

// leastLogprob stands for minus infinity, which JSON cannot say.
const leastLogprob = -9999

func finite(logprob float32) float32 {
	if logprob >= leastLogprob {
		return logprob
	}
	return leastLogprob
}

// completionLogprobs are columns with one row per token.
type completionLogprobs struct {
	Tokens        []string             `json:"tokens"`
	TokenLogprobs []*float32           `json:"token_logprobs"` // null of the first token of an echoed prompt
	TopLogprobs   []map[string]float32 `json:"top_logprobs"`   // the token itself is always among them; null like the above
	TextOffset    []int                `json:"text_offset"`    // characters of the choice's text before the token
}

func (s *Server) completionLogprobs(rows []placed) *completionLogprobs {
	if len(rows) == 0 {
		return nil
	}
	var out completionLogprobs
	for _, row := range rows {
		name := s.tokenName(row.Token)
		out.Tokens = append(out.Tokens, name)
		out.TextOffset = append(out.TextOffset, row.offset)
		if row.first {
			out.TokenLogprobs, out.TopLogprobs = append(out.TokenLogprobs, nil), append(out.TopLogprobs, nil)
			continue
		}
		logprob, top := finite(row.Logprob), map[string]float32{}
		for _, t := range row.Top {
			top[s.tokenName(t.Token)] = finite(t.Logprob)
		}
		top[name] = logprob
		out.TokenLogprobs, out.TopLogprobs = append(out.TokenLogprobs, &logprob), append(out.TopLogprobs, top)
	}
	return &out
}

// tokenName is a token's text, or OpenAI's "bytes:\xNN" form where it has none of
// its own, so that the halves of a character stay apart as map keys.
func (s *Server) tokenName(id int32) string {
	raw := s.tokenizer.TokenBytes(id)
	if utf8.Valid(raw) {
		return string(raw)
	}
	var b strings.Builder
	b.WriteString("bytes:")
	for _, c := range raw {
		fmt.Fprintf(&b, `\x%02x`, c)
	}
	return b.String()
}

// chatLogprobs has an entry per token.
type chatLogprobs struct {
	Content []chatToken `json:"content"`
}

type chatToken struct {
	chatAlternative
	Top []chatAlternative `json:"top_logprobs"`
}

type chatAlternative struct {
	Token   string  `json:"token"`
	Logprob float32 `json:"logprob"`
	Bytes   []int   `json:"bytes"`
}

func (s *Server) chatLogprobs(rows []placed) *chatLogprobs {
	if len(rows) == 0 {
		return nil
	}
	var out chatLogprobs
	for _, row := range rows {
		token := chatToken{s.alternative(engine.TokenLogprob{Token: row.Token, Logprob: row.Logprob}), []chatAlternative{}}
		for _, t := range row.Top {
			token.Top = append(token.Top, s.alternative(t))
		}
		out.Content = append(out.Content, token)
	}
	return &out
}

func (s *Server) alternative(t engine.TokenLogprob) chatAlternative {
	raw := s.tokenizer.TokenBytes(t.Token)
	a := chatAlternative{strings.ToValidUTF8(string(raw), "\uFFFD"), finite(t.Logprob), make([]int, len(raw))}
	for i, b := range raw {
		a.Bytes[i] = int(b)
	}
	return a
}
