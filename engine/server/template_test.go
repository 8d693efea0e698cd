package server

import (
	"strings"
	"testing"

	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/engine/chat"
)

// TestConversation holds what a real template gets to see, through a template that writes
// everything out.
func TestConversation(t *testing.T) {
	template, err := chat.New(`{{ messages | tojson }}{% if tools %} tools {{ tools | tojson }}{% endif %}`+
		`{% if think is defined %} think {{ think | tojson }}{% endif %}{% if add_generation_prompt %} go{% endif %}`, "", "")
	if err != nil {
		t.Fatal(err)
	}
	const tool = `{"type":"function","function":{"parameters":{"z":1,"a":{}},"name":"f"}}`
	for _, c := range []struct{ name, rest, want string }{
		{"text", `"messages":[{"content":"hi","role":"user","name":"eve"}]`, `[{"content": "hi", "role": "user", "name": "eve"}] go`},
		{"parts", `"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"text":"b","type":"text"}]}]`, `[{"role": "user", "content": "a\nb"}] go`},
		{"developer", `"messages":[{"role":"developer","content":"a"}]`, `[{"role": "system", "content": "a"}] go`},
		{"tool calls", `"messages":[{"role":"assistant","content":null,"refusal":null,"tool_calls":[{"id":"1","type":"function","function":` +
			`{"name":"f","arguments":"{\"z\": 1, \"a\": [2]}"}}]},{"role":"tool","tool_call_id":"1","content":"5"}]`,
			`[{"role": "assistant", "content": null, "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": {"z": 1, "a": [2]}}}]}, ` +
				`{"role": "tool", "tool_call_id": "1", "content": "5"}] go`},
		{"call without arguments", `"messages":[{"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":""}}]}]`,
			`[{"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": {}}}]}] go`},
		{"tools", `"messages":[{"role":"user","content":"a"}],"tools":[` + tool + `]`,
			`[{"role": "user", "content": "a"}] tools [{"type": "function", "function": {"parameters": {"z": 1, "a": {}}, "name": "f"}}] go`},
		{"tools, auto", `"messages":[{"role":"user","content":"a"}],"tools":[` + tool + `],"tool_choice":"auto"`,
			`[{"role": "user", "content": "a"}] tools [{"type": "function", "function": {"parameters": {"z": 1, "a": {}}, "name": "f"}}] go`},
		{"tools, none", `"messages":[{"role":"user","content":"a"}],"tools":[` + tool + `],"tool_choice":"none"`, `[{"role": "user", "content": "a"}] go`},
		{"no tools", `"messages":[{"role":"user","content":"a"}],"tools":[]`, `[{"role": "user", "content": "a"}] go`},
		{"variable", `"messages":[{"role":"user","content":"a"}],"chat_template_kwargs":{"think":false}`, `[{"role": "user", "content": "a"}] think false go`},
		{"closed", `"messages":[{"role":"user","content":"a"}],"add_generation_prompt":false`, `[{"role": "user", "content": "a"}]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := testConfig()
			config.Chat, config.Context = template, 1024
			b := always(end("x", engine.FinishLength))
			_, url := start(t, config, b)
			resp, body := post(t, url+pathChat, `{"model":"tiny",`+c.rest+`}`)
			if resp.StatusCode != 200 {
				t.Fatalf("%d: %s", resp.StatusCode, body)
			}
			var got strings.Builder
			for _, id := range b.requests[0].Prompt {
				got.WriteByte(byte(id))
			}
			if got.String() != c.want {
				t.Errorf("the template saw\n%s\nwant\n%s", got.String(), c.want)
			}
		})
	}
}
