package server

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine"
)

// refusal is OpenAI's error object.
type refusal struct {
	Error struct {
		Message string  `json:"message"`
		Type    string  `json:"type"`
		Param   *string `json:"param"`
		Code    *string `json:"code"`
	} `json:"error"`
}

// refused posts a body that must not reach the engine.
func refused(t *testing.T, path, body string, status int, param, code, message string) {
	t.Helper()
	b := always(end("x", engine.FinishLength))
	_, url := start(t, testConfig(), b)
	resp, got := post(t, url+path, body)
	if resp.StatusCode != status {
		t.Fatalf("status %d, want %d: %s", resp.StatusCode, status, got)
	}
	var r refusal
	if err := json.Unmarshal([]byte(got), &r); err != nil {
		t.Fatalf("%v in %s", err, got)
	}
	if p := deref(r.Error.Param); p != param {
		t.Errorf("param %q, want %q (%s)", p, param, got)
	}
	if c := deref(r.Error.Code); c != code {
		t.Errorf("code %q, want %q (%s)", c, code, got)
	}
	if r.Error.Type != "invalid_request_error" {
		t.Errorf("type %q", r.Error.Type)
	}
	if !strings.Contains(r.Error.Message, message) {
		t.Errorf("message %q does not say %q", r.Error.Message, message)
	}
	if len(b.requests) != 0 {
		t.Error("the engine was asked all the same")
	}
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

const (
	pathCompletions = "/v1/completions"
	pathChat        = "/v1/chat/completions"
)

func completionWith(rest string) string { return `{"model":"tiny","prompt":"abc",` + rest + `}` }
func chatWith(rest string) string {
	return `{"model":"tiny","messages":[{"role":"user","content":"hi"}],` + rest + `}`
}

// TestRefusedValues has a bad value of every parameter that both endpoints take.
func TestRefusedValues(t *testing.T) {
	for _, c := range []struct{ name, rest, param, message string }{
		{"max_tokens zero", `"max_tokens":0`, "max_tokens", "an integer from 1 to 2147483647, found 0"},
		{"max_tokens negative", `"max_tokens":-5`, "max_tokens", "found -5"},
		{"min_tokens negative", `"min_tokens":-1`, "min_tokens", "found -1"},
		{"min_tokens above max_tokens", `"min_tokens":5,"max_tokens":4`, "min_tokens", "at most 4, the most that may be generated, found 5"},
		{"drafts negative", `"num_speculative_tokens":-1`, "num_speculative_tokens", "found -1"},
		{"drafts above the server's", `"num_speculative_tokens":5`, "num_speculative_tokens", "expected at most 4, what this server drafts, found 5"},
		{"presence_penalty", `"presence_penalty":2.5`, "presence_penalty", "from -2 to 2, found 2.5"},
		{"frequency_penalty", `"frequency_penalty":"1"`, "frequency_penalty", `found "1"`},
		{"repetition_penalty", `"repetition_penalty":0`, "repetition_penalty", "from 0.01 to 100, found 0"},
		{"logit_bias array", `"logit_bias":[1]`, "logit_bias", "expected an object"},
		{"logit_bias name", `"logit_bias":{"a":1}`, "logit_bias", `expected token ids as names, found "a"`},
		{"logit_bias negative id", `"logit_bias":{"-1":1}`, "logit_bias", `found "-1"`},
		{"logit_bias value", `"logit_bias":{"5":101}`, "logit_bias", "from -100 to 100, found 101"},
		{"logit_bias null", `"logit_bias":{"5":null}`, "logit_bias", "found null"},
		{"logit_bias outside", `"logit_bias":{"258":1}`, "logit_bias", "token id 258 is outside the vocabulary of 258 tokens"},
		{"logit_bias twice", `"logit_bias":{"7":1,"07":1}`, "logit_bias", "token id 7 is given twice"},
		{"stop_token_ids", `"stop_token_ids":5`, "stop_token_ids", "expected an array"},
		{"stop_token_ids outside", `"stop_token_ids":[5,258]`, "stop_token_ids", "token id 258 at position 1"},
		{"max_tokens fraction", `"max_tokens":1.5`, "max_tokens", "found 1.5"},
		{"max_tokens huge", `"max_tokens":99999999999999999999`, "max_tokens", "found 99999999999999999999"},
		{"max_tokens text", `"max_tokens":"8"`, "max_tokens", `found "8"`},
		{"temperature negative", `"temperature":-0.1`, "temperature", "a number from 0 to 2, found -0.1"},
		{"temperature high", `"temperature":2.1`, "temperature", "found 2.1"},
		{"temperature tiny", `"temperature":1e-9`, "temperature", "0 (greedy) or at least 0.01"},
		{"temperature text", `"temperature":"hot"`, "temperature", `found "hot"`},
		{"temperature overflow", `"temperature":1e999`, "temperature", "found 1e999"},
		{"top_p zero", `"top_p":0`, "top_p", "above 0"},
		{"top_p high", `"top_p":1.01`, "top_p", "from 0 to 1"},
		{"top_p underflow", `"top_p":1e-60`, "top_p", "above 0"},
		{"top_k low", `"top_k":-2`, "top_k", "from -1"},
		{"min_p high", `"min_p":1.5`, "min_p", "from 0 to 1"},
		{"seed fraction", `"seed":0.5`, "seed", "found 0.5"},
		{"empty salt", `"cache_salt":""`, "cache_salt", "not empty"},
		{"pin", `"pin_prompt":true`, "pin_prompt", "pins no prompts"},
		{"seed text", `"seed":"7"`, "seed", `found "7"`},
		{"stop number", `"stop":5`, "stop", "expected a string, found 5"},
		{"stop of seventeen", `"stop":["` + strings.Repeat(`a","`, 16) + `b"]`, "stop", "at most 16 strings, found 17"},
		{"stop empty", `"stop":""`, "stop", "empty stop string"},
		{"stop with null", `"stop":["a",null]`, "stop", "found null"},
		{"n zero", `"n":0`, "n", "from 1 to 128"},
		{"n high", `"n":129`, "n", "from 1 to 128"},
		{"stream text", `"stream":"yes"`, "stream", "true or false"},
		{"stream number", `"stream":1`, "stream", "true or false"},
		{"priority text", `"priority":"high"`, "priority", "an integer from -2147483648 to 2147483647"},
		{"priority fraction", `"priority":0.5`, "priority", "an integer"},
		{"ignore_eos number", `"ignore_eos":0`, "ignore_eos", "true or false"},
		{"user number", `"user":5`, "user", "expected a string"},
		{"model number", `"stop":"a","n":1,"user":null,"seed":[]`, "seed", "found []"},
		{"stream_options alone", `"stream_options":{"include_usage":true}`, "stream_options", "needs stream: true"},
		{"stream_options array", `"stream":true,"stream_options":[1]`, "stream_options", "expected an object, found [1]"},
		{"stream_options value", `"stream":true,"stream_options":{"include_usage":1}`, "stream_options.include_usage", "true or false"},
		{"twice", `"n":1,"n":1`, "n", "n is given twice"},
		{"twice in options", `"stream":true,"stream_options":{"include_usage":true,"include_usage":false}`,
			"stream_options.include_usage", "given twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			refused(t, pathCompletions, completionWith(c.rest), 400, c.param, "invalid_value", c.message)
			refused(t, pathChat, chatWith(c.rest), 400, c.param, "invalid_value", c.message)
		})
	}
}

