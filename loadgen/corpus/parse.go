package corpus

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// detect says how a row is written.
func detect(raw []byte) (Format, error) {
	var probe struct {
		Conversations json.RawMessage `json:"conversations"`
		Body          json.RawMessage `json:"body"`
	}
	if err := unmarshal(raw, &probe); err != nil {
		return "", err
	}
	switch {
	case probe.Conversations != nil && probe.Body == nil:
		return ShareGPT, nil
	case probe.Body != nil && probe.Conversations == nil:
		return Batch, nil
	}
	return "", &fault{"", "a row with " + keys(raw), `"conversations", as ShareGPT has them, or "body", as OpenAI's batches have`}
}

// keys lists those of an object, for messages.
func keys(raw []byte) string {
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil || len(object) == 0 {
		return "no keys"
	}
	var names []string
	for name := range object {
		names = append(names, fmt.Sprintf("%q", clip(name)))
	}
	slices.Sort(names)
	const most = 8
	if len(names) > most {
		names = append(names[:most], "...")
	}
	return "the keys " + strings.Join(names, ", ")
}

// parse reads a row. A row that no request can be made of has no turns.
func parse(f Format, raw []byte) (Row, error) {
	if found, err := detect(raw); err != nil || found != f {
		if err == nil {
			err = &fault{"", "a row of " + string(found), string(f) + ", as the first row is"}
		}
		return Row{}, err
	}
	if f == ShareGPT {
		return parseShareGPT(raw)
	}
	return parseBatch(raw)
}

// unmarshal decodes one value, and words errors by their key.
func unmarshal(raw []byte, into any) error {
	err := json.Unmarshal(raw, into)
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &kind):
		return &fault{kind.Field, "a JSON " + kind.Value, wantedType(kind)}
	}
	return &fault{"", excerpt(raw) + " (" + err.Error() + ")", "a JSON object"}
}

func wantedType(e *json.UnmarshalTypeError) string {
	switch e.Type.Kind().String() {
	case "string":
		return "a string"
	case "slice":
		return "an array"
	case "int":
		return "a whole number"
	}
	return "an object"
}

func excerpt(raw []byte) string { return clip(string(bytes.TrimSpace(raw))) }

func clip(s string) string {
	const most = 60
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}

// speakers are the names that ShareGPT's files have for who speaks.
var speakers = map[string]string{
	"human": User, "user": User, "system": System,
	"gpt": Assistant, "assistant": Assistant, "chatgpt": Assistant, "bing": Assistant, "bard": Assistant,
}

func parseShareGPT(raw []byte) (Row, error) {
	var row struct {
		ID            json.RawMessage `json:"id"`
		Conversations []struct {
			From  *string `json:"from"`
			Value *string `json:"value"`
		} `json:"conversations"`
	}
	if err := unmarshal(raw, &row); err != nil {
		return Row{}, err
	}
	out := Row{ID: strings.Trim(string(row.ID), `"`)}
	var turn Turn
	for i, said := range row.Conversations {
		key := fmt.Sprintf("conversations[%d]", i)
		if said.From == nil || said.Value == nil {
			return Row{}, &fault{key, "no " + missing(said.From == nil), "from and value"}
		}
		role, known := speakers[*said.From]
		if !known {
			return Row{}, &fault{key + ".from", fmt.Sprintf("%q", clip(*said.From)), "human, user, system, gpt, assistant, chatgpt, bing or bard"}
		}
		if role == Assistant {
			if !turn.asks() {
				return Row{Line: out.Line}, nil // begins with a reply to what nobody knows
			}
			turn.Reply = join(turn.Reply, *said.Value)
			continue
		}
		if turn.Reply != "" {
			out.Turns, turn = append(out.Turns, turn), Turn{}
		}
		turn.say(role, *said.Value)
	}
	if turn.asks() {
		out.Turns = append(out.Turns, turn)
	}
	if len(row.Conversations) == 0 || len(out.Turns) == 0 || out.Turns[0].Text() == "" {
		return Row{}, nil
	}
	return out, nil
}

func missing(from bool) string {
	if from {
		return "from"
	}
	return "value"
}

// say appends a message, or to the last one where the same party goes on.
func (t *Turn) say(role, content string) {
	if n := len(t.Ask); n > 0 && t.Ask[n-1].Role == role {
		t.Ask[n-1].Content = join(t.Ask[n-1].Content, content)
		return
	}
	t.Ask = append(t.Ask, Message{role, content})
}

// asks says whether the user has said something.
func (t *Turn) asks() bool {
	return slices.ContainsFunc(t.Ask, func(m Message) bool { return m.Role == User && m.Content != "" })
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + Separator + b
}
