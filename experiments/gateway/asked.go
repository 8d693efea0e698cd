package gateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// member is one of a JSON object's, its value as written.
type member struct {
	name  string
	value json.RawMessage
}

// asked is a request as the gateway understands it. What it does not look at goes to the server as it came.
type asked struct {
	members []member
	model   string
	user    string
	stream  bool
	usage   bool // the client wants the final counts of a stream
	tokens  int  // longest answer, 0 where the client does not say
	answers int  // n
	prompts int  // that it is for
	bytes   int  // of the prompt
	plain   bool // nothing but text in it, whose tokens its bytes bound
}

// Refusal is an error in OpenAI's shape.
type Refusal struct {
	Status                     int
	Message, Type, Param, Code string
}

func (e *Refusal) Error() string { return e.Message }

// MarshalJSON is the body of the reply.
func (e *Refusal) MarshalJSON() ([]byte, error) {
	null := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	return json.Marshal(map[string]any{"error": map[string]any{"message": e.Message, "type": e.Type, "param": null(e.Param), "code": null(e.Code)}})
}

func invalid(param, format string, args ...any) *Refusal {
	return &Refusal{http.StatusBadRequest, fmt.Sprintf(format, args...), "invalid_request_error", param, "invalid_value"}
}

// parse reads a body. Which parameters there are is the server's to say; those that a gateway must understand are checked.
func parse(body []byte) (*asked, *Refusal) {
	all, refusal := split(body)
	if refusal != nil {
		return nil, refusal
	}
	a := &asked{members: all, answers: 1, prompts: 1, plain: true}
	for _, m := range all {
		if refusal := a.read(m); refusal != nil {
			return nil, refusal
		}
	}
	return a, nil
}

// split is the members of an object in order. A name that comes twice is refused: servers differ in which one counts.
func split(body []byte) (all []member, refusal *Refusal) {
	bad := func(err error) *Refusal {
		return &Refusal{http.StatusBadRequest, fmt.Sprintf("The request body is no JSON object: %v.", err), "invalid_request_error", "", "invalid_json"}
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, bad(fmt.Errorf("it does not begin with one (%v)", err))
	}
	seen := map[string]bool{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, bad(err)
		}
		m := member{name: name.(string)}
		if err := d.Decode(&m.value); err != nil {
			return nil, bad(err)
		}
		if seen[m.name] {
			return nil, invalid(m.name, "%s is given twice.", m.name)
		}
		seen[m.name] = true
		all = append(all, m)
	}
	if _, err := d.Token(); err != nil {
		return nil, bad(err)
	}
	if d.More() {
		return nil, bad(fmt.Errorf("something follows it"))
	}
	return all, nil
}

func (a *asked) read(m member) *Refusal {
	switch m.name {
	case "model":
		return m.as(&a.model, "a string")
	case "user":
		return m.as(&a.user, "a string")
	case "stream":
		return m.as(&a.stream, "true or false")
	case "n":
		return m.count(&a.answers, 1, "at least 1")
	case "max_tokens", "max_completion_tokens":
		return m.count(&a.tokens, 0, "0 or more")
	case "stream_options":
		var o struct {
			Final bool `json:"include_usage"`
		}
		refusal := m.as(&o, "an object")
		a.usage = o.Final
		return refusal
	}
	a.weigh(m)
	return nil
}

// as reads the value into v, which stays as it is where the value is null.
func (m member) as(v any, what string) *Refusal {
	if string(m.value) == "null" {
		return nil
	}
	if err := json.Unmarshal(m.value, v); err != nil {
		return invalid(m.name, "%s: expected %s, found %.60s.", m.name, what, m.value)
	}
	return nil
}

func (m member) count(n *int, least int, expected string) *Refusal {
	if refusal := m.as(n, "a whole number"); refusal != nil || *n >= least {
		return refusal
	}
	return invalid(m.name, "%s: expected %s, found %d.", m.name, expected, *n)
}

// weigh notes what the member does to the cost of the request.
func (a *asked) weigh(m member) {
	switch m.name {
	case "prompt":
		a.bytes += len(m.value)
		var several []json.RawMessage
		if json.Unmarshal(m.value, &several) == nil && len(several) > 0 && several[0][0] != '-' && (several[0][0] < '0' || several[0][0] > '9') {
			a.prompts = len(several) // else they are the tokens of one
		}
	case "messages":
		a.bytes += len(m.value)
		a.plain = a.plain && !bytes.Contains(m.value, []byte(`_url"`)) && !bytes.Contains(m.value, []byte(`"input_audio"`))
	case "tools", "functions", "response_format", "suffix":
		a.bytes += len(m.value) // part of what the server makes a prompt of
	case "prediction", "audio", "modalities", "web_search_options", "best_of":
		a.plain = false // what they cost is not bounded by the prompt and n
	}
}

// body is the request for a server: its own name of the model, no longer an answer than the rung gives.
func (a *asked) body(model string, longest int, noDrafts, counted bool) []byte {
	set := map[string]string{"model": strconv.Quote(model)}
	limit := "max_tokens"
	if _, there := a.member("max_completion_tokens"); there {
		limit = "max_completion_tokens"
	}
	if longest > 0 && (a.tokens == 0 || a.tokens > longest) {
		set[limit] = strconv.Itoa(longest)
		if _, both := a.member("max_tokens"); both {
			set["max_tokens"] = set[limit]
		}
	}
	if noDrafts {
		set["num_speculative_tokens"] = "0"
	}
	if counted && a.stream && !a.usage {
		set["stream_options"] = `{"include_usage":true}`
	}
	var b bytes.Buffer
	b.WriteByte('{')
	for _, m := range a.members {
		if text, ok := set[m.name]; ok {
			m.value = json.RawMessage(text)
			delete(set, m.name)
		}
		write(&b, m)
	}
	for _, name := range []string{"model", limit, "num_speculative_tokens", "stream_options"} {
		if text, ok := set[name]; ok {
			write(&b, member{name, json.RawMessage(text)})
			delete(set, name)
		}
	}
	b.WriteByte('}')
	return b.Bytes()
}

func (a *asked) member(name string) (json.RawMessage, bool) {
	for _, m := range a.members {
		if m.name == name {
			return m.value, true
		}
	}
	return nil, false
}

func write(b *bytes.Buffer, m member) {
	if b.Len() > 1 {
		b.WriteByte(',')
	}
	name, _ := json.Marshal(m.name) // a string always can be
	b.Write(name)
	b.WriteByte(':')
	b.Write(m.value)
}

// perToken is how many bytes a token is taken to have before any server has counted.
const perToken = 4