func TestRefusedCompletions(t *testing.T) {
	many := `["` + strings.Repeat(`a","`, 128) + `a"]`
	for _, c := range []struct{ name, body, param, code, message string }{
		{"no model", `{"prompt":"a"}`, "model", "invalid_value", "model is missing"},
		{"null model", `{"model":null,"prompt":"a"}`, "model", "invalid_value", "model is missing"},
		{"no prompt", `{"model":"tiny"}`, "prompt", "invalid_value", "prompt is missing"},
		{"null prompt", `{"model":"tiny","prompt":null}`, "prompt", "invalid_value", "prompt is missing"},
		{"empty text", `{"model":"tiny","prompt":""}`, "prompt", "invalid_value", "no tokens"},
		{"empty array", `{"model":"tiny","prompt":[]}`, "prompt", "invalid_value", "the array is empty"},
		{"empty token list", `{"model":"tiny","prompt":[[]]}`, "prompt", "invalid_value", "no tokens"},
		{"object", `{"model":"tiny","prompt":{}}`, "prompt", "invalid_value", "found {}"},
		{"mixed text", `{"model":"tiny","prompt":["a",1]}`, "prompt", "invalid_value", "prompt[1]: expected a string, found 1"},
		{"mixed tokens", `{"model":"tiny","prompt":[1,"a"]}`, "prompt", "invalid_value", `prompt[1]: expected an integer from 0 to 2147483647, found "a"`},
		{"mixed lists", `{"model":"tiny","prompt":[[1],2]}`, "prompt", "invalid_value", "prompt[1]: expected an array, found 2"},
		{"null in text", `{"model":"tiny","prompt":["a",null]}`, "prompt", "invalid_value", "prompt[1]"},
		{"null in tokens", `{"model":"tiny","prompt":[1,null]}`, "prompt", "invalid_value", "prompt[1]"},
		{"null in list", `{"model":"tiny","prompt":[[1],[1,null]]}`, "prompt", "invalid_value", "prompt[1][1]"},
		{"null first", `{"model":"tiny","prompt":[null]}`, "prompt", "invalid_value", "prompt[0]"},
		{"negative id", `{"model":"tiny","prompt":[-1]}`, "prompt", "invalid_value", "prompt[0]"},
		{"id outside", `{"model":"tiny","prompt":[5,258]}`, "prompt", "invalid_value", "token id 258 at position 1 is outside the vocabulary of 258 tokens"},
		{"too many", `{"model":"tiny","prompt":` + many + `}`, "prompt", "invalid_value", "at most 128 prompts, found 129"},
		{"logprobs high", completionWith(`"logprobs":21`), "logprobs", "invalid_value", "from 0 to 20"},
		{"logprobs bool", completionWith(`"logprobs":true`), "logprobs", "invalid_value", "found true"},
		{"echo", completionWith(`"echo":1`), "echo", "invalid_value", "true or false"},
		{"suffix", completionWith(`"suffix":"}"`), "suffix", "unsupported_parameter", "suffix is not supported"},
		{"best_of", completionWith(`"best_of":3`), "best_of", "unsupported_parameter", "only null or 1"},
		{"misspelt", completionWith(`"temprature":1`), "temprature", "unknown_parameter", `did you mean "temperature"?`},
		{"nothing near", completionWith(`"quux":1`), "quux", "unknown_parameter", `Unknown parameter "quux".`},
		{"null but unknown", completionWith(`"quux":null`), "quux", "unknown_parameter", "quux"},
		{"messages", completionWith(`"messages":[]`), "messages", "unknown_parameter", "messages"},
		{"stream option", completionWith(`"stream":true,"stream_options":{"include_usages":true}`),
			"stream_options.include_usages", "unknown_parameter", `did you mean "stream_options.include_usage"?`},
		{"prompt too long", `{"model":"tiny","max_tokens":1,"prompt":"` + strings.Repeat("a", 64) + `"}`, "prompt", "context_length_exceeded",
			"The context is 64 tokens long; the prompt has 64 tokens, and 1 more are asked for, together 65."},
		{"no room by default", `{"model":"tiny","prompt":"` + strings.Repeat("a", 64) + `"}`, "prompt", "context_length_exceeded", "together 65"},
		{"answer too long", completionWith(`"max_tokens":62`), "prompt", "context_length_exceeded", "3 tokens, and 62 more are asked for, together 65"},
	} {
		t.Run(c.name, func(t *testing.T) { refused(t, pathCompletions, c.body, 400, c.param, c.code, c.message) })
	}
}

