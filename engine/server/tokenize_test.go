package server

import (
	"strings"
	"testing"

	"github.com/assaylab/assay/engine"
)

func TestTokenize(t *testing.T) {
	for _, c := range []struct {
		name, path, body string
		status           int
		want             string // the whole answer, or a part of a refusal
	}{
		{"text", "/tokenize", `{"model":"tiny","prompt":"é!"}`, 200, `{"count":3,"max_model_len":64,"tokens":[195,169,33],"token_strs":null}`},
		{"without a model", "/tokenize", `{"prompt":"a"}`, 200, `{"count":1,"max_model_len":64,"tokens":[97],"token_strs":null}`},
		{"empty text", "/tokenize", `{"prompt":""}`, 200, `{"count":0,"max_model_len":64,"tokens":[],"token_strs":null}`},
		{"control token", "/tokenize", `{"prompt":"<|end|>"}`, 200, `{"count":1,"max_model_len":64,"tokens":[256],"token_strs":null}`},
		{"texts of tokens", "/tokenize", `{"prompt":"aé","return_token_strs":true}`, 200,
			`{"count":3,"max_model_len":64,"tokens":[97,195,169],"token_strs":["a","bytes:\\xc3","bytes:\\xa9"]}`},
		{"special tokens left out", "/tokenize", `{"prompt":"a","add_special_tokens":false}`, 200, `{"count":1,"max_model_len":64,"tokens":[97],"token_strs":null}`},
		{"messages", "/tokenize", `{"messages":[{"role":"user","content":"a"}]}`, 200,
			`{"count":18,"max_model_len":64,"tokens":[257,117,115,101,114,58,97,10,97,115,115,105,115,116,97,110,116,58],"token_strs":null}`},
		{"closed turn", "/tokenize", `{"messages":[{"role":"user","content":"a"}],"add_generation_prompt":false}`, 200,
			`{"count":8,"max_model_len":64,"tokens":[257,117,115,101,114,58,97,10],"token_strs":null}`},
		{"nothing", "/tokenize", `{"model":"tiny"}`, 400, "prompt or messages is missing"},
		{"both", "/tokenize", `{"prompt":"a","messages":[{"role":"user","content":"a"}]}`, 400, "both given"},
		{"other model", "/tokenize", `{"model":"huge","prompt":"a"}`, 404, `no model \"huge\"`},
		{"ids", "/tokenize", `{"prompt":[1]}`, 400, "expected a string, found [1]"},
		{"unknown", "/tokenize", `{"prompts":"a"}`, 400, `did you mean \"prompt\"?`},
		{"ids to text", "/detokenize", `{"model":"tiny","tokens":[195,169,33,256]}`, 200, `{"prompt":"é!"}`},
		{"no ids", "/detokenize", `{"tokens":[]}`, 200, `{"prompt":""}`},
		{"ids missing", "/detokenize", `{}`, 400, "tokens is missing"},
		{"id outside", "/detokenize", `{"tokens":[258]}`, 400, "outside the vocabulary of 258 tokens"},
		{"text for ids", "/detokenize", `{"tokens":"a"}`, 400, "expected an array"},
		{"other model's ids", "/detokenize", `{"model":"huge","tokens":[1]}`, 404, "no model"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, url := start(t, testConfig(), always())
			resp, body := post(t, url+c.path, c.body)
			if resp.StatusCode != c.status || c.status == 200 && body != c.want || !strings.Contains(body, c.want) {
				t.Errorf("%d: %s", resp.StatusCode, body)
			}
		})
	}
}

func TestTokenizerInfo(t *testing.T) {
	config := testConfig()
	config.ChatSource = "{{ messages }}"
	_, url := start(t, config, always())
	want := `{"tokenizer_class":"AssayTokenizer","bos_token":null,"eos_token":"<|end|>","pad_token":null,"model_max_length":64,"chat_template":"{{ messages }}"}`
	if _, body := get(t, url+"/tokenizer_info"); body != want {
		t.Errorf("got %s", body)
	}
}

// TestTokenizedMessagesAreThePrompt: /tokenize says what a chat request computes.
func TestTokenizedMessagesAreThePrompt(t *testing.T) {
	b := always(end("x", engine.FinishLength))
	_, url := start(t, testConfig(), b)
	post(t, url+pathChat, chatWith(`"max_tokens":1`))
	_, body := post(t, url+"/tokenize", `{"messages":[{"role":"user","content":"hi"}]}`)
	if want := string(marshal(b.requests[0].Prompt)); !strings.Contains(body, `"tokens":`+want+`,`) {
		t.Errorf("%s, but the engine was asked %s", body, want)
	}
}
