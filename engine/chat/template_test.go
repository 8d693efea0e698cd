package chat

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

const chatML = "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>' + '\n' }}{% endfor %}" +
	"{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"

func mustNew(t testing.TB, template string) *Template {
	t.Helper()
	tpl, err := New(template, "<s>", "</s>")
	if err != nil {
		t.Fatal(err)
	}
	return tpl
}

func raw(objects ...string) []json.RawMessage {
	out := make([]json.RawMessage, len(objects))
	for i, o := range objects {
		out[i] = json.RawMessage(o)
	}
	return out
}

func TestRender(t *testing.T) {
	hello := []json.RawMessage{Text("system", "be brief"), Text("user", "hi {{ 1 }} {% raw %} \"q\" <&>\u2028")}
	for _, c := range []struct {
		name, template string
		in             Input
		want           string
	}{
		{"chatml", chatML, Input{Messages: hello}, "<|im_start|>system\nbe brief<|im_end|>\n<|im_start|>user\nhi {{ 1 }} {% raw %} \"q\" <&>\u2028<|im_end|>\n"},
		{"generation", chatML, Input{Messages: hello[:1], AddGenerationPrompt: true}, "<|im_start|>system\nbe brief<|im_end|>\n<|im_start|>assistant\n"},
		{"no messages", "[{{ messages }}]", Input{}, "[[]]"},
		{"tokens", "{{ bos_token }}{{ eos_token }}{{ pad_token is defined }}", Input{}, "<s></s>False"},
		{"absent", "{{ tools is none }}{{ documents is none }}{{ enable_thinking is defined }}", Input{}, "TrueTrueFalse"},
		{"empty tools", "{{ tools is none }}{{ tools }}", Input{Tools: raw()}, "False[]"},
		{"order of keys", "{{ tools | tojson }}", Input{Tools: raw(`{"b":1.0,"a":{"z":[],"y":18446744073709551615}}`)}, `[{"b": 1.0, "a": {"z": [], "y": 18446744073709551615}}]`},
		{"variables", "{{ enable_thinking }}{{ documents[0].t }}{{ bos_token }}", Input{Variables: map[string]json.RawMessage{
			"enable_thinking": json.RawMessage("false"), "documents": json.RawMessage(`[{"t":"d"}]`), "bos_token": json.RawMessage(`"<bos>"`)}}, "Falsed<bos>"},
		{"date", "{{ strftime_now('%d %b %Y') }}", Input{Now: time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)}, "09 Mar 2026"},
		{"content parts", "{{ messages[0].content[1].text }}", Input{Messages: raw(`{"role":"user","content":[{"type":"image"},{"type":"text","text":"x"}]}`)}, "x"},
		{"reasoning", "{% for m in messages %}{{ m | tojson }}\n{% endfor %}", Input{Messages: raw(`{"content":"c","reasoning":"r"}`, `{"thinking":"t","reasoning_content":null}`)},
			`{"thinking": "r", "content": "c", "reasoning": "r", "reasoning_content": "r"}` + "\n" + `{"thinking": "t", "reasoning_content": "t"}` + "\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := mustNew(t, c.template).Render(c.in)
			if err != nil || got != c.want {
				t.Errorf("got %q (%v), want %q", got, err, c.want)
			}
		})
	}
}

// A token that a model does not have is not the empty text: templates may ask whether it is defined.
func TestNoTokens(t *testing.T) {
	tpl, err := New("[{{ bos_token }}]{{ bos_token is defined }}{{ eos_token is defined }}", "", "</s>")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := tpl.Render(Input{}); err != nil || got != "[]FalseTrue" {
		t.Errorf("got %q (%v)", got, err)
	}
}

func TestToolUse(t *testing.T) {
	tpl, err := mustNew(t, "plain").WithToolUse("tools {{ tools | length }}{{ bos_token }}")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		tools []json.RawMessage
		want  string
	}{{"none", nil, "plain"}, {"empty", raw(), "tools 0<s>"}, {"one", raw("{}"), "tools 1<s>"}} {
		t.Run(c.name, func(t *testing.T) {
			if got, err := tpl.Render(Input{Tools: c.tools}); err != nil || got != c.want {
				t.Errorf("got %q (%v), want %q", got, err, c.want)
			}
		})
	}
	if _, err := tpl.WithToolUse("{% if %}"); err == nil || !strings.Contains(err.Error(), "tool use: line 1") {
		t.Errorf("got %v", err)
	}
}

func TestRaise(t *testing.T) {
	_, err := mustNew(t, "{% if messages[0].role == 'user' %}{{ raise_exception('no ' ~ messages[0].role) }}{% endif %}").Render(Input{Messages: raw(`{"role":"user"}`)})
	var raised *RaisedError
	if !errors.As(err, &raised) || raised.Message != "no user" {
		t.Errorf("got %v", err)
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		name, template string
		in             Input
		want           string
	}{
		{"syntax", "a\n{% for %}", Input{}, "chat: template: line 2: expected a name"},
		{"undefined", "\n\n{{ a.b }}", Input{}, "chat: render template: line 3: 'a' is undefined"},
		{"message", "x", Input{Messages: raw("{}", "[1]")}, "chat: messages[1]: expected an object, found [1]"},
		{"message's syntax", "x", Input{Messages: raw(`{"a":}`)}, "chat: messages[0]: expected a JSON value: invalid character"},
		{"tool", "x", Input{Tools: raw(`"t"`)}, `chat: tools[0]: expected an object, found "t"`},
		{"variable", "x", Input{Variables: map[string]json.RawMessage{"v": json.RawMessage("tru")}}, "chat: variable v: expected a JSON value"},
		{"variable of the conversation", "x", Input{Variables: map[string]json.RawMessage{"tools": json.RawMessage("[]")}}, "chat: variable tools: it is set by the conversation"},
		{"limits", "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", Input{}, "chat: render template: line 1: the template"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tpl, err := New(c.template, "", "")
			if err == nil {
				_, err = tpl.Render(c.in)
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// FuzzRender: no conversation makes a real template panic; what it makes, it makes again.
func FuzzRender(f *testing.F) {
	for _, c := range conversations(f) {
		messages, _ := json.Marshal(c.Messages)
		tools, _ := json.Marshal(c.Tools)
		variables, _ := json.Marshal(c.Variables)
		f.Add(messages, tools, variables, c.Add)
	}
	templates := realTemplates(f)
	f.Fuzz(func(t *testing.T, messages, tools, variables []byte, add bool) {
		in := Input{AddGenerationPrompt: add}
		if json.Unmarshal(messages, &in.Messages) != nil || json.Unmarshal(tools, &in.Tools) != nil || json.Unmarshal(variables, &in.Variables) != nil {
			return
		}
		for name, tpl := range templates {
			text, err := tpl.Render(in)
			if err != nil && strings.Contains(err.Error(), "panic") {
				t.Errorf("%s: %v", name, err)
			}
			if again, _ := tpl.Render(in); again != text {
				t.Errorf("%s: %q, then %q", name, text, again)
			}
		}
	})
}