func TestRefusedChat(t *testing.T) {
	messages := func(m string) string { return `{"model":"tiny","messages":` + m + `}` }
	for _, c := range []struct{ name, body, param, code, message string }{
		{"no messages", `{"model":"tiny"}`, "messages", "invalid_value", "messages is missing"},
		{"empty", messages(`[]`), "messages", "invalid_value", "at least one message"},
		{"a string", messages(`"hi"`), "messages", "invalid_value", "expected an array"},
		{"null element", messages(`[null]`), "messages[0]", "invalid_value", "expected an object, found null"},
		{"no role", messages(`[{"content":"hi"}]`), "messages[0].role", "invalid_value", "expected one of system, developer, user, assistant, tool"},
		{"other role", messages(`[{"role":"narrator","content":"hi"}]`), "messages[0].role", "invalid_value", `found "narrator"`},
		{"tool without a call", messages(`[{"role":"tool","content":"hi"}]`), "messages[0].tool_call_id", "invalid_value", "in messages of the role tool"},
		{"call id of a user", messages(`[{"role":"user","content":"hi","tool_call_id":"1"}]`), "messages[0].tool_call_id", "invalid_value", "no others"},
		{"calls of a user", messages(`[{"role":"user","content":"hi","tool_calls":[{"type":"function","function":{"name":"f"}}]}]`),
			"messages[0].tool_calls", "invalid_value", "only the assistant"},
		{"assistant without anything", messages(`[{"role":"assistant"}]`), "messages[0].content", "invalid_value", "is missing"},
		{"no content", messages(`[{"role":"user"}]`), "messages[0].content", "invalid_value", "is missing"},
		{"null content", messages(`[{"role":"user","content":null}]`), "messages[0].content", "invalid_value", "is missing"},
		{"no parts", messages(`[{"role":"user","content":[]}]`), "messages[0].content", "invalid_value", "the array is empty"},
		{"second message", messages(`[{"role":"user","content":"a"},{"role":"user","content":5}]`), "messages[1].content", "invalid_value", "found 5"},
		{"content twice", messages(`[{"role":"user","content":"a","content":"b"}]`), "messages[0].content", "invalid_value", "given twice"},
		{"empty tool call", messages(`[{"role":"assistant","content":"a","tool_calls":[{}]}]`), "messages[0].tool_calls[0].type", "invalid_value", "is missing"},
		{"no tool calls", messages(`[{"role":"assistant","tool_calls":[]}]`), "messages[0].tool_calls", "invalid_value", "the array is empty"},
		{"arguments", messages(`[{"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"[1]"}}]}]`),
			"messages[0].tool_calls[0].function.arguments", "invalid_value", "the text of a JSON object"},
		{"arguments that are no text", messages(`[{"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":{}}}]}]`),
			"messages[0].tool_calls[0].function.arguments", "invalid_value", "expected a string"},
		{"name number", messages(`[{"role":"user","content":"a","name":5}]`), "messages[0].name", "invalid_value", "expected a string"},
		{"refusal", messages(`[{"role":"assistant","content":"a","refusal":"no"}]`), "messages[0].refusal", "unsupported_parameter", "only null"},
		{"tools object", chatWith(`"tools":{}`), "tools", "invalid_value", "expected an array"},
		{"other tool", chatWith(`"tools":[{"type":"web_search"}]`), "tools[0].type", "unsupported_parameter", `only "function"`},
		{"tool without a name", chatWith(`"tools":[{"type":"function","function":{}}]`), "tools[0].function.name", "invalid_value", "is missing"},
		{"tool without a function", chatWith(`"tools":[{"type":"function"}]`), "tools[0].function", "invalid_value", "is missing"},
		{"parameters", chatWith(`"tools":[{"type":"function","function":{"name":"f","parameters":[]}}]`), "tools[0].function.parameters", "invalid_value", "expected an object"},
		{"tool member", chatWith(`"tools":[{"type":"function","function":{"name":"f","parametres":{}}}]`),
			"tools[0].function.parametres", "unknown_parameter", `did you mean "tools[0].function.parameters"?`},
		{"tools that the template ignores", chatWith(`"tools":[{"type":"function","function":{"name":"f"}}]`), "tools", "tools_unsupported", "does not use tools"},
		{"auto without tools", chatWith(`"tool_choice":"auto"`), "tool_choice", "invalid_value", "needs tools"},
		{"template variable", chatWith(`"chat_template_kwargs":{"messages":[]}`), "chat_template_kwargs.messages", "invalid_value", "sets this variable itself"},
		{"misspelt member", messages(`[{"role":"user","contents":"a"}]`), "messages[0].contents", "unknown_parameter", `did you mean "messages[0].content"?`},
		{"image", messages(`[{"role":"user","content":[{"type":"image_url","image_url":{}}]}]`), "messages[0].content[0].type", "unsupported_parameter", `only "text"`},
		{"part without type", messages(`[{"role":"user","content":[{"text":"a"}]}]`), "messages[0].content[0].type", "invalid_value", "is missing"},
		{"part without text", messages(`[{"role":"user","content":[{"type":"text"}]}]`), "messages[0].content[0].text", "invalid_value", "is missing"},
		{"part not an object", messages(`[{"role":"user","content":["a"]}]`), "messages[0].content[0]", "invalid_value", "expected an object"},
		{"part with more", messages(`[{"role":"user","content":[{"type":"text","text":"a","x":1}]}]`), "messages[0].content[0].x", "unknown_parameter", "Unknown"},
		{"template refuses", messages(`[{"role":"user","content":"refuse me"}]`), "messages", "invalid_value", "messages must alternate"},
		{"logprobs number", chatWith(`"logprobs":1`), "logprobs", "invalid_value", "true or false"},
		{"top_logprobs alone", chatWith(`"top_logprobs":1`), "top_logprobs", "invalid_value", "needs logprobs: true"},
		{"top_logprobs high", chatWith(`"logprobs":true,"top_logprobs":21`), "top_logprobs", "invalid_value", "from 0 to 20"},
		{"max_completion_tokens", chatWith(`"max_completion_tokens":0`), "max_completion_tokens", "invalid_value", "max_completion_tokens: expected an integer from 1"},
		{"two limits", chatWith(`"max_completion_tokens":5,"max_tokens":6`), "max_tokens", "invalid_value", "differ"},
		{"prompt", chatWith(`"prompt":"a"`), "prompt", "unknown_parameter", "prompt"},
		{"too long", messages(`[{"role":"user","content":"` + strings.Repeat("a", 60) + `"}]`), "messages", "context_length_exceeded", "The context is 64 tokens long"},
	} {
		t.Run(c.name, func(t *testing.T) { refused(t, pathChat, c.body, 400, c.param, c.code, c.message) })
	}
}

// TestUnsupported gives each parameter that is not supported a value that would
// change something, and then its neutral one.
func TestUnsupported(t *testing.T) {
	both := map[string][2]string{ // active, neutral
		"length_penalty": {"2", "1"}, "use_beam_search": {"true", "false"}, "bad_words": {`["x"]`, "[]"},
		"include_stop_str_in_output": {"true", "false"}, "skip_special_tokens": {"false", "true"},
		"spaces_between_special_tokens": {"false", "true"}, "prompt_logprobs": {"0", "null"},
		"response_format": {`{"type":"json_object"}`, `{"type":"text"}`},
		"metadata":        {`{"a":"b"}`, `{}`},
	}
	completion := map[string][2]string{"suffix": {`"x"`, `""`}, "best_of": {"2", "1"}}
	chat := map[string][2]string{
		"tool_choice": {`"required"`, `"none"`}, "echo": {"true", "false"}, "parallel_tool_calls": {"false", "true"},
		"functions": {`[{}]`, `[]`}, "function_call": {`"auto"`, `"none"`}, "modalities": {`["audio"]`, `["text"]`},
		"audio": {`{}`, "null"}, "prediction": {`{}`, "null"}, "reasoning_effort": {`"low"`, "null"},
		"web_search_options": {`{}`, "null"}, "store": {"true", "false"}, "verbosity": {`"low"`, "null"},
		"service_tier": {`"flex"`, `"auto"`}, "chat_template": {`"x"`, "null"}, "continue_final_message": {"true", "false"},
	}
	for _, c := range []struct {
		path   string
		body   func(string) string
		params []map[string][2]string
		fields map[string]field
	}{
		{pathCompletions, completionWith, []map[string][2]string{both, completion}, completionFields()},
		{pathChat, chatWith, []map[string][2]string{both, chat}, chatFields()},
	} {
		t.Run(c.path, func(t *testing.T) {
			tested := map[string]bool{}
			for _, params := range c.params {
				for name, values := range params {
					tested[name] = true
					refused(t, c.path, c.body(fmt.Sprintf("%q:%s", name, values[0])), 400, name, "unsupported_parameter", name+" is not supported")
					accepted(t, c.path, c.body(fmt.Sprintf("%q:%s", name, values[1])))
					accepted(t, c.path, c.body(fmt.Sprintf("%q:null", name)))
				}
			}
			for _, name := range supported(c.path) {
				tested[name] = true
			}
			for _, name := range slices.Sorted(maps.Keys(c.fields)) {
				if !tested[name] {
					t.Errorf("%s is in the table, and not in this test", name)
				}
			}
		})
	}
}

// A server that drafts nothing says so.
func TestDraftsWhereNoneAre(t *testing.T) {
	c := testConfig()
	c.DraftLength = 0
	_, url := start(t, c, always(end("x", engine.FinishLength)))
	resp, body := post(t, url+pathCompletions, completionWith(`"num_speculative_tokens":1`))
	if resp.StatusCode != 400 || !strings.Contains(body, "expected 0, as this server drafts nothing, found 1") {
		t.Errorf("status %d, %s", resp.StatusCode, body)
	}
	if resp, body = post(t, url+pathCompletions, completionWith(`"num_speculative_tokens":0`)); resp.StatusCode != 200 {
		t.Errorf("status %d, %s", resp.StatusCode, body)
	}
}

// supported are the names that do something; their values are tested elsewhere.
func supported(path string) []string {
	names := []string{"model", "user", "max_tokens", "temperature", "top_p", "top_k", "min_p", "seed", "stop", "n",
		"ignore_eos", "priority", "stream", "stream_options", "logprobs", "min_tokens", "presence_penalty", "frequency_penalty",
		"repetition_penalty", "logit_bias", "stop_token_ids", "safety_identifier", "prompt_cache_key", "cache_salt", "pin_prompt", "num_speculative_tokens"}
	if path == pathChat {
		return append(names, "messages", "max_completion_tokens", "top_logprobs", "tools", "add_generation_prompt", "chat_template_kwargs")
	}
	return append(names, "prompt", "echo")
}

// accepted posts a body that must reach the engine, and returns what it was asked.
func accepted(t *testing.T, path, body string) []engine.Request {
	t.Helper()
	b := always(end("x", engine.FinishLength))
	_, url := start(t, testConfig(), b)
	resp, got := post(t, url+path, body)
	if resp.StatusCode != 200 {
		t.Fatalf("status %d for %s: %s", resp.StatusCode, body, got)
	}
	return b.requests
}

func TestRefusedBodies(t *testing.T) {
	for _, c := range []struct{ name, body, message string }{
		{"empty", "", "empty"},
		{"spaces", " \n", "empty"},
		{"cut short", `{"model":"tiny"`, "line 1, column 15 (byte 14)"},
		{"second line", "{\"model\":\"tiny\",\n  \"prompt\" \"a\"}", "line 2, column 12 (byte 28)"},
		{"after wide characters", "{\"user\":\"日本\", x}", "line 1, column 15 (byte 18)"},
		{"trailing", `{"model":"tiny"} {}`, "line 1, column 18 (byte 17)"},
		{"array", `["model"]`, `is ["model"]; expected a JSON object`},
		{"null", `null`, `is null; expected a JSON object`},
		{"not UTF-8", "{\"model\":\"\xff\"}", "not UTF-8 at line 1, column 11 (byte 10)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			refused(t, pathCompletions, c.body, 400, "", "invalid_json", c.message)
			refused(t, pathChat, c.body, 400, "", "invalid_json", c.message)
		})
	}
}

func TestWrongModel(t *testing.T) {
	for _, c := range []struct{ path, body string }{
		{pathCompletions, `{"model":"gpt-9","prompt":"a"}`},
		{pathChat, `{"model":"gpt-9","messages":[{"role":"user","content":"hi"}]}`},
	} {
		refused(t, c.path, c.body, 404, "model", "model_not_found", `no model "gpt-9" here; served: "tiny"`)
	}
}

func TestBodyLimit(t *testing.T) {
	config := testConfig()
	config.MaxBody = 100
	_, url := start(t, config, always(end("x", engine.FinishLength)))
	body := completionWith(`"user":"` + strings.Repeat("a", 100) + `"`)
	resp, got := post(t, url+pathCompletions, body)
	if resp.StatusCode != 413 || !strings.Contains(got, "larger than 100 bytes") || !strings.Contains(got, "body_too_large") {
		t.Errorf("status %d: %s", resp.StatusCode, got)
	}
}

func TestChatWithoutTemplate(t *testing.T) {
	config := testConfig()
	config.Chat = nil
	_, url := start(t, config, always(end("x", engine.FinishLength)))
	resp, got := post(t, url+pathChat, chatWith(`"n":1`))
	if resp.StatusCode != 400 || !strings.Contains(got, `\"tiny\" has no chat template`) {
		t.Errorf("status %d: %s", resp.StatusCode, got)
	}
}
